"""Declared content in the names of SageMaker's API, and where what is there differs from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Where the provider's names are not the API's. Source: pulumi-aws 7.51.1, sagemaker; botocore
# 1.43.117, sagemaker.
_NAMES = {"kms_key_arn": "KmsKeyId", "volume_size_in_gb": "VolumeSizeInGB"}
_ONE_OF = {"routing_configs": "RoutingConfig", "s3_data_sources": "S3DataSource"}
_MAPS = ("environment",)

_WORDS = {
    "ContainerStartupHealthCheckTimeoutInSeconds": "start-up timeout, in seconds",
    "Image": "image",
    "InferenceAmiVersion": "host image",
    "InitialInstanceCount": "instances at the start",
    "InstanceType": "instance type",
    "ModelDataDownloadTimeoutInSeconds": "download timeout, in seconds",
    "S3Uri": "weights",
    "VolumeSizeInGB": "volume, in GB",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as asked for: the API's name of it, and what to say."""

    name: str
    text: str


def as_the_service_has_it(content: Mapping[str, Any]) -> dict[str, Any]:
    """Write declared content as the API tells it."""
    return {_name(key): _value(key, value) for key, value in content.items()}


def compared(
    asked: Mapping[str, Any], live: Mapping[str, Any], optional: Sequence[str] = ()
) -> Iterator[Difference]:
    """Give what is not as asked for, and of what is `optional` what was not asked for."""
    for name, value in asked.items():
        yield from _compared(name, name, value, live.get(name))
    for name in optional:
        if name not in asked and live.get(name):
            yield Difference(name, f"{name}: is there, and was not asked for")


def _compared(path: str, name: str, asked: Any, live: Any) -> Iterator[Difference]:
    if isinstance(asked, Mapping) and isinstance(live, Mapping):
        for key, value in asked.items():
            yield from _compared(f"{path}.{key}", key, value, live.get(key))
        if name == "Environment":
            for key in sorted(set(live) - set(asked)):  # its value may be a secret
                yield Difference(name, f"environment {key}: is there, and was not asked for")
    elif _is_list_of_mappings(asked) and isinstance(live, Sequence) and len(asked) == len(live):
        for each, other in zip(asked, live, strict=True):
            yield from _compared(path, name, each, other)
    elif not _same(asked, live):
        there = "is not set" if live is None else _shown(live)
        yield Difference(name, f"{_said(path, name)}: {there}, and {_shown(asked)} was asked for")


def _same(asked: Any, live: Any) -> bool:
    if isinstance(asked, list) and isinstance(live, list):
        return sorted(map(str, asked)) == sorted(map(str, live))
    return bool(asked == live)


def _is_list_of_mappings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, Mapping) for each in value)


def _said(path: str, name: str) -> str:
    if ".Environment." in path:
        return f"environment {name}"
    return _WORDS.get(name, path)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _name(key: str) -> str:
    pascal = "".join(part[:1].upper() + part[1:] for part in key.split("_"))
    return _NAMES.get(key) or _ONE_OF.get(key) or pascal


def _value(key: str, value: Any) -> Any:
    if key in _ONE_OF:
        (value,) = value
    if isinstance(value, Mapping):
        return dict(value) if key in _MAPS else as_the_service_has_it(value)
    if isinstance(value, list):
        return [as_the_service_has_it(each) if isinstance(each, dict) else each for each in value]
    return value
