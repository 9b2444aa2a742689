"""The workspace with its companions: made, or one that is there."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import (
    applicationinsights,
    containerregistry,
    keyvault,
    machinelearningservices,
    storage,
)

from llamactl_infra.clouds.azure.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace, who it is, and what of it roles are given on; None: not known of a given one."""

    name: pulumi.Input[str]
    id: pulumi.Input[str]
    storage_id: pulumi.Input[str] | None
    registry_id: pulumi.Input[str] | None
    principal_id: pulumi.Input[str] | None
    insights: pulumi.Input[str] | None


def declare_workspace(
    around: Surroundings,
    group: pulumi.Input[str],
    tenant: pulumi.Input[str],
    logs_id: pulumi.Input[str],
) -> Workspace:
    """Declare the workspace with its companions, unless it is given."""
    own = around.own
    if own.workspace is not None:
        kind = "Microsoft.MachineLearningServices/workspaces"
        group_id = f"/subscriptions/{own.subscription}/resourceGroups/{own.resource_group}"
        there = f"{group_id}/providers/{kind}/{own.workspace}"
        return Workspace(
            own.workspace, there, own.storage_account, own.container_registry, None, None
        )
    account = _storage(around, group)
    registry_id = own.container_registry
    registry = registry_id if registry_id is not None else _registry(around, group).id
    insights = _insights(around, group, logs_id)
    made = machinelearningservices.Workspace(
        around.child("workspace"),
        resource_group_name=group,
        location=around.region,
        identity=machinelearningservices.ManagedServiceIdentityArgs(
            type=machinelearningservices.ManagedServiceIdentityType.SYSTEM_ASSIGNED
        ),
        friendly_name=around.spec.name,
        storage_account=account.id,
        key_vault=_key_vault(around, group, tenant).id,
        application_insights=insights.id,
        container_registry=registry,
        public_network_access=_access(public=own.public_access),
        managed_network=_managed_network(around),
        encryption=_encryption(around),
        tags=around.tags,
        opts=around.options(),
    )
    # It always has one: it is declared above.
    principal = made.identity.apply(lambda told: "" if told is None else told.principal_id)
    return Workspace(made.name, made.id, account.id, registry, principal, insights.name)


def _storage(around: Surroundings, group: pulumi.Input[str]) -> storage.StorageAccount:
    return storage.StorageAccount(
        around.account,
        resource_group_name=group,
        location=around.region,
        kind=storage.Kind.STORAGE_V2,
        sku=storage.SkuArgs(name=storage.SkuName.STANDARD_LRS),
        allow_blob_public_access=False,
        enable_https_traffic_only=True,
        minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
        tags=around.tags,
        opts=around.options(),
    )


def _key_vault(
    around: Surroundings, group: pulumi.Input[str], tenant: pulumi.Input[str]
) -> keyvault.Vault:
    return keyvault.Vault(
        around.account,
        resource_group_name=group,
        location=around.region,
        properties=keyvault.VaultPropertiesArgs(
            tenant_id=tenant,
            sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
            enable_rbac_authorization=True,
            soft_delete_retention_in_days=7,  # the fewest that a vault takes
        ),
        tags=around.tags,
        opts=around.options(),
    )


def _insights(
    around: Surroundings, group: pulumi.Input[str], logs_id: pulumi.Input[str]
) -> applicationinsights.Component:
    return applicationinsights.Component(
        around.child("insights"),
        resource_group_name=group,
        location=around.region,
        kind="web",
        application_type=applicationinsights.ApplicationType.WEB,
        workspace_resource_id=logs_id,
        tags=around.tags,
        opts=around.options(),
    )


def _registry(around: Surroundings, group: pulumi.Input[str]) -> containerregistry.Registry:
    """Declare the registry: one that the service makes for itself later would outlive the stack."""
    return containerregistry.Registry(
        around.account,
        resource_group_name=group,
        location=around.region,
        # Private links are of Premium alone. Source: Azure, container-registry-skus.
        sku=containerregistry.SkuArgs(name="Basic" if around.own.public_access else "Premium"),
        admin_user_enabled=False,
        tags=around.tags,
        opts=around.options(),
    )


def _managed_network(
    around: Surroundings,
) -> machinelearningservices.ManagedNetworkSettingsArgs | None:
    if around.own.public_egress:
        return None
    mode = machinelearningservices.IsolationMode.ALLOW_ONLY_APPROVED_OUTBOUND
    return machinelearningservices.ManagedNetworkSettingsArgs(isolation_mode=mode)


def _encryption(around: Surroundings) -> machinelearningservices.EncryptionPropertyArgs | None:
    if around.own.key_vault_key is None:
        return None
    vault, _, key = around.own.key_vault_key.rpartition("/keys/")
    key_name, _, version = key.partition("/versions/")
    host = f"https://{vault.rpartition('/')[2]}.vault.azure.net"
    return machinelearningservices.EncryptionPropertyArgs(
        status=machinelearningservices.EncryptionStatus.ENABLED,
        key_vault_properties=machinelearningservices.KeyVaultPropertiesArgs(
            key_vault_arm_id=vault, key_identifier=f"{host}/keys/{key_name}/{version}"
        ),
    )


def _access(*, public: bool) -> str:
    return "Enabled" if public else "Disabled"
