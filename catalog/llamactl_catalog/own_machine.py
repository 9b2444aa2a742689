"""A model on a machine of one's own: the memory it takes there, and its speed where measured."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from llamactl_catalog.memory import kv_bytes_per_token
from llamactl_catalog.model import Model, WheelSource
from llamactl_catalog.placement import Memory, Speed
from llamactl_catalog.units import format_bytes
from llamactl_catalog.workload import Workload

_TABLE = Path(__file__).parent / "tables" / "own_machine.toml"
_S = 1000


# How far a machine of one's own may be from the one that was measured is not known. Assumed.
_UNKNOWN_MACHINE = 2.0


@dataclass(frozen=True, slots=True)
class OwnMachine:
    """A model served by llama.cpp here; `speed` None: nothing like it was measured.

    `quantization` is the file's, like q4_1; "none" is 16 bit, where no file is known.
    """

    model: Model
    quantization: str
    memory: Memory
    speed: Speed | None
    warnings: tuple[str, ...]


def own_machine(
    model: Model, workload: Workload, available_bytes: int, overhead_bytes: int
) -> OwnMachine:
    """Size a model for this machine.

    The weights are the file that llamactl fetches, or else 16 bit: a file of one's own may be
    smaller. The cache is 16 bit, for all requests at once. `overhead_bytes` is llama.cpp's own.
    """
    files = [each for each in model.sources if isinstance(each, WheelSource)]
    weights_bytes = files[0].size_bytes if files else model.weights_bytes
    per_token = kv_bytes_per_token(model)
    cache_bytes = per_token * workload.context_tokens * workload.concurrency
    room = max(0, available_bytes - weights_bytes - overhead_bytes)
    memory = Memory(weights_bytes, cache_bytes, overhead_bytes, available_bytes, room // per_token)
    return OwnMachine(
        model,
        _quantization(files[0].member) if files else "none",
        memory,
        _speed(model, workload),
        tuple(_warnings(model, bool(files))),
    )


def own_shortage(own: OwnMachine) -> str | None:
    """Say what this machine is short of, in words with numbers; None: the model fits."""
    memory = own.memory
    needed_bytes = memory.weights_bytes + memory.kv_cache_bytes + memory.overhead_bytes
    if needed_bytes <= memory.available_bytes:
        return None
    return f"needs {format_bytes(needed_bytes)}, has {format_bytes(memory.available_bytes)} free"


def _quantization(file_name: str) -> str:
    """Read how weights are stored off the name, `Model.Q4_1.gguf`, as llama.cpp writes it.

    Source: ggml-org/ggml, docs/gguf.md, "GGUF Naming Convention": the encoding is the last part.
    """
    return re.split(r"[.-]", file_name.removesuffix(".gguf"))[-1].lower()


def _speed(model: Model, workload: Workload) -> Speed | None:
    row = _measured().get(model.id)
    if row is None:
        return None
    rates = {int(count): float(rate) for count, rate in row["tokens_per_s"].items()}
    measured_at = max(count for count in rates if count <= workload.concurrency)
    tokens_per_s = rates[measured_at]
    prompts = workload.concurrency * workload.input_tokens
    return Speed(
        time_to_first_token_ms=_S * workload.input_tokens / row["prompt_tokens_per_s"],
        time_to_first_token_at_once_ms=_S * prompts / row["prompt_tokens_per_s"],
        ms_per_token=_S * workload.concurrency / tokens_per_s,
        tokens_per_s=tokens_per_s,
        calibration=f"measured on {row['machine']}, {row['checked_on']}",
        error_factor=_UNKNOWN_MACHINE,
    )


def _warnings(model: Model, has_file: bool) -> list[str]:
    found = []
    if model.id in _measured():
        found.append("another machine: the speed was measured elsewhere; yours will differ")
    else:
        found.append("no speed: nothing was measured for this model on a machine like this")
    if not has_file:
        found.append("own file: llamactl fetches no GGUF file of it; name yours with --gguf")
    if model.guardrails == "none":
        found.append("no guardrails: nothing in this model refuses harmful requests")
    return found


@cache
def _measured() -> dict[str, dict[str, Any]]:
    rows = tomllib.loads(_TABLE.read_text("utf-8"))["measured"]
    return {row["model"]: row for row in rows}
