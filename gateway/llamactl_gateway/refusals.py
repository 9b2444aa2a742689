"""What an endpoint's refusal means for the user: its status and its words as one of our errors."""

import json
from collections.abc import Mapping
from typing import Any

from llamactl_catalog.errors import (
    InvalidInput,
    LlamactlError,
    NoCapacity,
    NoPermission,
    PromptTooLong,
    Unhealthy,
)

_SHOWN_CHARACTERS = 400
_UNAUTHORIZED = (401, 403)
_INVALID = range(400, 500)
_BUSY = (429, 503)
_GENERATION_FAILED = 424  # TGI, router/src/infer/mod.rs, InferError::GenerationError
_UNKNOWN = 500
# OpenAI's code, llama.cpp's error type, and the words of TGI's two validation errors.
_TOO_LONG = (
    "context_length_exceeded",
    "exceed_context_size",
    "`inputs` tokens + `max_new_tokens` must be",
    "`inputs` must have less than",
)


def refusal(status: int, body: str, name: str) -> LlamactlError:
    """Give the error for an HTTP status and the body that came with it, JSON or any text.

    `name` is the deployment's. What the server says is shown, cut to a few lines.
    """
    if any(mark in body for mark in _TOO_LONG):
        return PromptTooLong(
            f"the prompt does not fit the context of '{name}': {said(body)}",
            hint=f"make it shorter; llamactl status {name} tells the context",
        )
    if status in _UNAUTHORIZED:
        return NoPermission(
            f"'{name}' refuses the API key that it was deployed with",
            hint=f"llamactl status {name} tells how it asks for one",
        )
    if status in _BUSY:
        return NoCapacity(f"'{name}' is busy: {said(body)}", hint="try again in a moment")
    if status in _INVALID and status != _GENERATION_FAILED:
        return InvalidInput(f"'{name}' refuses the request: {said(body)}")
    return Unhealthy(
        f"'{name}' failed with status {status}: {said(body)}", hint=f"llamactl logs {name}"
    )


def stream_error(event: Mapping[str, Any], name: str) -> LlamactlError:
    """Give the error for an event of a stream that holds `error` in place of a piece."""
    error = event["error"]
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) else _UNKNOWN
    return refusal(status, json.dumps(event), name)


def said(body: str) -> str:
    """Give the message in the form of OpenAI, TGI, FastAPI or AWS, or else the text itself."""
    try:
        answer = json.loads(body)
    except json.JSONDecodeError:
        answer = body
    for key in ("error", "message", "Message", "detail"):
        if isinstance(answer, dict) and key in answer:
            answer = answer[key]
    text = answer if isinstance(answer, str) else json.dumps(answer)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
