"""A plan for this machine, for a person and as JSON."""

from datetime import date
from typing import Any

from llamactl.plan_record import workload_record
from llamactl_catalog.limits import NO_LIMITS
from llamactl_catalog.own_machine import OwnMachine
from llamactl_catalog.units import format_bytes
from llamactl_catalog.workload import Workload

REGION = "local"
INSTANCE_TYPE = "this-machine"


def own_page(own: OwnMachine, workload: Workload) -> str:
    """Write what a model takes here, and how fast it is where that was measured."""
    memory = own.memory
    speed = "not known"
    if own.speed is not None:
        speed = (
            f"about {own.speed.tokens_per_s:.0f} tokens/s, {own.speed.ms_per_token:.0f} ms per "
            f"token"
        )
    stored = "16 bit" if own.quantization == "none" else own.quantization
    parts = (
        f"{format_bytes(memory.weights_bytes)} of weights ({stored}), "
        f"{format_bytes(memory.kv_cache_bytes)} of cache, "
        f"{format_bytes(memory.overhead_bytes)} for the engine"
    )
    rows = [
        ("model", own.model.id),
        ("where", "this machine, llama.cpp on its processor, $0 an hour"),
        ("load", f"{workload.concurrency} at once, context {workload.context_tokens} for each"),
        ("memory", parts),
        ("free", format_bytes(memory.available_bytes)),
        ("speed", speed),
        *(() if own.speed is None else (("", own.speed.calibration),)),
        *(("note", text) for text in own.warnings),
    ]
    return "\n".join(f"{label:<8}{value}" for label, value in rows)


def own_record(
    own: OwnMachine,
    workload: Workload,
    today: date,
    shortage: str | None,
    *,
    accepted: bool | None,
) -> dict[str, Any]:
    """Give the plan as `plan --json` does for rented GPUs; what is not known is null."""
    rejection = {
        "cloud": REGION,
        "region": REGION,
        "instance_type": INSTANCE_TYPE,
        "reason": shortage,
    }
    placed = {**_placement(own, workload), "license_accepted": accepted}
    return {
        "model": own.model.id,
        "prices_as_of": today.isoformat(),
        "objective": "cost",
        "workload": workload_record(workload),
        "placements": [placed] if shortage is None else [],
        "rejected": [rejection] if shortage is not None else [],
    }


def _placement(own: OwnMachine, workload: Workload) -> dict[str, Any]:
    memory, speed = own.memory, own.speed
    return {
        "rank": 1,
        "chosen": True,
        "cloud": REGION,
        "region": REGION,
        "instance_type": INSTANCE_TYPE,
        "accelerator": None,
        "accelerator_id": None,
        "accelerators": 0,
        "instances": 1,
        "replicas": 1,
        "replicas_per_instance": 1,
        "engine": "llama.cpp",
        "quantization": own.quantization,
        "num_shard": 1,
        "memory": {
            "weights_bytes": memory.weights_bytes,
            "kv_cache_bytes": memory.kv_cache_bytes,
            "overhead_bytes": memory.overhead_bytes,
            "available_bytes": memory.available_bytes,
            "max_kv_tokens": memory.max_kv_tokens,
            "max_context_tokens": min(
                memory.max_kv_tokens // workload.concurrency,
                own.model.architecture.context_tokens,
            ),
        },
        "ms_per_token": None if speed is None else round(speed.ms_per_token, 3),
        "time_to_first_token_ms": None if speed is None else round(speed.time_to_first_token_ms, 1),
        "time_to_first_token_at_once_ms": None
        if speed is None
        else round(speed.time_to_first_token_at_once_ms, 1),
        "tokens_per_s": None if speed is None else speed.tokens_per_s,
        "usd_per_hour": 0.0,
        "usd_per_month": 0.0,
        "usd_per_million_tokens": 0.0,
        "calibration": None if speed is None else speed.calibration,
        "error_factor": None if speed is None else round(speed.error_factor, 3),
        "is_slow": speed is not None and NO_LIMITS.is_slow(speed),
        "price_dated": None,
        "price_basis": None,
        "quota_name": None,
        "quota_code": None,
        "quota_needed": 0,
        "quota_needed_to_update": 0,
        "quota_unit": None,
        "warnings": list(own.warnings),
    }
