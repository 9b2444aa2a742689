"""The assets that a deployment is made of: the container as an environment, the weights as a model.

A version of an asset never changes: it is named by what it holds. Azure ML makes the container of
its versions by itself. Source: Azure/azureml-examples, cli/deploy-rest.sh, read 2026-11-30.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from llamactl_catalog.serving_contracts import contract_of
from llamactl_infra.clouds.azure.asked import environment_version, model_version
from llamactl_infra.clouds.azure.asset import Asset
from llamactl_infra.clouds.azure.checks import CLOUD
from llamactl_infra.clouds.azure.datastore import declare_model_uri
from llamactl_infra.clouds.azure.surroundings import Surroundings
from llamactl_infra.clouds.azure.workspace import Workspace


def declare_environment(
    around: Surroundings, group: pulumi.Input[str], workspace: Workspace
) -> pulumi.Input[str]:
    """Declare the container: image, port, and the routes of its probes and requests; gives its id.

    Requests reach every route of the engine by the path that they are sent to; the scoring route
    is the one of those that name none.
    """
    contract = contract_of(CLOUD)
    health = {"path": contract.health, "port": contract.port}
    properties = {
        "image": around.image,
        "osType": "Linux",
        "inferenceConfig": {
            "startupRoute": health,
            "livenessRoute": health,
            "readinessRoute": health,
            "scoringRoute": {"path": contract.invoke or "/", "port": contract.port},
        },
    }
    version = f"environments/{around.spec.name}/versions/{environment_version(around.spec)}"
    return _declare(around, "environment", _place(around, group, workspace, version), properties)


def declare_model(
    around: Surroundings, group: pulumi.Input[str], workspace: Workspace
) -> pulumi.Input[str] | None:
    """Declare the staged weights as a model; gives its id. None: the engine fetches them itself."""
    if around.own.model_asset is not None:
        return around.own.model_asset
    spec = around.spec
    if spec.weights_uri is None:
        return None
    uri = declare_model_uri(around, group, workspace, spec.weights_uri)
    properties = {"modelUri": uri, "modelType": "custom_model", "tags": around.lasting_tags}
    version = f"models/{spec.name}/versions/{model_version(spec)}"
    return _declare(around, "model", _place(around, group, workspace, version), properties)


def _place(
    around: Surroundings, group: pulumi.Input[str], workspace: Workspace, version: str
) -> pulumi.Output[str]:
    there = f"/subscriptions/{around.own.subscription}/resourceGroups/"
    service = "/providers/Microsoft.MachineLearningServices/workspaces/"
    return pulumi.Output.concat(there, group, service, workspace.name, "/", version)


def _declare(
    around: Surroundings, what: str, place: pulumi.Output[str], properties: Mapping[str, Any]
) -> pulumi.Output[str]:
    props = {"asset": place, "properties": properties}
    return Asset(around.child(what), props, around.options()).id
