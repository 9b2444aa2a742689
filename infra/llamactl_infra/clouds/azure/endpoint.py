"""The component: an Azure ML online endpoint with its workspace, identity, logs and scaling."""

from typing import Any

import pulumi
import pulumi_azure_native
from pulumi_azure_native import machinelearningservices as ml

from llamactl_catalog.engine_versions import engine_version
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.serving_contracts import contract_of
from llamactl_containers.engines.choice import CONTAINER_ENGINES
from llamactl_infra.clouds.azure.asked import AUTH_MODES, access, environment
from llamactl_infra.clouds.azure.assets import declare_environment, declare_model
from llamactl_infra.clouds.azure.autoscaling import declare_autoscaling
from llamactl_infra.clouds.azure.checks import CLOUD, check
from llamactl_infra.clouds.azure.connection import declare_connection
from llamactl_infra.clouds.azure.deployment import Parts, declare_deployment
from llamactl_infra.clouds.azure.diagnostics import (
    declare_alerts,
    declare_diagnostics,
    declare_logs,
)
from llamactl_infra.clouds.azure.identity import declare_identity, declare_roles
from llamactl_infra.clouds.azure.ids import detection_rule
from llamactl_infra.clouds.azure.names import asset_version, deployment_name, endpoint_name
from llamactl_infra.clouds.azure.network import declare_private_way
from llamactl_infra.clouds.azure.resource_group import declare_group
from llamactl_infra.clouds.azure.smart_detection import SmartDetection
from llamactl_infra.clouds.azure.surroundings import Surroundings
from llamactl_infra.clouds.azure.traffic import Traffic
from llamactl_infra.clouds.azure.workspace import Workspace, declare_workspace
from llamactl_infra.clouds.outputs import Outputs, digest_of
from llamactl_infra.clouds.tags import tags_of
from llamactl_infra.spec import Spec

TYPE = "llamactl:azure:Endpoint"
ALIASES: tuple[pulumi.Alias, ...] = ()
"""The types and names that the component had in earlier versions: one is added, none removed."""

# Each part may take as long as its own limits let it; past this the engine gives up.
_TRAFFIC_WAIT = pulumi.CustomTimeouts(create="2h", update="12h", delete="1h")


