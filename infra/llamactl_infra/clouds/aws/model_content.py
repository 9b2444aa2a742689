"""What the model is made of, as plain values; and its name, which is of that content."""

from typing import Any

from llamactl_infra.clouds.aws.asked import Asked
from llamactl_infra.clouds.aws.environment import container_environment
from llamactl_infra.clouds.aws.names import content_name
from llamactl_infra.clouds.aws.places import s3_prefix


def model_name(asked: Asked) -> str:
    """Name the model: other content or another role is another name."""
    return content_name(asked.spec.name, {**model_content(asked), "role": asked.role})


def model_content(asked: Asked) -> dict[str, Any]:
    """Give what the model is made of, as plain values."""
    own = asked.own
    container: dict[str, Any] = {
        "image": asked.image,
        "environment": container_environment(asked.spec),
    }
    source = _source(asked)
    if source is not None:
        container["model_data_source"] = {"s3_data_sources": [source]}
    if own.image_access != "Platform":
        container["image_config"] = {"repository_access_mode": own.image_access}
    content: dict[str, Any] = {"primary_container": container}
    if own.network_isolation:
        content["enable_network_isolation"] = True
    if own.subnets:
        content["vpc_config"] = {
            "subnets": list(own.subnets),
            "security_group_ids": list(own.security_groups),
        }
    return content


def _source(asked: Asked) -> dict[str, Any] | None:
    """Say where the weights lie: as files, which need no unpacking."""
    uri = asked.spec.weights_uri
    place = None if uri is None else s3_prefix(uri)
    if place is None:
        return None
    source: dict[str, Any] = {
        "s3_uri": place.uri,
        "s3_data_type": "S3Prefix",
        "compression_type": "None",
    }
    if asked.own.accept_eula:
        source["model_access_config"] = {"accept_eula": True}
    return source
