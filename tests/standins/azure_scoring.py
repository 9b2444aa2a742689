"""An Azure ML scoring address on 127.0.0.1, in front of an engine: keys and tokens are checked.

Statuses and headers: MicrosoftDocs/azure-ai-docs, how-to-troubleshoot-online-endpoints.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from standins.front import Call, Front, Refusal

KEY = "the-key-very-secret"
TOKEN = "the-token-very-secret"  # noqa: S105 - opens nothing


@dataclass
class SignedIn:
    """Whoever is signed in; tokens are `TOKEN` until it is told others."""

    tokens: list[str] = field(default_factory=list)
    asked: int = 0

    def token(self) -> str:
        self.asked += 1
        return self.tokens[0] if self.tokens else TOKEN

    def forget(self) -> None:
        self.tokens = self.tokens[1:]


class AzureScoring(Front):
    """Its deployments are `blue` and `green`. A piece of an answer has at most `piece_bytes`."""

    def __init__(self, engine_url: str, *, piece_bytes: int = 65536) -> None:
        super().__init__(engine_url)
        self.piece_bytes = piece_bytes
        self.secrets = {KEY, TOKEN}

    @property
    def url(self) -> str:
        return f"{self.base}/generate"  # the scoring route of the container

    def refusal(self, call: Call) -> Refusal | None:
        told = call.headers.get("authorization", "")
        if told.removeprefix("Bearer ") not in self.secrets or not told.startswith("Bearer "):
            return scoring_error(401, "Unauthorized", "key_auth_access_denied")
        if call.headers.get("azureml-model-deployment", "blue") not in {"blue", "green"}:
            return scoring_error(404, "NotFound", "no such deployment")
        return None

    def inner_path(self, call: Call) -> str:
        return call.path

    def refused_by_engine(self, status: int, body: bytes) -> Refusal:
        headers = {
            "ms-azureml-model-error-statuscode": str(status),
            "ms-azureml-model-error-reason": "model_error",
        }
        return Refusal(424, body, headers)

    def wrapped(self, call: Call, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            for start in range(0, len(chunk), self.piece_bytes):
                yield chunk[start : start + self.piece_bytes]


def scoring_error(status: int, code: str, message: str) -> Refusal:
    """A refusal of the platform itself."""
    return Refusal(status, json.dumps({"error": {"code": code, "message": message}}).encode())
