"""Who the endpoint is to Azure, and what it may: a user-assigned identity with its roles.

Such an identity is given no role by the service, so all of them are made before the endpoint.
Source: aml-docs, concept-endpoints-online-auth, read 2026-11-22.
"""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, managedidentity

from llamactl_infra.clouds.azure.role_wait import RoleWait
from llamactl_infra.clouds.azure.roles import (
    ACR_PULL,
    BLOB_DATA_READER,
    CONNECTION_SECRETS_READER,
    METRICS_WRITER,
    definition,
)
from llamactl_infra.clouds.azure.surroundings import Surroundings
from llamactl_infra.clouds.azure.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Grant:
    name: str
    role: str
    scope: pulumi.Input[str]


def declare_identity(
    around: Surroundings, group: pulumi.Input[str]
) -> managedidentity.UserAssignedIdentity:
    """Declare the identity, which has no right yet."""
    return managedidentity.UserAssignedIdentity(
        around.child("identity"),
        resource_group_name=group,
        location=around.region,
        tags=around.tags,
        opts=around.options(),
    )


def declare_roles(
    around: Surroundings,
    identity: managedidentity.UserAssignedIdentity,
    workspace: Workspace,
) -> list[pulumi.Resource]:
    """Declare what it may: pull the image, read the weights, write metrics, no more.

    The last of what is given waits until the others are seen: what is made after it may use them.
    """
    roles = [_assignment(around, identity, each) for each in _grants(around, workspace)]
    seen = {"principal": identity.principal_id, "roles": [each.id for each in roles]}
    return [*roles, RoleWait(around.child("roles"), seen, around.options(*roles))]


def _grants(around: Surroundings, workspace: Workspace) -> list[_Grant]:
    grants = [_Grant("metrics", METRICS_WRITER, workspace.id)]
    if workspace.registry_id is not None:
        grants.append(_Grant("pull", ACR_PULL, workspace.registry_id))
    if workspace.storage_id is not None:
        grants.append(_Grant("weights", BLOB_DATA_READER, workspace.storage_id))
    elsewhere = around.own.storage_account
    if around.own.workspace is None and elsewhere is not None:
        grants.append(_Grant("staged", BLOB_DATA_READER, elsewhere))
    if around.spec.hub_token is not None:
        grants.append(_Grant("secrets", CONNECTION_SECRETS_READER, workspace.id))
    return grants


def _assignment(
    around: Surroundings, identity: managedidentity.UserAssignedIdentity, grant: _Grant
) -> pulumi.CustomResource:
    return authorization.RoleAssignment(
        around.child(f"may-{grant.name}"),
        principal_id=identity.principal_id,
        # Told, so that Azure does not look for an identity that is too new to be found.
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        role_definition_id=definition(around.own.subscription, grant.role),
        scope=grant.scope,
        opts=around.options(),
    )
