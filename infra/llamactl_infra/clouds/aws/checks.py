"""What SageMaker would refuse of a spec, told before anything is declared, all at once."""

import re
from collections.abc import Iterator

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.serving_contracts import contract_of
from llamactl_infra.clouds.aws.disks import MAX_VOLUME_GB, disk_of, volume_gb
from llamactl_infra.clouds.aws.environment import container_environment
from llamactl_infra.clouds.aws.names import MAX_NAME, is_name
from llamactl_infra.clouds.aws.places import CLOUD, ecr_image, is_ready_image, s3_prefix
from llamactl_infra.clouds.aws.schedules import cron_expression
from llamactl_infra.clouds.aws.timeouts import timeout_problems
from llamactl_infra.clouds.aws.updates import pace_of, pace_problems
from llamactl_infra.spec import SageMakerSpec, Spec

# Source: CloudWatch Logs, PutRetentionPolicy: the only numbers of days that it takes.
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192),
    *(2557, 2922, 3288, 3653),
)
_MAX_VARIABLES = 100
_MAX_TAGS = 50
_OUR_TAGS = 8
_TAG = re.compile(r"[\w\s.:/=+\-@]*")  # source: botocore 1.43.117, sagemaker, TagValue
_MAX_TAG_KEY, _MAX_TAG_VALUE = 128, 256
_MAX_SUBNETS, _MAX_GROUPS = 16, 5
_MAX_WAIT_S, _MAX_ASYNC = 3600, 1000
_PERCENTS = {"canary": (1, 50), "linear": (10, 50), "rolling": (5, 50)}


def check(spec: Spec) -> None:
    """Refuse a spec that cannot become an endpoint.

    Raises:
        InvalidFile: with all that is wrong with it.
    """
    problems = problems_of(spec)
    if problems:
        raise InvalidFile(
            f"deployment '{spec.name}'", problems, hint="docs/aws.md has the settings and limits"
        )


def problems_of(spec: Spec) -> tuple[str, ...]:
    """Say all that SageMaker would refuse of a spec."""
    own = spec.sagemaker if spec.sagemaker is not None else SageMakerSpec()
    return (
        *_identity(spec),
        *_image(spec),
        *_weights(spec, own),
        *_environment(spec),
        *_numbers(spec, own),
        *_disk(spec, own),
        *_network(own),
        *_places(own),
        *_tags(spec),
    )


def _identity(spec: Spec) -> Iterator[str]:
    if not is_name(spec.name):
        yield (
            f"name: '{spec.name}' is no name there: up to {MAX_NAME} letters, digits and single "
            "dashes between them"
        )
    for name in ("region", "instance_type", "image"):
        if getattr(spec, name) is None:
            yield f"{name}: is missing"
    if spec.instance_type is not None and not spec.instance_type.startswith("ml."):
        yield f"instance_type: '{spec.instance_type}' does not begin with ml."


def _image(spec: Spec) -> Iterator[str]:
    if spec.image is None:
        return
    image = ecr_image(spec.image)
    if image is None:
        if spec.sagemaker is None or spec.sagemaker.image_access != "Vpc":
            yield f"image: '{spec.image}' is not in ECR, which SageMaker pulls from"
        return
    if spec.region is not None and image.region != spec.region:
        yield f"image: is in {image.region}; SageMaker pulls it from {spec.region} alone"
    if image.digest is None and not is_ready_image(spec.image):
        yield f"image: '{spec.image}' has no digest, so that another may take its place"


def _weights(spec: Spec, own: SageMakerSpec) -> Iterator[str]:
    if spec.weights_uri is not None and s3_prefix(spec.weights_uri) is None:
        yield f"weights_uri: '{spec.weights_uri}' is no folder in S3, like s3://bucket/prefix/"
    if spec.weights_uri is None and own.network_isolation:
        yield "sagemaker.network_isolation: weights come from the Hub; llamactl weights stage first"
    if spec.hub_token is not None:
        yield (
            "hub_token: everyone who may describe the model would read it; llamactl weights stage "
            "brings gated weights into your own bucket"
        )
    gated = "jumpstart-private" in (spec.weights_uri or "")
    if gated and not own.accept_eula:
        yield "sagemaker.accept_eula: JumpStart's gated weights are read with it alone"


def _environment(spec: Spec) -> Iterator[str]:
    contract = contract_of(CLOUD)
    told = container_environment(spec)
    if spec.api_key is not None or {"API_KEY", "VLLM_API_KEY"} & set(told):
        yield "api_key: SageMaker signs requests itself, and a key of the engine's locks it out"
    for secret in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if secret in told:
            yield f"environment.{secret}: is a secret, and stands there for many to read"
    if not {"NUM_SHARD", "SM_NUM_GPUS"} & set(told):
        yield "num_shard: is missing, and the engine counts GPUs wrongly by itself"
    if len(told) > _MAX_VARIABLES:
        yield f"environment: has {len(told)} variables, and {_MAX_VARIABLES} may be set"
    longest = contract.max_variable_bytes
    for name, value in told.items():
        if longest is not None and len(value.encode()) > longest:
            yield f"environment.{name}: is longer than {longest} bytes"
    whole = sum(len(f"{name}{value}".encode()) for name, value in told.items())
    if contract.max_variables_bytes is not None and whole > contract.max_variables_bytes:
        yield f"environment: is longer than {contract.max_variables_bytes} bytes"


