"""Whether a region hosts endpoints on an instance type, as far as anything on record says."""

from llamactl_catalog.errors import InvalidInput, LlamactlError, NoCapacity
from llamactl_catalog.hardware import InstanceType
from llamactl_catalog.offers import load_hardware, load_prices
from llamactl_infra.live.aws.asking import Clients
from llamactl_infra.live.aws.quotas import lists
from llamactl_infra.live.cloud import Finding
from llamactl_infra.spec import Spec

CHECK = "instance type"


def known_type(spec: Spec) -> InstanceType | None:
    """Find the instance type of a spec in the catalog; None: it is not there."""
    of_cloud = (each for each in load_hardware() if each.cloud == spec.cloud)
    return next((each for each in of_cloud if each.name == spec.instance_type), None)


def offer_finding(clients: Clients, spec: Spec, instance_type: InstanceType | None) -> Finding:
    """Tell whether the region has the instance type for endpoints.

    A price for hosting there says so; so does a quota. That neither is there says nothing.
    """
    refused = _refused(clients, spec, instance_type)
    if refused is not None:
        return Finding(CHECK, "failed", refused.message, refused)
    what = f"{spec.instance_type} in {spec.region}"
    if instance_type is None:
        return Finding(CHECK, "unknown", f"{what}: not in the catalog")
    if _has_price(spec):
        return Finding(CHECK, "ok", f"{what}: has a price for hosting")
    try:
        if lists(clients, spec, instance_type):
            return Finding(CHECK, "ok", f"{what}: has a quota for endpoints")
    except LlamactlError as error:
        return Finding(
            CHECK, "unknown", f"{what}: no published price on record, and {error.message}"
        )
    return Finding(
        CHECK, "unknown", f"{what}: neither a published price on record nor a quota tells of it"
    )


def _refused(
    clients: Clients, spec: Spec, instance_type: InstanceType | None
) -> LlamactlError | None:
    """Say why no region has it."""
    hint = "llamactl plan names others"
    if instance_type is None and not _is_hosting(clients, spec):
        return InvalidInput(f"SageMaker hosts no endpoints on {spec.instance_type}", hint=hint)
    if instance_type is not None and instance_type.unusable_because is not None:
        why = f"{spec.instance_type}: {instance_type.unusable_because}"
        return NoCapacity(why, hint=hint)
    return None


def _is_hosting(clients: Clients, spec: Spec) -> bool:
    """Tell whether SageMaker's API, as botocore has it, names the type among those for hosting."""
    model = clients.within("sagemaker", spec).meta.service_model
    return spec.instance_type in model.shape_for("ProductionVariantInstanceType").enum


def _has_price(spec: Spec) -> bool:
    """Tell whether a price was published; one that is derived is of another service."""
    wanted = (spec.cloud, spec.region, spec.instance_type)
    return any(
        (each.cloud, each.region, each.instance_type) == wanted and each.basis == "published"
        for each in load_prices()
    )
