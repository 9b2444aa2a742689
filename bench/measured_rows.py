"""Rows of measured serving speed: read from any CSV of the columns of `bench/measured`, and asked.

A row names the engine, the GPU, the number of GPUs of one replica, the lengths and the users;
`concurrency` may be `saturated`: as many as the cache or the engine holds.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import exp, log
from pathlib import Path

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.engine_versions import numbers
from llamactl_catalog.engines import Engine
from llamactl_catalog.errors import LlamactlError
from llamactl_catalog.hardware import Accelerator
from llamactl_catalog.hardware_tables import load_accelerators
from llamactl_catalog.model import Architecture, Model
from llamactl_catalog.replica import Replica
from llamactl_catalog.speed.calibration import Calibration, load_calibration, load_calibrations
from llamactl_catalog.speed.estimates import Times, running, times
from llamactl_catalog.vllm_memory import VllmMemory
from llamactl_catalog.workload import Workload

MEASURED = Path(__file__).parent / "measured"
FILES = ("modern.csv", "dense-2025.csv", "tgi-1.0.3.csv", "tensorrt-llm-0.6.csv")
SATURATED = "saturated"
# As many users as no cache holds.
_ALL_USERS = 100_000
# Engines as rows spell them, and whose calibration answers for them.
_SPELLINGS = {"nim/tensorrt-llm": "tensorrt-llm", "nim": "tensorrt-llm", "trtllm": "tensorrt-llm"}
# The yardsticks' memory is vLLM's: 0.9 of the GPU, as TensorRT-LLM's and SGLang's own defaults.
_YARDSTICK_MEMORY = VllmMemory((0, 19, 1))


@dataclass(frozen=True, slots=True)
class Row:
    """One measured row; what it did not measure is None."""

    source: str
    engine: str
    version: str
    calibration: str
    replica: Replica
    workload: Workload
    saturated: bool
    streams: bool
    static_batch: bool
    tokens_per_s: float | None
    itl_ms: float | None
    ttft_ms: float | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that no estimate can be asked for, and why."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Ratio:
    """A row, and predicted over measured; None: not measured."""

    row: Row
    tokens_per_s: float | None
    itl_ms: float | None
    times: Times
    load: str


def read_rows(path: Path) -> tuple[list[Row], list[Skipped]]:
    """Read a file; rows are numbered from 1, the header not counted."""
    rows: list[Row] = []
    skipped: list[Skipped] = []
    with path.open(encoding="utf-8", newline="") as lines:
        for number, cells in enumerate(csv.DictReader(lines), start=1):
            read = _row(cells)
            if isinstance(read, str):
                skipped.append(Skipped(number, read))
            else:
                rows.append(read)
    return rows, skipped


def shipped_rows() -> list[Row]:
    """Every row of `bench/measured`."""
    found = []
    for name in FILES:
        rows, skipped = read_rows(MEASURED / name)
        if unexpected := [each for each in skipped if "replicas" not in each.reason]:
            raise SystemExit(f"{name}: {unexpected[0]}")
        found += rows
    return found


def ratio(row: Row, calibration: Calibration | None = None) -> Ratio:
    """Ask the estimate for what a row measured; `calibration` None: the shipped one."""
    if calibration is None:
        calibration = load_calibration(row.calibration, row.version)
    load = row.workload
    sequences = running(calibration, row.replica, load, max_kv_tokens(row))
    if row.saturated:
        load = replace(load, concurrency=max(1, round(sequences)))
    predicted = times(calibration, row.replica, load, sequences, streams=row.streams)
    return Ratio(
        row,
        None if row.tokens_per_s is None else predicted.tokens_per_s / row.tokens_per_s,
        None if row.itl_ms is None else predicted.ms_per_token / row.itl_ms,
        predicted,
        SATURATED if row.saturated else _load_group(row.workload.concurrency),
    )


@cache
def max_kv_tokens(row: Row) -> int:
    """What the row's replica has room for: by its engine's arithmetic, or by the yardsticks'."""
    alone = replace(row.workload, concurrency=1)
    if row.calibration in {"tgi", "vllm"} and row.engine in {"tgi", "vllm"}:
        return Engine(row.engine, row.version).arithmetic().memory(row.replica, alone).max_kv_tokens
    return _YARDSTICK_MEMORY.memory(row.replica, alone).max_kv_tokens


