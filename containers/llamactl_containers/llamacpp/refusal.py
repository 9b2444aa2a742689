"""Requests that are refused, in the two shapes that clients know: TGI's and OpenAI's."""

from dataclasses import dataclass
from typing import Literal

RefusalKind = Literal[
    "validation",
    "malformed",
    "template_error",
    "tool_error",
    "generation",
    "overloaded",
    "context_length_exceeded",
    "model_not_found",
    "unauthorized",
    "not_found",
    "method_not_allowed",
    "payload_too_large",
    "forbidden",
    "leaving",
    "internal",
]


@dataclass(frozen=True, slots=True)
class _Shape:
    """HTTP statuses and names of one kind.

    Source: TGI 3.3.7 router/src/infer/mod.rs and server.rs (`error_type`, statuses); OpenAI's API
    reference, error codes, 2026-10.
    """

    tgi_status: int
    tgi_type: str
    openai_status: int
    openai_type: str
    openai_code: str | None


_INVALID = "invalid_request_error"
_SHAPES: dict[RefusalKind, _Shape] = {
    "validation": _Shape(422, "validation", 400, _INVALID, None),
    "malformed": _Shape(400, "validation", 400, _INVALID, None),
    "template_error": _Shape(422, "template_error", 422, _INVALID, "template_error"),
    "tool_error": _Shape(422, "tool_error", 400, _INVALID, None),
    "generation": _Shape(424, "generation", 500, "server_error", None),
    "overloaded": _Shape(429, "overloaded", 429, "requests", "rate_limit_exceeded"),
    "context_length_exceeded": _Shape(422, "validation", 400, _INVALID, "context_length_exceeded"),
    "model_not_found": _Shape(404, "validation", 404, _INVALID, "model_not_found"),
    "unauthorized": _Shape(401, "unauthorized", 401, _INVALID, "invalid_api_key"),
    "not_found": _Shape(404, "not_found", 404, _INVALID, "unknown_url"),
    "method_not_allowed": _Shape(405, "validation", 405, _INVALID, "method_not_allowed"),
    "payload_too_large": _Shape(413, "validation", 413, _INVALID, "payload_too_large"),
    "forbidden": _Shape(403, "forbidden", 403, _INVALID, "forbidden"),
    "leaving": _Shape(503, "unavailable", 503, "server_error", "service_unavailable"),
    "internal": _Shape(500, "internal", 500, "server_error", None),
}

# What TGI says before the reason. Source: TGI 3.3.7 router/src/infer/mod.rs, `InferError`.
_TGI_PREFIXES: dict[RefusalKind, str] = {
    "validation": "Input validation error: ",
    "context_length_exceeded": "Input validation error: ",
    "template_error": "Template error: ",
    "tool_error": "Tool error: ",
    "generation": "Request failed during generation: ",
}


class Refused(Exception):
    """A request that is not answered: why, and which of its fields is to blame."""

    def __init__(self, kind: RefusalKind, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.param = param

    @property
    def tgi_type(self) -> str:
        """TGI's name for the kind of error."""
        return _SHAPES[self.kind].tgi_type

    def shaped(self, path: str) -> tuple[int, dict[str, object]]:
        """Give HTTP status and body as the callers of a route know them."""
        return self.as_openai() if path.startswith("/v1/") else self.as_tgi()

    def as_tgi(self) -> tuple[int, dict[str, object]]:
        """Give HTTP status and body as TGI would."""
        shape = _SHAPES[self.kind]
        text = _TGI_PREFIXES.get(self.kind, "") + self.message
        return shape.tgi_status, {"error": text, "error_type": shape.tgi_type}

    def as_openai(self) -> tuple[int, dict[str, object]]:
        """Give HTTP status and body as OpenAI would."""
        shape = _SHAPES[self.kind]
        error = {
            "message": self.message,
            "type": shape.openai_type,
            "param": self.param,
            "code": shape.openai_code,
        }
        return shape.openai_status, {"error": error}
