"""The private way in: a private endpoint of the workspace, which its online endpoints share."""

import pulumi
from pulumi_azure_native import network

from llamactl_infra.clouds.azure.surroundings import Surroundings

# What of a workspace is linked to. Source: aml-docs, how-to-configure-private-link.
_GROUP = "amlworkspace"


def declare_private_way(
    around: Surroundings, group: pulumi.Input[str], workspace_id: pulumi.Input[str]
) -> None:
    """Declare the private endpoint in the spec's subnet, and its names in the zones given."""
    own = around.own
    if own.private_subnet is None:
        return
    private = network.PrivateEndpoint(
        around.child("private"),
        resource_group_name=group,
        location=around.region,
        subnet=network.SubnetArgs(id=own.private_subnet),
        private_link_service_connections=[
            network.PrivateLinkServiceConnectionArgs(
                name=_GROUP, private_link_service_id=workspace_id, group_ids=[_GROUP]
            )
        ],
        tags=around.tags,
        opts=around.options(),
    )
    if own.private_dns_zones:
        network.PrivateDnsZoneGroup(
            around.child("private-names"),
            private_dns_zone_group_name="default",
            private_endpoint_name=private.name,
            resource_group_name=group,
            private_dns_zone_configs=[
                network.PrivateDnsZoneConfigArgs(
                    name=zone.rpartition("/")[2].replace(".", "-"), private_dns_zone_id=zone
                )
                for zone in own.private_dns_zones
            ],
            opts=around.options(),
        )
