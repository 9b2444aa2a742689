"""What a registry's refusals mean, in words for the user."""

import re
from typing import TYPE_CHECKING

from llamactl_catalog.errors import (
    InvalidInput,
    LlamactlError,
    NoCapacity,
    NoPermission,
    NotFound,
    Unhealthy,
)

if TYPE_CHECKING:
    import httpx

_LONGEST_SAID = 300
_QUERY = re.compile(r"\?[^\s\"'<>)]*")
_IMMUTABLE = re.compile(r"immutable|cannot be overwritten|already exists", re.IGNORECASE)
_FULL = re.compile(r"no space left|quota|storage limit|insufficient storage", re.IGNORECASE)
_FAILS = 500
_KINDS: dict[int, tuple[type[LlamactlError], str]] = {
    401: (NoPermission, "log in to it: docker login {registry}, or podman login {registry}"),
    403: (NoPermission, "ask for the right to push to and pull from it"),
    404: (NotFound, "check the registry, the repository and the tag"),
    405: (NoPermission, "it only gives images, as a mirror does: name one that takes them"),
    413: (NoCapacity, "its limit is too low for an image of this size"),
    429: (NoCapacity, "wait for some minutes, or log in: that raises the limit"),
}
_AGAIN = "run it again: layers that have arrived are not sent twice"


def refusal(registry: str, what: str, answer: "httpx.Response") -> LlamactlError:
    """Give the error for an answer that is no success; `what` is what was being done.

    Codes: the OCI distribution specification, errors-2 and error-codes, v1.1.
    """
    said = _said(answer)
    told = f"{registry} refuses {what}: {said}"
    if _IMMUTABLE.search(said) is not None and answer.status_code < _FAILS:
        hint = "a tag that cannot be moved names another image: push under another repository"
        return NoPermission(told, hint=hint)
    status = answer.status_code
    if status >= _FAILS and _FULL.search(said) is None:
        return Unhealthy(f"{registry} fails at {what}: {said}", hint=_AGAIN)
    if status >= _FAILS:
        return NoCapacity(told, hint="the registry's own storage is full: make room there")
    if status not in _KINDS:
        return InvalidInput(told)
    kind, hint = _KINDS[status]
    return kind(told, hint=hint.format(registry=registry))


def cut(registry: str, what: str, error: Exception) -> Unhealthy:
    """Give the error for a connection that fails or breaks."""
    said = _QUERY.sub("", " ".join(str(error).split())) or type(error).__name__
    hint = f"check the registry's name and the network, then {_AGAIN}"
    return Unhealthy(f"{registry} cannot be reached for {what}: {said}", hint=hint)


def _said(answer: "httpx.Response") -> str:
    try:
        told = answer.json()
        errors = told["errors"] if "errors" in told else [told["error"]]  # Azure's own has one
        parts = [_one(each) for each in errors]
    except (ValueError, KeyError, TypeError, AttributeError):
        parts = []
    text = "; ".join(filter(None, parts))
    text = _QUERY.sub("", " ".join(text.split()))[:_LONGEST_SAID]
    return f"{text} (HTTP {answer.status_code})" if text else f"HTTP {answer.status_code}"


def _one(error: dict[str, object]) -> str:
    message, detail = error.get("message"), error.get("detail")
    told = str(message or error.get("code") or "")
    return f"{told}: {detail}" if isinstance(detail, str) and detail else told
