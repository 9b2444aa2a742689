"""The log group of the containers, made first: SageMaker's own would be kept for ever."""

from pulumi_aws import cloudwatch

from llamactl_infra.clouds.aws.names import log_group_name
from llamactl_infra.clouds.aws.surroundings import Surroundings


def declare_log_group(around: Surroundings) -> cloudwatch.LogGroup:
    """Declare it, with the days that its lines are kept."""
    return cloudwatch.LogGroup(
        around.child("logs"),
        name=log_group_name(around.spec.name),
        retention_in_days=around.spec.log_days,
        tags=around.tags,
        opts=around.options(),
    )