class Endpoint(pulumi.ComponentResource):
    """An Azure ML online endpoint that serves a model, with all that belongs to it."""

    def __init__(self, spec: Spec, opts: pulumi.ResourceOptions | None = None) -> None:
        around = _surroundings(spec, self)
        merged = pulumi.ResourceOptions.merge(
            pulumi.ResourceOptions(aliases=list(ALIASES)),
            opts if opts is not None else pulumi.ResourceOptions(),
        )
        super().__init__(TYPE, spec.name, None, merged)
        provider = pulumi_azure_native.Provider(
            around.child("azure"),
            subscription_id=around.own.subscription,
            location=around.region,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._providers = {**self._providers, "azure-native": provider}
        self.endpoint = _declare_within(around)
        self.outputs = _outputs(around, self.endpoint)
        self.register_outputs(dict(self.outputs.as_mapping()))


def declare(spec: Spec) -> Outputs:
    """Declare the endpoint of a spec.

    Raises:
        InvalidFile: with all that Azure ML would refuse of it.
    """
    check(spec)
    return Endpoint(spec).outputs


def _surroundings(spec: Spec, parent: pulumi.Resource) -> Surroundings:
    own, region, instance_type, image = spec.azure_ml, spec.region, spec.instance_type, spec.image
    if own is None or region is None or instance_type is None or image is None:
        raise InvalidInput("an endpoint needs its place, an instance type and an image")
    tags = tags_of(spec, pulumi.get_project(), pulumi.get_stack())
    return Surroundings(spec, own, region, instance_type, image, tags, parent)


def _declare_within(around: Surroundings) -> ml.OnlineEndpoint:
    group = declare_group(around)
    logs = declare_logs(around, group)
    identity = declare_identity(around, group)
    workspace = declare_workspace(around, group, identity.tenant_id, logs.id)
    roles = declare_roles(around, identity, workspace)
    connection = declare_connection(around, group, workspace.name)
    before = roles if connection is None else [*roles, connection]
    environment_id = declare_environment(around, group, workspace)
    model_id = declare_model(around, group, workspace)
    declare_private_way(around, group, workspace.id)
    _declare_smart_detection(around, group, workspace)
    settings = _settings(around, identity.id)
    endpoint = ml.OnlineEndpoint(
        around.child("endpoint"),
        endpoint_name=endpoint_name(around.spec),
        workspace_name=workspace.name,
        resource_group_name=group,
        location=around.region,
        kind="Managed",
        tags=around.tags,
        # What changes later is changed by the traffic's resource: a PUT by the provider has none.
        opts=pulumi.ResourceOptions.merge(
            around.options(*before),
            pulumi.ResourceOptions(ignore_changes=["identity", "properties", "tags"]),
        ),
        **settings,
    )
    declare_diagnostics(around, endpoint, logs)
    declare_alerts(around, group, endpoint)
    parts = Parts(group, workspace.name, endpoint, environment_id, model_id)
    deployment = declare_deployment(around, parts, *before)
    _declare_traffic(around, endpoint, deployment, identity.id)
    if around.spec.capacity.is_scaled:
        declare_autoscaling(around, group, endpoint, deployment)
    return endpoint


def _declare_smart_detection(
    around: Surroundings, group: pulumi.Input[str], workspace: Workspace
) -> None:
    """Declare what goes with Application Insights, where its resource group stays."""
    if workspace.insights is None or not around.own.resource_group_given:
        return
    there = pulumi.Output.concat(f"/subscriptions/{around.own.subscription}/resourceGroups/", group)
    rule = pulumi.Output.all(there, workspace.insights).apply(lambda told: detection_rule(*told))
    SmartDetection(around.child("smart-detection"), {"rule": rule}, around.options())


def _settings(around: Surroundings, identity: pulumi.Input[str]) -> dict[str, Any]:
    return {
        "identity": ml.ManagedServiceIdentityArgs(
            type=ml.ManagedServiceIdentityType.USER_ASSIGNED, user_assigned_identities=[identity]
        ),
        "properties": ml.OnlineEndpointPropertiesArgs(
            auth_mode=AUTH_MODES[around.own.auth],
            public_network_access=access(around.spec),
            description=f"{around.spec.model}, by llamactl",
        ),
    }


def _declare_traffic(
    around: Surroundings,
    endpoint: ml.OnlineEndpoint,
    deployment: ml.OnlineDeployment,
    identity: pulumi.Input[str],
) -> None:
    spec, own = around.spec, around.own
    Traffic(
        around.child("traffic"),
        {
            "endpoint": endpoint.id,
            "deployment": deployment.name,
            "instance_type": around.instance_type,
            "auth_mode": AUTH_MODES[own.auth],
            "public_access": access(spec),
            "identity": identity,
            "tags": dict(around.tags),
            "content": asset_version([around.image, environment(spec), spec.weights_uri]),
            "update": spec.update,
            "percent": own.canary_percent,
            "bake_s": own.bake_s,
            "model": spec.model,
            "trial_route": _trial_route(around),
        },
        pulumi.ResourceOptions.merge(
            around.options(endpoint, deployment),
            pulumi.ResourceOptions(custom_timeouts=_TRAFFIC_WAIT),
        ),
    )


def _trial_route(around: Surroundings) -> str | None:
    """Give the route of a first request; None: it cannot be sent from here, or answers none."""
    engine = CONTAINER_ENGINES.get(around.spec.engine)
    if not around.own.public_access or engine is None:
        return None
    version = around.spec.engine_version
    named = around.spec.engine if version is None else f"{around.spec.engine}@{version}"
    return engine.routes(engine_version(named), contract_of(CLOUD)).completions


def _outputs(around: Surroundings, endpoint: ml.OnlineEndpoint) -> Outputs:
    """Give what the stack gives. The key is not among it: whoever may, asks for it when needed."""
    spec = around.spec
    return Outputs(
        cloud=spec.cloud,
        endpoint_name=endpoint.name,
        url=endpoint.properties.apply(lambda properties: properties.scoring_uri),
        region=around.region,
        instance_type=around.instance_type,
        auth=around.own.auth,
        model=spec.model,
        image=around.image,
        image_digest=digest_of(around.image),
        revision=spec.revision,
        usd_per_hour=spec.usd_per_hour,
        slot=deployment_name(spec),
    )
