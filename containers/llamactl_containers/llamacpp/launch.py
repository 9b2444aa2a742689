"""What an engine process is told when it starts. Standard library and catalog values only."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.model import PromptFormatName

INSTANCE_HEADER = "x-llamactl-instance"
FAILED_EXIT_CODE = 3

# How often a thread looks for the others before it sleeps: GNU OpenMP's GOMP_SPINCOUNT, whose
# default is 300,000; passive waiting is 0. Four answers at once, on a quiet machine and beside one
# and two busy processes, in tokens/s: 144, 59, 36; with the default 124, 27, 2; passive 85, 67, 54.
# Source: bench/local_serving.py --neighbors, SmolLM2 135M on 2 cores, 2026-11-22.
SPIN_COUNT = "1000"

FailedReason = Literal[
    "port-taken",
    "port-forbidden",
    "model-unreadable",
    "out-of-memory",
    "package-missing",
    "internal",
]


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """One engine process. `context_tokens` is shared by the `parallel` requests that run at once.

    `port` 0 takes a free one; the "listening" event tells which. `prompt_format` None is a base
    model: it completes text and has no chat. `drain_s` is how long running answers may go on once
    the process is told to leave.
    """

    instance_id: str
    model_id: str
    model_path: str
    prompt_format: PromptFormatName | None
    threads: int
    threads_batch: int
    host: str = "127.0.0.1"
    port: int = 0
    context_tokens: int = 4096
    parallel: int = 4
    api_key: str | None = field(default=None, repr=False)
    max_concurrent_requests: int = 128  # TGI's MAX_CONCURRENT_REQUESTS
    max_body_bytes: int = 2_000_000  # TGI's PAYLOAD_LIMIT
    drain_s: float = 5.0

    def to_json(self) -> str:
        """Give the launch file's text. It holds the API key: write it with mode 0600."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "LaunchSettings":
        """Read what `to_json` wrote.

        Raises:
            InvalidFile: with every missing and every unknown setting.
        """
        values = _object(text)
        known = {each.name for each in fields(cls)}
        needed = {each.name for each in fields(cls)[: list(cls.__slots__).index("host")]}
        problems = [f"{name}: no such setting" for name in sorted(values.keys() - known)]
        problems += [f"{name}: is missing" for name in sorted(needed - values.keys())]
        if problems:
            raise InvalidFile("launch file", problems, hint="llamactl deploy writes a valid one")
        return cls(**values)  # type: ignore[arg-type]  # written by to_json, keys checked above


def default_threads(cores: int) -> tuple[int, int]:
    """Choose threads for one answer's tokens, and for prompts and several answers at once.

    One core is left free for the rest of the machine while a single answer is written: llama.cpp's
    threads wait for each other at barriers, and with every core taken one other busy process costs
    two thirds of the speed (83 to 28 tokens/s), with one core free nothing (61 to 62). Batches use
    all cores. Source: as for SPIN_COUNT.
    """
    return max(1, cores - 1), max(1, cores)


def _object(text: str) -> dict[str, object]:
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidFile("launch file", [f"not JSON: {error}"]) from error
    if not isinstance(values, dict):
        raise InvalidFile("launch file", ["not a JSON object"])
    return values
