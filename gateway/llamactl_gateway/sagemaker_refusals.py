"""What SageMaker's refusals mean for the user, before an answer and in the middle of one.

Source: botocore 1.43, sagemaker-runtime 2017-05-13: ModelError, ModelStreamError and the others;
the developer guide, common errors; read 2026-11-22.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from llamactl_catalog.errors import (
    LlamactlError,
    NoCapacity,
    NoPermission,
    Unhealthy,
    UnknownDeployment,
)
from llamactl_gateway.refusals import refusal, said

LIMIT_S = 60.0  # of an answer that comes whole; botocore, InvokeEndpoint
STREAM_LIMIT_S = 480.0  # of a streamed one; SageMaker AI developer guide, hosting FAQ

_DENIED = ("AccessDenied", "AccessDeniedException", "NotAuthorized", "UnauthorizedOperation")
_WRONG_SIGNATURE = ("InvalidSignatureException", "RequestTimeTooSkewed", "SignatureDoesNotMatch")
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_UNKNOWN_KEY = (
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
)
_BUSY = (
    "ModelNotReadyException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
)
_NOT_THERE = re.compile(r"Endpoint \S+ of account \d+ not found")
_TIMED_OUT = "timed out while waiting for a response"
_WANTS_KEY = (401, 403)


def refusal_of(status: int, kind: str, body: str, name: str, region: str) -> LlamactlError:
    """Give the error for a response; `kind` is its header x-amzn-errortype, or "".

    `name` is the deployment's.
    """
    told = _object(body)
    # A shape's name, at times with a namespace in front or an address behind.
    kind = str(kind or told.get("__type") or told.get("code") or "").partition(":")[0]
    kind = kind.rpartition("#")[2]
    if kind == "ModelError":
        return _model_error(told, name)
    if kind == "ValidationError" and _NOT_THERE.search(body):
        return UnknownDeployment(
            name, (), place=f"SageMaker in {region}", hint=f"llamactl status {name} tells its state"
        )
    if kind in _BUSY:
        hint = "try again in a moment; more instances take more requests"
        return NoCapacity(f"'{name}' is busy: {said(body) or kind}", hint=hint)
    return _no_permission(kind, body, name) or refusal(status, body, name)


def frame_error(headers: Mapping[str, Any], payload: bytes, name: str) -> LlamactlError:
    """Give the error for a frame that is none of the answer's."""
    told = _object(payload.decode("utf-8", "replace"))
    kind = str(headers.get(":exception-type") or headers.get(":error-code") or "an error")
    code = told.get("ErrorCode")
    if code == "ModelInvocationTimeExceeded":
        return _too_slow(name, STREAM_LIMIT_S, "ask for fewer tokens (max_tokens)")
    words = told.get("Message") or headers.get(":error-message") or ""
    message = f"the answer of '{name}' broke off: {code or kind}: {words}".rstrip(": ")
    return Unhealthy(message, hint=f"llamactl logs {name}")


def _model_error(told: Mapping[str, Any], name: str) -> LlamactlError:
    """The container's own refusal, or that there was none in time."""
    message, status = str(told.get("Message") or ""), told.get("OriginalStatusCode")
    if _TIMED_OUT in message:
        hint = "stream the answer, which has 8 minutes, or ask for fewer tokens (max_tokens)"
        return _too_slow(name, LIMIT_S, hint)
    if status in _WANTS_KEY:
        return Unhealthy(
            f"the container of '{name}' asks for an API key, which SageMaker does not pass on",
            hint="deploy it again without API_KEY in its environment",
        )
    if isinstance(status, int) and status > 0:
        return refusal(status, str(told.get("OriginalMessage") or message), name)
    return Unhealthy(f"'{name}' failed: {said(message)}", hint=f"llamactl logs {name}")


def _no_permission(kind: str, body: str, name: str) -> LlamactlError | None:
    if kind in _DENIED:
        hint = "grant sagemaker:InvokeEndpoint on the endpoint to these credentials, or use others"
        return NoPermission(f"AWS refuses to ask '{name}': {said(body)}", hint=hint)
    if kind in _EXPIRED:
        hint = "sign in again: aws sso login, or new session credentials"
        return NoPermission("the credentials of AWS have expired", hint=hint)
    if kind in _WRONG_SIGNATURE:  # its words are the whole request, session token included
        hint = "is the secret key that of the access key id, and this machine's clock right?"
        return NoPermission("AWS does not accept the signature of the request", hint=hint)
    if kind in _UNKNOWN_KEY:
        hint = "use credentials of the account and partition that it was deployed in"
        return NoPermission("AWS does not know these credentials", hint=hint)
    return None


def _too_slow(name: str, limit_s: float, hint: str) -> NoCapacity:
    limit = f"the {limit_s:.0f} s that SageMaker gives an answer"
    return NoCapacity(f"'{name}' took longer than {limit}", hint=hint)


def _object(body: str) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
