"""The Hub's token, where gated weights are fetched by the engine: a secret of the workspace.

The container is given it as it starts, by the endpoint's identity; neither the deployment's
environment nor its answer holds it. Source: aml-docs,
how-to-deploy-online-endpoint-with-secret-injection, read 2026-11-22; a preview there.
"""

import pulumi
from pulumi_azure_native import machinelearningservices

from llamactl_infra.clouds.azure.asked import HUB_VARIABLE
from llamactl_infra.clouds.azure.surroundings import Surroundings

_HUB = "https://huggingface.co"


def declare_connection(
    around: Surroundings, group: pulumi.Input[str], workspace: pulumi.Input[str]
) -> machinelearningservices.WorkspaceConnection | None:
    """Declare the secret, where the spec has a token."""
    if around.spec.hub_token is None:
        return None
    return machinelearningservices.WorkspaceConnection(
        around.child("hub"),
        connection_name=around.child("hub"),
        workspace_name=workspace,
        resource_group_name=group,
        properties=machinelearningservices.CustomKeysWorkspaceConnectionPropertiesArgs(
            auth_type="CustomKeys",
            category="CustomKeys",
            target=_HUB,
            credentials=machinelearningservices.CustomKeysArgs(
                keys={HUB_VARIABLE: pulumi.Output.secret(around.spec.hub_token)}
            ),
        ),
        opts=around.options(),
    )
