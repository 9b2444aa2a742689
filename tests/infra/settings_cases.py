"""Every setting of a spec, with another value for it and what an update to that value does.

`test_settings.py` holds that no field of a spec is without a case, and that the program declares
what a case says; `tests/cli/clouds/test_settings_engine.py` runs the updates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from infra.azure_ml.specs import ACCOUNT, BLOBS, KEY, REGISTRY, SUBNET, ZONE
from infra.azure_ml.specs import SMALL as AZURE_SMALL
from infra.sagemaker.declared import OWN, READY, ROLE
from infra.sagemaker.declared import spec_of as aws_spec_of
from llamactl_infra.spec import AzureMlSpec, SageMakerSpec, Schedule, Spec
from standins.azure import SUBSCRIPTION

Outcome = Literal["nothing", "beside", "in place", "new fleet", "elsewhere", "refused"]
"""What an update does.

nothing: no resource is touched. beside: what serves is not, others are. in place: the endpoint or
its deployment is updated, and no name changes. new fleet: made beside the old one, which goes last.
elsewhere: it names another deployment or place, so that no update reaches it. refused: this cloud
does not have it.
"""


@dataclass(frozen=True)
class Case:
    """Another value of one setting: `changes` of the spec, `own` of the cloud's own part.

    `before` and `before_own` are what must be so for the setting to count.
    """

    outcome: Outcome
    changes: Mapping[str, Any] = field(default_factory=dict)
    own: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    before_own: Mapping[str, Any] = field(default_factory=dict)


def case(outcome: Outcome, **changes: Any) -> Case:
    return Case(outcome, changes)


def own(outcome: Outcome, before: Mapping[str, Any] | None = None, **changes: Any) -> Case:
    return Case(outcome, own=changes, before_own=before if before is not None else {})


AWS = replace(
    aws_spec_of(
        model="mistral-7b-instruct-v0.2",
        weights="mistralai/Mistral-7B-Instruct-v0.2",
        image=READY,
        license_acceptance=None,
        engine_version="3.3.6",
        instances=2,
    ),
    sagemaker=SageMakerSpec(),
)
AZURE = replace(AZURE_SMALL, instances=2)
_BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"
_NIGHT = Schedule("night", "0 22 * * *", 1, 1)
_SCALED = {"min_instances": 1, "max_instances": 3}
_TOPIC = "arn:aws:sns:us-east-1:111122223333:alerts"
_NETWORK = {"subnets": ("subnet-1",), "security_groups": ("sg-1",)}
_BUCKET = "s3://weights/async"
_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared"

# Of every cloud, and the same on each: the identity, tags, and what counts on this machine alone.
_SHARED = {
    "name": case("elsewhere"),
    "cloud": case("elsewhere"),
    "region": case("elsewhere"),
    "engine": case("elsewhere"),
    "sagemaker": case("elsewhere"),
    "azure_ml": case("elsewhere"),
    "threads": case("nothing", threads=3),
    "threads_batch": case("nothing", threads_batch=3),
    "port": case("nothing", port=8999),
    "prompt_format": case("nothing", prompt_format="chatml"),
    # The engine's share of these is in `environment`, which the command line works out.
    "context_tokens": case("nothing", context_tokens=2048),
    "prefill_tokens": case("nothing", prefill_tokens=1024),
    "batch_tokens": case("nothing", batch_tokens=8192),
    "usd_per_hour": case("nothing", usd_per_hour=9.0),
    "license_ledger": case("nothing", license_ledger="/nonexistent/ledger"),
    "catalog_overlay": case("elsewhere"),
    "license_acceptance": case("beside", license_acceptance="cd" * 8),
    "owner": case("beside", owner="someone"),
    "expires_on": case("beside", expires_on="2027-06-30"),
    "tags": case("beside", tags={"team": "search"}),
    "revision": case("beside", revision="a" * 40),
    "log_days": case("beside", log_days=60),
    "alarms": case("beside", alarms=False),
    "min_instances": case("beside", min_instances=1),
    "max_instances": case("beside", max_instances=3),
    "schedules": case("beside", schedules=(_NIGHT,)),
    "target_concurrency": Case("beside", {"target_concurrency": 7}, before=_SCALED),
    "instance_type": case("new fleet"),
    "num_shard": case("new fleet", num_shard=2),
    "environment": case("new fleet", environment={"MAX_BATCH_SIZE": "4"}),
}
ON_AWS: dict[str, Case] = {
    **_SHARED,
    "model": case("beside", model="mistral-7b-instruct-v0.1"),
    "weights": Case("new fleet", {"weights": "other/Mistral"}, before={"weights_uri": None}),
    "parallel": case("nothing", parallel=4),
    "engine_version": case("nothing", engine_version="3.3.5"),
    "alarm_actions": case("beside", alarm_actions=(_TOPIC,)),
    "api_key": case("refused", api_key="k" * 32),
    "hub_token": case("refused", hub_token="hf_secret"),  # noqa: S106 - opens nothing
    "instance_type": case("new fleet", instance_type="ml.g5.4xlarge"),
    "instances": case("new fleet", instances=3),
    "image": case("new fleet", image=OWN),
    "weights_uri": case("new fleet", weights_uri="s3://weights/other/"),
    "weights_bytes": case("new fleet", weights_bytes=99 * 10**9),
    "download_timeout_s": case("new fleet", download_timeout_s=1801),
    "health_timeout_s": case("new fleet", health_timeout_s=1802),
    # How an update goes is a setting of the endpoint's, which SageMaker takes with an update alone.
    "update": Case("in place", {"update": "canary"}),
    "sagemaker.account": own("beside", account="123456789012"),
    "sagemaker.inference_ami": own("new fleet", inference_ami="al2-ami-sagemaker-inference-gpu-2"),
    "sagemaker.accept_eula": own("new fleet", accept_eula=True),
    "sagemaker.execution_role": own("new fleet", execution_role=ROLE),
    "sagemaker.permissions_boundary": own("beside", permissions_boundary=_BOUNDARY),
    "sagemaker.subnets": own("new fleet", **_NETWORK),
    "sagemaker.security_groups": own("new fleet", before=_NETWORK, security_groups=("sg-2",)),
    "sagemaker.network_isolation": own("new fleet", network_isolation=True),
    "sagemaker.image_access": own("new fleet", before=_NETWORK, image_access="Vpc"),
    "sagemaker.kms_key": own("beside", kms_key=f"arn:aws:kms:us-east-1:111122223333:key/{'0' * 8}"),
    "sagemaker.volume_gb": Case(
        "new fleet", own={"volume_gb": 300}, before={"instance_type": "ml.p3.8xlarge"}
    ),
    "sagemaker.routing": own("new fleet", routing="RANDOM"),
    "sagemaker.canary_percent": Case(
        "in place", own={"canary_percent": 50}, before={"update": "canary"}
    ),
    "sagemaker.batch_percent": Case(
        "in place", own={"batch_percent": 50}, before={"update": "rolling"}
    ),
    "sagemaker.bake_s": own("in place", bake_s=61),
    "sagemaker.keep_old_s": own("in place", keep_old_s=77),
    "sagemaker.capture_uri": own("new fleet", capture_uri="s3://weights/seen"),
    "sagemaker.capture_percent": own(
        "new fleet", before={"capture_uri": "s3://weights/seen"}, capture_percent=50
    ),
    "sagemaker.async_output_uri": own("new fleet", async_output_uri=_BUCKET),
    "sagemaker.async_failure_uri": own(
        "new fleet", before={"async_output_uri": _BUCKET}, async_failure_uri=f"{_BUCKET}-failed"
    ),
    "sagemaker.async_success_topic": own(
        "new fleet", before={"async_output_uri": _BUCKET}, async_success_topic=_TOPIC
    ),
    "sagemaker.async_error_topic": own(
        "new fleet", before={"async_output_uri": _BUCKET}, async_error_topic=_TOPIC
    ),
    "sagemaker.async_concurrency": own(
        "new fleet", before={"async_output_uri": _BUCKET}, async_concurrency=3
    ),
}
ON_AZURE: dict[str, Case] = {
    **_SHARED,
    "model": case("beside", model="mistral-7b-instruct-v0.1"),
    "weights": case("new fleet", weights="other/Mistral"),
    "revision": case("new fleet", revision="a" * 40),
    "parallel": case("in place", parallel=4),
    "engine_version": case("nothing", engine_version="3.3.6"),
    "alarm_actions": case("beside", alarm_actions=(f"{_GROUP}/x",)),
    "api_key": case("nothing", api_key="k" * 32),
    "hub_token": case("in place", hub_token="hf_secret"),  # noqa: S106 - opens nothing
    "instance_type": case("new fleet", instance_type="Standard_NC48ads_A100_v4"),
    "instances": case("in place", instances=3),
    "image": case("new fleet", image=f"llamas.azurecr.io/llamactl/tgi@sha256:{'b' * 64}"),
    "weights_uri": Case("new fleet", {"weights_uri": BLOBS}, {"storage_account": ACCOUNT}),
    "weights_bytes": case("in place", weights_bytes=99 * 10**9),
    "download_timeout_s": case("nothing", download_timeout_s=1801),
    "health_timeout_s": case("in place", health_timeout_s=1802),
    "update": case("beside", update="canary"),
    "azure_ml.subscription": own("elsewhere"),
    "azure_ml.resource_group": own("elsewhere"),
    "azure_ml.resource_group_given": own("elsewhere"),
    "azure_ml.workspace": own("elsewhere"),
    "azure_ml.deployment": own("new fleet", deployment="chat"),
    "azure_ml.auth": own("beside", auth="aad_token"),
    "azure_ml.request_timeout_s": own("in place", request_timeout_s=90),
    "azure_ml.concurrency": own("in place", concurrency=3),
    "azure_ml.public_access": own("beside", public_access=False),
    "azure_ml.public_egress": Case(
        "beside",
        own={"public_egress": False},
        before={"weights_uri": BLOBS},
        before_own={"storage_account": ACCOUNT},
    ),
    "azure_ml.container_registry": own("beside", container_registry=f"{REGISTRY}2"),
    "azure_ml.storage_account": Case(
        "beside",
        own={"storage_account": f"{ACCOUNT}2"},
        before={"weights_uri": BLOBS},
        before_own={"storage_account": ACCOUNT},
    ),
    "azure_ml.model_asset": own(
        "new fleet", model_asset="azureml://registries/azureml/models/mistral/versions/5"
    ),
    "azure_ml.key_vault_key": own("elsewhere", key_vault_key=KEY),
    "azure_ml.canary_percent": own("beside", canary_percent=20),
    "azure_ml.bake_s": own("beside", bake_s=60),
    "azure_ml.private_subnet": own(
        "beside", before={"public_access": False}, private_subnet=SUBNET
    ),
    "azure_ml.private_dns_zones": own(
        "beside",
        before={"public_access": False, "private_subnet": SUBNET},
        private_dns_zones=(ZONE,),
    ),
}
CASES: dict[str, dict[str, Case]] = {"aws": ON_AWS, "azure": ON_AZURE}
BASES: dict[str, Spec] = {"aws": AWS, "azure": AZURE}
_OWN: dict[str, tuple[str, type]] = {
    "aws": ("sagemaker", SageMakerSpec),
    "azure": ("azure_ml", AzureMlSpec),
}


def names_of(cloud: str) -> set[str]:
    """Name every setting of a deployment on that cloud."""
    section, kind = _OWN[cloud]
    return {each.name for each in fields(Spec)} | {
        f"{section}.{each.name}" for each in fields(kind)
    }


def with_changes(spec: Spec, changes: Mapping[str, Any], own: Mapping[str, Any]) -> Spec:
    section, _ = _OWN[spec.cloud]
    part = replace(getattr(spec, section), **own)
    return replace(spec, **{**changes, section: part})


def before_and_after(cloud: str, name: str) -> tuple[Spec, Spec]:
    """Return what stands, and what it is to become, of one setting."""
    found = CASES[cloud][name]
    before = with_changes(BASES[cloud], found.before, found.before_own)
    return before, with_changes(before, found.changes, found.own)


def together(cloud: str, outcome: Outcome, size: int) -> list[tuple[str, ...]]:
    """Name the settings of one outcome, in groups of `size` that can change at the same time."""
    groups: dict[str, list[str]] = {}
    for name, each in CASES[cloud].items():
        if each.outcome == outcome:
            groups.setdefault(repr((each.before, each.before_own)), []).append(name)
    return [
        tuple(names[start : start + size])
        for names in groups.values()
        for start in range(0, len(names), size)
    ]
