"""Talking to a deployment: which client answers for it."""

from typing import assert_never

from llamactl_catalog.errors import NoPermission, Unhealthy
from llamactl_gateway.azure_endpoint import AzureEndpoint
from llamactl_gateway.openai_endpoint import OpenAIEndpoint
from llamactl_gateway.protocol import SILENCE_TIMEOUT_S, Delta, Endpoint
from llamactl_gateway.sagemaker_endpoint import SageMakerEndpoint
from llamactl_gateway.sampling import Sampling
from llamactl_infra.deployment import Deployment

__all__ = ["Delta", "Endpoint", "Sampling", "connect"]


def connect(
    deployment: Deployment,
    *,
    silence_timeout_s: float = SILENCE_TIMEOUT_S,
    streamed: bool = True,
) -> Endpoint:
    """Give the client of a deployment; nothing is sent or looked for yet.

    It waits `silence_timeout_s` for each piece of an answer, or as long as the platform does where
    that is less. Not `streamed`: each answer comes whole.

    Raises:
        Unhealthy: the deployment is not running.
        NoPermission: it asks for a key that is not known.
    """
    if not deployment.may_answer or deployment.endpoint is None:
        because = f": {deployment.reason}" if deployment.reason is not None else ""
        message = f"'{deployment.name}' is {deployment.state}{because}"
        raise Unhealthy(message, hint=deployment.repair_hint)
    match deployment.cloud:
        case "local":
            return OpenAIEndpoint(
                deployment.name,
                deployment.endpoint,
                deployment.model,
                deployment.api_key,
                silence_timeout_s=silence_timeout_s,
                streamed=streamed,
            )
        case "aws":
            return SageMakerEndpoint(
                deployment.name,
                deployment.endpoint,
                deployment.region,
                deployment.model,
                silence_timeout_s=silence_timeout_s,
                streamed=streamed,
            )
        case "azure":
            return AzureEndpoint(
                deployment.name,
                deployment.endpoint,
                deployment.model,
                _key(deployment),
                deployment.slot,
                silence_timeout_s=silence_timeout_s,
                streamed=streamed,
            )
        case _:
            assert_never(deployment.cloud)


def _key(deployment: Deployment) -> str | None:
    """The key, or None where a sign-in's token is asked for."""
    if deployment.auth == "aad_token":
        return None
    if deployment.api_key is None:
        message = f"the key of '{deployment.name}' is not known"
        raise NoPermission(message, hint=deployment.repair_hint)
    return deployment.api_key
