"""Staged weights as Azure ML reads them: a path in a datastore, which names account and container.

A model is registered by `azureml://…/datastores/NAME/paths/…`; the blob's own address "is being
returned a Datastore ID error". Sources: Azure/azureml-examples, cli/deploy-rest.sh;
Azure/azure-cli-extensions issue 3580; both read 2026-11-30.
"""

import pulumi
from pulumi_azure_native import authorization
from pulumi_azure_native import machinelearningservices as ml

from llamactl_catalog.errors import InvalidInput
from llamactl_infra.clouds.azure.names import asset_version
from llamactl_infra.clouds.azure.roles import BLOB_DATA_READER, definition
from llamactl_infra.clouds.azure.surroundings import Surroundings
from llamactl_infra.clouds.azure.weights_place import DATASTORE, BlobFolder, blob_folder
from llamactl_infra.clouds.azure.workspace import Workspace


def declare_model_uri(
    around: Surroundings, group: pulumi.Input[str], workspace: Workspace, weights: str
) -> pulumi.Input[str]:
    """Declare the datastore of staged weights; gives the address that a model is registered by.

    A path of a datastore is taken as it is: its datastore exists.
    """
    if weights.startswith(DATASTORE):
        return weights
    folder = blob_folder(weights)
    if folder is None:
        raise InvalidInput(f"{weights} is not a folder of a storage account")
    store = _declare_datastore(around, group, workspace, folder)
    there = f"{DATASTORE}subscriptions/{around.own.subscription}/resourcegroups/"
    named = pulumi.Output.concat(there, group, "/workspaces/", workspace.name)
    return pulumi.Output.concat(named, "/datastores/", store.name, f"/paths/{folder.path}")


def _declare_datastore(
    around: Surroundings, group: pulumi.Input[str], workspace: Workspace, folder: BlobFolder
) -> ml.Datastore:
    """Declare the datastore, without a key: the endpoint's identity reads the account by its role.

    All of it is set when it is made and never again, so that its name is of its content.
    """
    identity, after = _reader(around, workspace)
    content = [around.spec.name, folder.account, folder.host, folder.container, identity]
    return ml.Datastore(
        around.child("weights"),
        name=f"llamactl_{asset_version(content)}",
        workspace_name=workspace.name,
        resource_group_name=group,
        properties=ml.AzureBlobDatastoreArgs(
            datastore_type="AzureBlob",
            account_name=folder.account,
            container_name=folder.container,
            endpoint=folder.host,
            protocol="https",
            service_data_access_auth_identity=identity,
            credentials=ml.NoneDatastoreCredentialsArgs(credentials_type="None"),
            tags=around.lasting_tags,
        ),
        opts=pulumi.ResourceOptions.merge(
            around.options(*after), pulumi.ResourceOptions(delete_before_replace=False)
        ),
    )


def _reader(around: Surroundings, workspace: Workspace) -> tuple[str, list[pulumi.Resource]]:
    """Give who reads the account for the workspace itself, and the role that lets it.

    A workspace that is made reads by its own identity. By which one a given workspace reads is for
    whoever has made it.
    """
    account = around.own.storage_account
    if workspace.principal_id is None or account is None:
        return "None", []
    role = authorization.RoleAssignment(
        around.child("workspace-may-read"),
        principal_id=workspace.principal_id,
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        role_definition_id=definition(around.own.subscription, BLOB_DATA_READER),
        scope=account,
        opts=around.options(),
    )
    return "WorkspaceSystemAssignedIdentity", [role]
