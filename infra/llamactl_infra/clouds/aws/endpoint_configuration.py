"""The endpoint's configuration: instances, host image, timeouts. It cannot be changed."""

from pulumi_aws import sagemaker

from llamactl_infra.clouds.aws.configuration_content import (
    configuration_content,
    configuration_name,
)
from llamactl_infra.clouds.aws.surroundings import Surroundings


def declare_configuration(
    around: Surroundings, model: sagemaker.Model
) -> sagemaker.EndpointConfiguration:
    """Declare the configuration under a name of its content: a new one before the old goes."""
    content = configuration_content(around)
    variant = {**content["production_variants"][0], "model_name": model.name}
    return sagemaker.EndpointConfiguration(
        around.child("configuration"),
        name=configuration_name(around),
        tags=around.tags,
        opts=around.options_new_first(),
        **{**content, "production_variants": [variant]},
    )