def factor(value: float) -> float:
    """How far off a ratio is, either way: at least 1."""
    return exp(abs(log(value)))


def _row(cells: Mapping[str, str]) -> Row | str:
    """Make a row, or say why it cannot be asked."""
    engine = cells["engine"].lower()
    family = _SPELLINGS.get(engine, engine)
    if family not in load_calibrations():
        return f"no calibration for the engine {engine}"
    accelerator = load_accelerators_once().get(cells["gpu"])
    if accelerator is None:
        return f"neither cloud has the GPU {cells['gpu']}"
    model = model_of(cells["model"])
    if model is None:
        return f"the shape of {cells['model']} is not on record"
    if "several replicas" in cells["note"] or "DP x TP" in cells["note"]:
        return "several replicas on one machine, how many is not stated"
    quantization = cells["quantization"] or "none"
    if quantization not in {"none", "fp8", "gptq", "awq", "eetq", "bitsandbytes-nf4"}:
        return f"no engine here has the quantization {quantization}"
    saturated = cells["concurrency"] == SATURATED
    # FP8 checkpoints of TensorRT-LLM come with an FP8 cache (ModelOpt); the rows of NIM fit 16 bit.
    eight_bit_cache = engine == "tensorrt-llm" and quantization == "fp8"
    workload = Workload(
        int(cells["input_tokens"]),
        int(cells["output_tokens"]),
        _ALL_USERS if saturated else int(float(cells["concurrency"])),
        int(cells["input_tokens"]) + int(cells["output_tokens"]),
    )
    return Row(
        source=cells["source"],
        engine=engine,
        version=_version(cells["engine_version"]),
        calibration=family,
        replica=Replica(
            model, quantization, accelerator, int(cells["gpus"]), 1 if eight_bit_cache else 2
        ),
        workload=workload,
        saturated=saturated,
        streams="offline" not in cells["note"],
        static_batch="static batch" in cells["note"],
        tokens_per_s=_number(cells["tokens_per_s"]),
        itl_ms=_number(cells["itl_ms"]),
        ttft_ms=_number(cells["ttft_ms"]),
    )


@cache
def load_accelerators_once() -> Mapping[str, Accelerator]:
    """The GPUs of the catalog."""
    return load_accelerators()


@cache
def model_of(name: str) -> Model | None:
    """A model of the catalog, or one whose shape alone is on record in `models.csv`."""
    catalog = load_catalog()
    try:
        return catalog.model(name)
    except LlamactlError:
        shape = _shapes().get(name)
    if shape is None:
        return None
    base = catalog.model("llama-3.1-8b-instruct")
    architecture = Architecture(
        kind="llama",
        rope_theta=None,
        tied_embeddings=shape["tied_embeddings"] == "true",
        **{
            each: int(shape[each])
            for each in (
                "layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "vocab",
                "context_tokens",
            )
        },
    )  # fmt: skip
    parameters = int(shape["parameters"])
    return replace(
        base, id=name, parameters=parameters, weights_bytes=2 * parameters,
        architecture=architecture,
    )  # fmt: skip


@cache
def _shapes() -> Mapping[str, Mapping[str, str]]:
    with (MEASURED / "models.csv").open(encoding="utf-8", newline="") as lines:
        return {each["model"]: each for each in csv.DictReader(lines)}


def _version(text: str) -> str:
    """The leading numbers of a version: 1.0.0rc3 is 1.0.0; one that is none is the newest."""
    digits: list[str] = []
    for part in text.removeprefix("v").split("."):
        head = "".join(_leading_digits(part))
        if not head:
            break
        digits.append(head)
        if head != part:
            break
    return ".".join(digits) or "9999"


def _leading_digits(text: str) -> Iterator[str]:
    for letter in text:
        if not letter.isdigit():
            return
        yield letter


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def _load_group(users: int) -> str:
    groups: Iterable[tuple[int, str]] = ((1, "1 user"), (8, "2-8"), (32, "9-32"), (128, "33-128"))
    return next((name for most, name in groups if users <= most), "129 and more")


__all__ = ["Ratio", "Row", "Skipped", "factor", "numbers", "ratio", "read_rows", "shipped_rows"]
