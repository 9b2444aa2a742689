"""What one request took: for its line in the log, and for the headers that TGI sends."""

import time
from dataclasses import dataclass, field

# TGI's own is "gpu+optimized" where nobody sets COMPUTE_TYPE.
COMPUTE_TYPE = b"cpu"


@dataclass(slots=True)
class Tally:
    """One request, while it is answered. `status` 0: nothing was sent, for the caller had gone.

    Times are sums over the answers of the request, in s; `failure` is the kind of a refusal.
    """

    asked_at: float = field(default_factory=time.monotonic)
    status: int = 0
    failure: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    queued_s: float = 0.0
    inference_s: float = 0.0
    is_whole: bool = False

    def count(self, prompt_tokens: int, completion_tokens: int) -> None:
        """Take in the tokens of all answers, once they are there."""
        self.prompt_tokens = prompt_tokens
        self.completion_tokens = completion_tokens

    def line(self, path: str) -> str:
        """Say in one line what became of the request; nothing that the caller wrote is in it."""
        taken = f"{(time.monotonic() - self.asked_at) * 1000:.0f} ms"
        if not self.is_whole:
            return f"{path} left by its caller after {taken}"
        words = [path, str(self.status), *([self.failure] if self.failure else []), "in", taken]
        if self.completion_tokens:
            words.append(f"for {self.prompt_tokens} + {self.completion_tokens} tokens")
        return " ".join(words)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Give the times in ms and the counts, as TGI 3.3.7 sends them (router/src/server.rs)."""
        total_s = time.monotonic() - self.asked_at
        validation_s = max(0.0, total_s - self.queued_s - self.inference_s)
        numbers = {
            b"x-total-time": total_s * 1000,
            b"x-validation-time": validation_s * 1000,
            b"x-queue-time": self.queued_s * 1000,
            b"x-inference-time": self.inference_s * 1000,
            b"x-time-per-token": self.inference_s * 1000 / max(1, self.completion_tokens),
            b"x-prompt-tokens": self.prompt_tokens,
            b"x-generated-tokens": self.completion_tokens,
        }
        return [(b"x-compute-type", COMPUTE_TYPE)] + [
            (name, b"%d" % value) for name, value in numbers.items()
        ]
