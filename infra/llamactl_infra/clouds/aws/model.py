"""The model: the container, its environment, and where its weights lie. It cannot be changed."""

from pulumi_aws import sagemaker

from llamactl_infra.clouds.aws.model_content import model_content, model_name
from llamactl_infra.clouds.aws.role import ExecutionRole
from llamactl_infra.clouds.aws.surroundings import Surroundings


def declare_model(around: Surroundings, role: ExecutionRole) -> sagemaker.Model:
    """Declare the model under a name of its content."""
    return sagemaker.Model(
        around.child("model"),
        name=model_name(around),
        execution_role_arn=role.arn,
        tags=around.tags,
        opts=around.options_new_first(*role.made),
        **model_content(around),
    )