def _numbers(spec: Spec, own: SageMakerSpec) -> Iterator[str]:
    yield from spec.capacity.problems()
    if spec.update in _PERCENTS:
        if spec.instances == 1:
            # A part is at most half of them. Source: botocore 1.43.117, TrafficRoutingConfig.
            yield f"update: {spec.update} moves part of the instances, and there is 1"
        name = "batch_percent" if spec.update == "rolling" else "canary_percent"
        low, high = _PERCENTS[spec.update]
        if not low <= pace_of(spec, own).percent <= high:
            yield f"sagemaker.{name}: a {spec.update} update takes {low} to {high}"
    yield from pace_problems(spec, own)
    if spec.log_days not in RETENTION_DAYS:
        yield f"log_days: {spec.log_days} is not one of {', '.join(map(str, RETENTION_DAYS))}"
    yield from timeout_problems(spec)
    yield from _limits(spec, own)
    for each in spec.schedules:
        if cron_expression(each.cron) is None:
            yield f"schedules: '{each.cron}' of {each.name} is not minute hour day month weekday"


def _disk(spec: Spec, own: SageMakerSpec) -> Iterator[str]:
    """Refuse what may be asked of a volume alone, on a type of which it is not on record."""
    if spec.instance_type is None or disk_of(spec.instance_type) != "unknown":
        return
    for name in ("volume_gb", "kms_key"):
        if getattr(own, name) is not None:
            yield (
                f"sagemaker.{name}: whether {spec.instance_type} has a disk of its own, which "
                "refuses it, is not on record"
            )


def _limits(spec: Spec, own: SageMakerSpec) -> Iterator[str]:
    """Compare with the API's own limits. Source: botocore 1.43.117, sagemaker, the shapes named."""
    for name, value, longest, shape in (
        ("sagemaker.bake_s", own.bake_s, _MAX_WAIT_S, "WaitIntervalInSeconds"),
        ("sagemaker.keep_old_s", own.keep_old_s, _MAX_WAIT_S, "TerminationWaitInSeconds"),
        (
            "sagemaker.async_concurrency",
            own.async_concurrency,
            _MAX_ASYNC,
            "MaxConcurrentInvocationsPerInstance",
        ),
        ("sagemaker.volume_gb", own.volume_gb, MAX_VOLUME_GB, "VolumeSizeInGB"),
        ("weights_bytes: a volume for them, in GB", _volume(spec), MAX_VOLUME_GB, "VolumeSizeInGB"),
    ):
        if value is not None and value > longest:
            yield f"{name}: {value}, and SageMaker takes at most {longest} ({shape})"


def _volume(spec: Spec) -> int | None:
    return volume_gb(spec.instance_type or "", spec.weights_bytes, None)


def _network(own: SageMakerSpec) -> Iterator[str]:
    if bool(own.subnets) != bool(own.security_groups):
        yield "sagemaker.subnets: come with security_groups, and these with subnets"
    if len(own.subnets) > _MAX_SUBNETS or len(own.security_groups) > _MAX_GROUPS:
        yield f"sagemaker.subnets: at most {_MAX_SUBNETS}, with {_MAX_GROUPS} security groups"
    if own.image_access == "Vpc" and not own.subnets:
        yield "sagemaker.image_access: Vpc asks for subnets"
    if own.kms_key is not None and not own.kms_key.startswith("arn:"):
        yield "sagemaker.kms_key: is no ARN"


def _places(own: SageMakerSpec) -> Iterator[str]:
    for name in ("capture_uri", "async_output_uri", "async_failure_uri"):
        uri = getattr(own, name)
        if uri is not None and s3_prefix(uri) is None:
            yield f"sagemaker.{name}: '{uri}' is no folder in S3"
    only_async = ("async_failure_uri", "async_success_topic", "async_error_topic")
    if own.async_output_uri is None and any(getattr(own, each) for each in only_async):
        yield "sagemaker.async_output_uri: is missing, where answers are to be put"
    if own.capture_uri is not None and own.capture_percent > 100:  # noqa: PLR2004 - a percentage
        yield "sagemaker.capture_percent: is more than 100"


def _tags(spec: Spec) -> Iterator[str]:
    told = {**spec.tags, "owner": spec.owner or "", "expires_on": spec.expires_on or ""}
    for name, value in told.items():
        if not (_TAG.fullmatch(name) and _TAG.fullmatch(value)):
            yield f"tags: '{name}={value}' has signs beyond letters, digits, spaces and _.:/=+-@"
        if len(name) > _MAX_TAG_KEY or len(value) > _MAX_TAG_VALUE or name.startswith("aws:"):
            yield f"tags: '{name}' is too long, or begins with aws:"
    if len(spec.tags) + _OUR_TAGS > _MAX_TAGS:
        yield f"tags: {len(spec.tags)} of your own; {_MAX_TAGS - _OUR_TAGS} are left for you"
