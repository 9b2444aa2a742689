"""The model: the container, its environment, and where its weights lie. It cannot be changed."""

from typing import Any

from pulumi_aws import sagemaker

from llamactl_infra.clouds.aws.environment import container_environment
from llamactl_infra.clouds.aws.names import content_name
from llamactl_infra.clouds.aws.places import s3_prefix
from llamactl_infra.clouds.aws.role import ExecutionRole
from llamactl_infra.clouds.aws.surroundings import Surroundings


def declare_model(around: Surroundings, role: ExecutionRole) -> tuple[sagemaker.Model, str]:
    """Declare the model under a name of its content; give that name beside it."""
    content = model_content(around)
    name = content_name(around.spec.name, {**content, "role": role.identity})
    model = sagemaker.Model(
        around.child("model"),
        name=name,
        execution_role_arn=role.arn,
        tags=around.tags,
        opts=around.options(*role.made),
        **content,
    )
    return model, name


def model_content(around: Surroundings) -> dict[str, Any]:
    """Give what the model is made of, as plain values."""
    own = around.own
    container: dict[str, Any] = {
        "image": around.image,
        "environment": container_environment(around.spec),
    }
    source = _source(around)
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


def _source(around: Surroundings) -> dict[str, Any] | None:
    """Say where the weights lie: as files, which need no unpacking."""
    uri = around.spec.weights_uri
    place = None if uri is None else s3_prefix(uri)
    if place is None:
        return None
    source: dict[str, Any] = {
        "s3_uri": place.uri,
        "s3_data_type": "S3Prefix",
        "compression_type": "None",
    }
    if around.own.accept_eula:
        source["model_access_config"] = {"accept_eula": True}
    return source
