"""The assets that a deployment is made of: the container as an environment, the weights as a model.

A version of an asset never changes: it is named by what it holds.
"""

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from llamactl_catalog.serving_contracts import contract_of
from llamactl_infra.clouds.azure.asked import environment_version, model_version
from llamactl_infra.clouds.azure.checks import CLOUD
from llamactl_infra.clouds.azure.surroundings import Surroundings


def declare_environment(
    around: Surroundings, group: pulumi.Input[str], workspace: pulumi.Input[str]
) -> pulumi.Input[str]:
    """Declare the container: image, port, and the routes of its probes and requests; gives its id.

    Requests reach every route of the engine by the path that they are sent to; the scoring route
    is the one of those that name none.
    """
    contract = contract_of(CLOUD)
    health = ml.RouteArgs(path=contract.health, port=contract.port)
    routes = ml.InferenceContainerPropertiesArgs(
        startup_route=health,
        liveness_route=health,
        readiness_route=health,
        scoring_route=ml.RouteArgs(path=contract.invoke or "/", port=contract.port),
    )
    holder = ml.EnvironmentContainer(
        around.child("environments"),
        name=around.spec.name,
        workspace_name=workspace,
        resource_group_name=group,
        properties=ml.EnvironmentContainerPropertiesArgs(tags=around.tags),
        opts=around.options(),
    )
    return ml.EnvironmentVersion(
        around.child("environment"),
        name=holder.name,
        version=environment_version(around.spec),
        workspace_name=workspace,
        resource_group_name=group,
        properties=ml.EnvironmentVersionPropertiesArgs(
            image=around.image,
            os_type=ml.OperatingSystemType.LINUX,
            inference_config=routes,
        ),
        opts=around.options(),
    ).id


def declare_model(
    around: Surroundings, group: pulumi.Input[str], workspace: pulumi.Input[str]
) -> pulumi.Input[str] | None:
    """Declare the staged weights as a model; gives its id. None: the engine fetches them itself."""
    if around.own.model_asset is not None:
        return around.own.model_asset
    spec = around.spec
    if spec.weights_uri is None:
        return None
    holder = ml.ModelContainer(
        around.child("models"),
        name=spec.name,
        workspace_name=workspace,
        resource_group_name=group,
        properties=ml.ModelContainerPropertiesArgs(tags=around.tags),
        opts=around.options(),
    )
    return ml.ModelVersion(
        around.child("model"),
        name=holder.name,
        version=model_version(spec),
        workspace_name=workspace,
        resource_group_name=group,
        properties=ml.ModelVersionPropertiesArgs(
            model_uri=spec.weights_uri, model_type="custom_model", tags=around.tags
        ),
        opts=around.options(),
    ).id
