"""What Azure ML would refuse of a spec, told before anything is declared, all at once."""

from collections.abc import Iterator

from llamactl_catalog.clouds import clouds
from llamactl_catalog.errors import InvalidFile
from llamactl_infra.clouds.azure.durations import PERIOD_S
from llamactl_infra.clouds.azure.names import endpoint_name, is_name
from llamactl_infra.clouds.azure.schedules import problem_of
from llamactl_infra.clouds.azure.weights_place import is_place
from llamactl_infra.spec import AzureMlSpec, Spec

CLOUD = "azure"
SHORTEST_LOG_DAYS = 30
"""A Log Analytics workspace keeps what can be queried at least so long, at no charge. Source:
Azure Monitor, data-retention-configure, read 2026-11-22."""

_LONGEST_LOG_DAYS = 730
_OUR_TAGS = 8
# Source: Azure Resource Manager, tag-resources, read 2026-11-22.
_MAX_TAGS = 50
_MAX_TAG_VALUE = 256
_NOT_IN_TAGS = frozenset("<>%&\\?/")
_KEY_PARTS = 12  # subscriptions/S/resourceGroups/G/providers/P/vaults/V/keys/K/versions/N
_ALL_PERCENT = 100


def check(spec: Spec) -> None:
    """Refuse a spec that cannot become an endpoint.

    Raises:
        InvalidFile: with all that is wrong with it.
    """
    needed = ("azure_ml", "region", "instance_type", "image")
    problems = [f"{name}: is missing" for name in needed if getattr(spec, name) is None]
    if spec.azure_ml is not None:
        own = spec.azure_ml
        problems += [
            *_names(spec, own),
            *_numbers(spec, own),
            *_network(spec, own),
            *_weights(spec, own),
            *_tags(spec),
            *_schedules(spec),
        ]
    if problems:
        raise InvalidFile(
            f"deployment '{spec.name}'", problems, hint="docs/azure.md has the settings and limits"
        )


def _names(spec: Spec, own: AzureMlSpec) -> Iterator[str]:
    if not is_name(endpoint_name(spec)):
        yield f"name: '{spec.name}' gives no name for an endpoint"
    if not is_name(f"{own.deployment}-0"):
        yield f"azure_ml.deployment: '{own.deployment}' begins no name of a deployment"
    if own.key_vault_key is not None and len(own.key_vault_key.strip("/").split("/")) != _KEY_PARTS:
        yield "azure_ml.key_vault_key: is no resource id of a version of a key"


def _numbers(spec: Spec, own: AzureMlSpec) -> Iterator[str]:
    cloud = clouds()[CLOUD]
    longest_s = int(cloud.request_limit_s)
    if own.request_timeout_s > longest_s:
        said = f"{own.request_timeout_s} is above the limit of {longest_s}"
        yield f"azure_ml.request_timeout_s: {said}"
    if own.canary_percent >= _ALL_PERCENT:
        yield f"azure_ml.canary_percent: {own.canary_percent} leaves nothing for later"
    peak, limit = spec.capacity.peak, cloud.max_instances
    if limit is not None and peak > limit:
        yield f"instances: {peak} at the peak, above the limit of {limit} a deployment"
    yield from spec.capacity.problems()
    if not SHORTEST_LOG_DAYS <= spec.log_days <= _LONGEST_LOG_DAYS:
        side = "above" if spec.log_days > _LONGEST_LOG_DAYS else "below"
        limit = _LONGEST_LOG_DAYS if side == "above" else SHORTEST_LOG_DAYS
        yield f"log_days: {spec.log_days} is {side} the limit of {limit} of Log Analytics"
    if spec.health_timeout_s is not None and spec.health_timeout_s < PERIOD_S:
        said = f"{spec.health_timeout_s} s is below the {PERIOD_S} s between two probes"
        yield f"health_timeout_s (--timeout): {said}"


def _network(spec: Spec, own: AzureMlSpec) -> Iterator[str]:
    from_hub = spec.weights_uri is None and own.model_asset is None
    if from_hub and not own.public_egress:
        said = "without it the engine cannot fetch its weights from the Hub; stage them first"
        yield f"azure_ml.public_egress: {said}"
    if own.public_access and own.private_subnet is not None:
        yield "azure_ml.private_subnet: is for an endpoint without public_access"
    if own.private_dns_zones and own.private_subnet is None:
        yield "azure_ml.private_dns_zones: are for an endpoint in a private_subnet"


def _weights(spec: Spec, own: AzureMlSpec) -> Iterator[str]:
    if own.model_asset is not None and spec.weights_uri is not None:
        yield "azure_ml.model_asset: is told beside weights_uri; one of them is the model"
    if spec.weights_uri is not None and not is_place(spec.weights_uri):
        where = "https://ACCOUNT.blob.core.windows.net/CONTAINER/FOLDER/, or a datastore's path"
        yield f"weights_uri: '{spec.weights_uri}' is not {where}"
    if own.model_asset is not None and not own.model_asset.startswith("azureml://registries/"):
        yield f"azure_ml.model_asset: '{own.model_asset}' is no model of a registry"


def _tags(spec: Spec) -> Iterator[str]:
    if len(spec.tags) > _MAX_TAGS - _OUR_TAGS:
        yield f"tags: {len(spec.tags)}, and Azure takes {_MAX_TAGS}, of which {_OUR_TAGS} are ours"
    for name, value in spec.tags.items():
        if len(value) > _MAX_TAG_VALUE or _NOT_IN_TAGS & set(name):
            yield f"tags.{name}: Azure takes no such tag"


def _schedules(spec: Spec) -> Iterator[str]:
    for number, schedule in enumerate(spec.schedules):
        wrong = problem_of(schedule)
        if wrong is not None:
            yield f"schedules[{number}]: {wrong}"
