"""The Pulumi program: from a stack's config to declared resources."""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.errors import InvalidInput, LicenseRefused, LlamactlError
from llamactl_catalog.licensing.gate import refusal, require_record
from llamactl_catalog.licensing.requirement import requirements
from llamactl_containers.licensing.ledger import open_ledger
from llamactl_infra.spec import Spec

if TYPE_CHECKING:
    from llamactl_infra.clouds.outputs import Outputs


def main() -> None:
    """Read the stack's config into the spec, and declare what it asks for.

    Raises:
        pulumi.RunError: the config is no valid spec, or asks for what cannot be declared.
    """
    import pulumi

    config = pulumi.Config("llamactl")
    names = [each.name for each in fields(Spec)]
    values = {name: text for name in names if (text := config.get(name)) is not None}
    try:
        declare(Spec.from_config(values)).export()
    except LlamactlError as error:
        hint = f"\n hint: {error.hint}" if error.hint is not None else ""
        raise pulumi.RunError(f"{error.message}{hint}") from error


def declare(spec: Spec) -> "Outputs":
    """Declare the resources of one deployment, if its license is accepted.

    Raises:
        LicenseRefused: no valid record covers the model.
        InvalidInput: the spec's cloud would refuse it, or it is no cloud.
    """
    require_license(spec)
    match spec.cloud:
        case "aws":
            from llamactl_infra.clouds.aws.endpoint import declare as declare_on_aws

            return declare_on_aws(spec)
        case "azure":
            from llamactl_infra.clouds.azure.endpoint import declare as declare_on_azure

            return declare_on_azure(spec)
        case "local":
            command = f"llamactl deploy {spec.model} --cloud local --name {spec.name}"
            raise InvalidInput("a deployment on this machine is no Pulumi stack", hint=command)
        case _:
            assert_never(spec.cloud)


def require_license(spec: Spec) -> None:
    """Refuse a spec whose model's license asks for an acceptance that is not on record.

    The ledger is read and verified here: that a config names a record proves nothing. Nor does the
    model's name alone: where the weights are another model's repository, its license counts too.

    Raises:
        LicenseRefused: no ledger or record is named, the record is not there or does not cover the
            model's license as it is now, or the ledger is broken.
        LlamactlError: the catalog or the ledger cannot be read.
    """
    overlay = None if spec.catalog_overlay is None else Path(spec.catalog_overlay)
    catalog = load_catalog(overlay)
    needed = requirements(catalog, catalog.model(spec.model), spec.revision, [spec.weights])
    if not needed:
        return
    if spec.license_acceptance is None or spec.license_ledger is None:
        raise refusal(needed[0])
    records = open_ledger(spec.license_ledger).records()
    named = [each for each in records if each.id == spec.license_acceptance]
    if not named:
        raise LicenseRefused(
            f"the ledger {spec.license_ledger} has no record {spec.license_acceptance}",
            hint=refusal(needed[0]).hint,
        )
    own, *others = needed
    require_record(own, named)
    for each in others:
        require_record(each, records)
