"""The resource group of the endpoint: made, or one that is there."""

import pulumi
from pulumi_azure_native import resources

from llamactl_infra.clouds.azure.surroundings import Surroundings


def declare_group(around: Surroundings) -> pulumi.Input[str]:
    """Declare the group unless it is given, or holds a workspace that is; gives its name."""
    if around.own.resource_group_given or around.own.workspace is not None:
        return around.own.resource_group
    return resources.ResourceGroup(
        around.child("group"),
        resource_group_name=around.own.resource_group,
        location=around.region,
        tags=around.tags,
        opts=around.options(),
    ).name
