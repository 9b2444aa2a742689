"""Talking to a deployment: which client answers for it."""

from llamactl_catalog.errors import Unhealthy
from llamactl_gateway.openai_endpoint import SILENCE_TIMEOUT_S, OpenAIEndpoint
from llamactl_gateway.protocol import Delta, Endpoint
from llamactl_gateway.sampling import Sampling
from llamactl_infra.deployment import Deployment

__all__ = ["Delta", "Endpoint", "Sampling", "connect"]


def connect(deployment: Deployment, *, silence_timeout_s: float = SILENCE_TIMEOUT_S) -> Endpoint:
    """Give the client of a deployment; nothing is sent yet.

    It waits `silence_timeout_s` for each piece of an answer.

    Raises:
        Unhealthy: the deployment is not running.
    """
    if deployment.state != "running" or deployment.endpoint is None:
        because = f": {deployment.reason}" if deployment.reason is not None else ""
        message = f"'{deployment.name}' is {deployment.state}{because}"
        raise Unhealthy(message, hint=deployment.repair_hint)
    return OpenAIEndpoint(
        deployment.name,
        deployment.endpoint,
        deployment.model,
        deployment.api_key,
        silence_timeout_s=silence_timeout_s,
    )
