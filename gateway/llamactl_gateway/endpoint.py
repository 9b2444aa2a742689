"""Talking to a deployment: which client answers for it."""

from llamactl_catalog.errors import Unhealthy
from llamactl_gateway.openai_endpoint import OpenAIEndpoint
from llamactl_gateway.protocol import Delta, Endpoint
from llamactl_gateway.sampling import Sampling
from llamactl_infra.deployment import Deployment

__all__ = ["Delta", "Endpoint", "Sampling", "connect"]


def connect(deployment: Deployment) -> Endpoint:
    """Give the client of a deployment; nothing is sent yet.

    Raises:
        Unhealthy: the deployment is not running.
    """
    if deployment.state != "running" or deployment.endpoint is None:
        because = f": {deployment.reason}" if deployment.reason is not None else ""
        raise Unhealthy(
            f"'{deployment.name}' is {deployment.state}{because}",
            hint=f"llamactl deploy {deployment.model} --name {deployment.name} "
            f"--cloud {deployment.cloud} repairs it",
        )
    return OpenAIEndpoint(
        deployment.name, deployment.endpoint, deployment.model, deployment.api_key
    )
