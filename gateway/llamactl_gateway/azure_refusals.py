"""What Azure ML's refusals mean for the user.

Source: MicrosoftDocs/azure-ai-docs, how-to-troubleshoot-online-endpoints, "HTTP status codes":
Azure says 424 for every refusal of the container and tells the container's status in a header;
how-to-manage-quotas; read 2026-11-22.
"""

from collections.abc import Mapping

from llamactl_catalog.errors import LlamactlError, NoCapacity, NoPermission, Unhealthy
from llamactl_gateway.refusals import refusal, said

LIMIT_S = 180.0  # the longest request_timeout_ms

_SCORE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action"
_WANTS_KEY = (401, 403)


def refusal_of(
    status: int, headers: Mapping[str, str], body: str, name: str, *, with_key: bool
) -> LlamactlError:
    """Give the error for a response; `with_key` if a key was sent, and no sign-in's token.

    `name` is the deployment's.
    """
    match status:
        case 401 | 403:
            return _no_permission(status, body, name, with_key=with_key)
        case 408 | 429:
            return _no_capacity(status, body, name)
        case 404:
            hint = f"llamactl status {name} tells what is behind it"
            return Unhealthy(f"nothing at the address of '{name}' takes requests", hint=hint)
        case 424:
            return _model_error(headers, body, name)
        case _:
            return refusal(status, body, name)


def _no_permission(status: int, body: str, name: str, *, with_key: bool) -> NoPermission:
    match status, with_key:
        case 401, True:
            message = f"'{name}' refuses the key; was it made anew?"
            hint = "az ml online-endpoint get-credentials tells the present one"
        case 401, False:
            message = f"'{name}' does not accept the token of whoever is signed in"
            hint = "az login to its tenant; the endpoint's auth mode must be aad_token"
        case _, True:
            message = f"'{name}' does not let this caller in: {said(body)}".rstrip(": ")
            hint = "a private endpoint answers inside its network only"
        case _:
            message = f"whoever is signed in may not ask '{name}': {said(body)}".rstrip(": ")
            hint = f"grant {_SCORE} on the endpoint: the role AzureML Data Scientist has it"
    return NoPermission(message, hint=hint)


def _no_capacity(status: int, body: str, name: str) -> NoCapacity:
    if status == 408:  # noqa: PLR2004 - the HTTP status of a time-out
        limit = f"its request timeout, on Azure ML at most {LIMIT_S:.0f} s"
        hint = "ask for fewer tokens (max_tokens), or deploy it with a longer timeout"
        return NoCapacity(f"'{name}' took longer than {limit}", hint=hint)
    hint = (
        "try again in a moment; twice its concurrency on each instance may wait at once, so more "
        "instances take more"
    )
    return NoCapacity(f"'{name}' is busy: {said(body)}".rstrip(": "), hint=hint)


def _model_error(headers: Mapping[str, str], body: str, name: str) -> LlamactlError:
    """The container's own refusal."""
    status = headers.get("ms-azureml-model-error-statuscode", "")
    reason = headers.get("ms-azureml-model-error-reason", "")
    if not status.isdecimal():
        words = said(body) or reason or "it does not say why"
        return Unhealthy(f"the container of '{name}' failed: {words}", hint=f"llamactl logs {name}")
    if int(status) in _WANTS_KEY:
        return Unhealthy(
            f"the container of '{name}' asks for an API key of its own",
            hint="deploy it again without API_KEY in its environment: Azure ML asks for the key",
        )
    return refusal(int(status), body or reason, name)
