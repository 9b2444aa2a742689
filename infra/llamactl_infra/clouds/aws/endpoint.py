"""The component: a SageMaker endpoint with its role, model, alarms, logs and scaling."""

import pulumi
import pulumi_aws
from pulumi_aws import sagemaker

from llamactl_infra.clouds.aws.alarms import declare_alarms
from llamactl_infra.clouds.aws.asked import asked_of
from llamactl_infra.clouds.aws.autoscaling import declare_autoscaling
from llamactl_infra.clouds.aws.checks import check
from llamactl_infra.clouds.aws.configuration_content import configuration_name
from llamactl_infra.clouds.aws.dashboard import declare_dashboard
from llamactl_infra.clouds.aws.endpoint_configuration import declare_configuration
from llamactl_infra.clouds.aws.lifecycle import Lifecycle
from llamactl_infra.clouds.aws.logs import declare_log_group
from llamactl_infra.clouds.aws.model import declare_model
from llamactl_infra.clouds.aws.names import variant_id
from llamactl_infra.clouds.aws.places import invocations_url
from llamactl_infra.clouds.aws.role import declare_role
from llamactl_infra.clouds.aws.surroundings import Surroundings
from llamactl_infra.clouds.aws.updates import update_content
from llamactl_infra.clouds.aws.verification import Verification
from llamactl_infra.clouds.outputs import Outputs, digest_of
from llamactl_infra.clouds.tags import tags_of
from llamactl_infra.spec import Spec

TYPE = "llamactl:aws:Endpoint"
ALIASES: tuple[pulumi.Alias, ...] = ()
"""The types and names that the component had in earlier versions: one is added, none removed."""


class Endpoint(pulumi.ComponentResource):
    """A SageMaker endpoint that serves a model, with all that belongs to it."""

    def __init__(self, spec: Spec, opts: pulumi.ResourceOptions | None = None) -> None:
        around = _surroundings(spec, self)
        merged = pulumi.ResourceOptions.merge(
            pulumi.ResourceOptions(aliases=list(ALIASES)),
            opts if opts is not None else pulumi.ResourceOptions(),
        )
        super().__init__(TYPE, spec.name, None, merged)
        self.endpoint = _declare_within(around)
        self.outputs = _outputs(around, self.endpoint)
        self.register_outputs(dict(self.outputs.as_mapping()))


def declare(spec: Spec) -> Outputs:
    """Declare the endpoint of a spec.

    Raises:
        InvalidFile: with all that SageMaker would refuse of it.
        InvalidInput: no host image on record is new enough for its engine.
    """
    check(spec)
    provider = pulumi_aws.Provider("aws", region=spec.region)
    return Endpoint(spec, pulumi.ResourceOptions(providers=[provider])).outputs


def _surroundings(spec: Spec, parent: pulumi.Resource) -> Surroundings:
    asked = asked_of(spec)
    tags = tags_of(spec, pulumi.get_project(), pulumi.get_stack())
    return Surroundings(
        spec, asked.own, asked.region, asked.instance_type, asked.image, tags, parent
    )


def _declare_within(around: Surroundings) -> sagemaker.Endpoint:
    role = declare_role(around)
    configuration = declare_configuration(around, declare_model(around, role))
    logs = declare_log_group(around)
    alarms = declare_alarms(around)
    lifecycle = _lifecycle(around, logs, *role.made)
    options = around.options(logs, *alarms.made, lifecycle)
    # The provider replaces the endpoint for it, which is down meanwhile. Source:
    # terraform-provider-aws 6.30, sagemaker/endpoint.go: auto_rollback_configuration is ForceNew.
    options.ignore_changes = ["deploymentConfig.autoRollbackConfiguration"]
    endpoint = sagemaker.Endpoint(
        around.child("endpoint"),
        name=around.spec.name,
        endpoint_config_name=configuration.name,
        tags=around.tags,
        opts=options,
        **update_content(around.spec, around.own, alarms.rollback),
    )
    Verification(
        around.child("verification"),
        {
            "endpoint": around.spec.name,
            "region": around.region,
            "configuration": configuration_name(around),
        },
        around.options(endpoint),
    )
    if around.spec.capacity.is_scaled:
        declare_autoscaling(around, lifecycle.variant, endpoint)
    declare_dashboard(around)
    return endpoint


def _lifecycle(around: Surroundings, *after: pulumi.Resource) -> Lifecycle:
    props = {
        "endpoint": around.spec.name,
        "region": around.region,
        "instance_type": around.instance_type,
        "variant": variant_id(around.spec.name),
    }
    return Lifecycle(around.child("lifecycle"), props, around.options(*after))


def _outputs(around: Surroundings, endpoint: sagemaker.Endpoint) -> Outputs:
    spec, region = around.spec, around.region
    return Outputs(
        cloud=spec.cloud,
        endpoint_name=endpoint.name,
        url=endpoint.name.apply(lambda name: invocations_url(name, region)),
        region=region,
        instance_type=around.instance_type,
        auth="sigv4",
        model=spec.model,
        image=around.image,
        image_digest=digest_of(around.image),
        revision=spec.revision,
        usd_per_hour=spec.usd_per_hour,
    )
