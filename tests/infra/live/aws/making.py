"""Deployments in the stand-in: made, changed, taken away, as the engine would."""

from infra.sagemaker.creation import Creator
from infra.sagemaker.declared import declared


class Changer(Creator):
    """Makes what can only be made anew, and updates the endpoint."""

    def send(self, asked):
        match asked.operation:
            case "CreateRole":
                return self.client("iam").get_role(RoleName=asked.parameters["RoleName"])
            case "CreateModel":
                return self._unless_there(asked)
            case "CreateEndpointConfig":
                return super().send(asked)
            case "CreateEndpoint":
                told = {key: value for key, value in asked.parameters.items() if key != "Tags"}
                return self.client("sagemaker").update_endpoint(**told)
        return {}

    def _unless_there(self, asked):
        there = self.client("sagemaker").list_models(NameContains=asked.parameters["ModelName"])
        return {} if there["Models"] else super().send(asked)


def made(aws, spec):
    """Make what the program declares for a spec, and let it settle."""
    declared(spec, Creator(aws))
    settle(aws, spec.name)


def changed(aws, spec):
    """Update what is there to what a spec asks for, and let it settle."""
    declared(spec, Changer(aws))
    settle(aws, spec.name)


def removed(aws, spec):
    """Take away what was made of a spec, last things first."""
    client = aws.client("sagemaker")
    client.delete_endpoint(EndpointName=spec.name)
    while client.list_endpoints(NameContains=spec.name)["Endpoints"]:
        pass
    for each in client.list_endpoint_configs(NameContains=spec.name)["EndpointConfigs"]:
        client.delete_endpoint_config(EndpointConfigName=each["EndpointConfigName"])
    for each in client.list_models(NameContains=spec.name)["Models"]:
        client.delete_model(ModelName=each["ModelName"])
    _surroundings_removed(aws, spec)


def _surroundings_removed(aws, spec):
    scaling = aws.client("application-autoscaling")
    for each in scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]:
        keys = ("ServiceNamespace", "ResourceId", "ScalableDimension")
        scaling.deregister_scalable_target(**{key: each[key] for key in keys})
    watch = aws.client("cloudwatch")
    alarms = watch.describe_alarms(AlarmNamePrefix=f"llamactl-{spec.name}")["MetricAlarms"]
    watch.delete_alarms(AlarmNames=[each["AlarmName"] for each in alarms])
    watch.delete_dashboards(DashboardNames=[f"llamactl-{spec.name}"])
    aws.client("logs").delete_log_group(logGroupName=f"/aws/sagemaker/Endpoints/{spec.name}")
    role = f"llamactl-{spec.name}-{spec.region}"
    aws.client("iam").delete_role_policy(RoleName=role, PolicyName="endpoint")
    aws.client("iam").delete_role(RoleName=role)


def settle(aws, name):
    """Look at an endpoint until it does nothing more."""
    client = aws.client("sagemaker")
    while client.describe_endpoint(EndpointName=name)["EndpointStatus"].endswith("ing"):
        pass
