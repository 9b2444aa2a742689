"""A plan as JSON: the public interface's fields, and some more beside them."""

from typing import Any

from llamactl_catalog.placement import Memory, Placement, Plan
from llamactl_catalog.quota import quota
from llamactl_catalog.workload import Workload


def plan_record(plan: Plan, limit: int | None, *, accepted: bool | None) -> dict[str, Any]:
    """Return a plan as `plan --json` prints it.

    `accepted` tells whether the model's license is; None: that is not known.

    A `limit` holds for placements and rejections alike; `placements_total` and `rejected_total` say
    how many there are.
    """
    return {
        "model": plan.model.id,
        "prices_as_of": plan.prices_as_of.isoformat(),
        "objective": plan.objective,
        "workload": workload_record(plan.workload),
        "placements": [
            {**placement_record(each, rank, plan), "license_accepted": accepted}
            for rank, each in enumerate(plan.placements[:limit], start=1)
        ],
        "placements_total": len(plan.placements),
        "rejected_total": len(plan.rejected),
        "rejected": [
            {
                "cloud": each.cloud,
                "region": each.region,
                "instance_type": each.instance_type,
                "reason": each.reason,
            }
            for each in plan.rejected[:limit]
        ],
    }


def workload_record(workload: Workload) -> dict[str, Any]:
    """Give what was asked for."""
    return {
        "input_tokens": workload.input_tokens,
        "output_tokens": workload.output_tokens,
        "concurrency": workload.concurrency,
        "context_tokens": workload.context_tokens,
        "utilization": workload.utilization,
    }


def placement_record(each: Placement, rank: int, plan: Plan) -> dict[str, Any]:
    """Give one placement of a plan; `chosen` is the first one."""
    kind, price = each.offer.instance_type, each.offer.price
    needed = quota(kind, each.instances)
    return {
        "rank": rank,
        "chosen": rank == 1,
        "cloud": kind.cloud,
        "region": price.region,
        "instance_type": kind.name,
        "accelerator": kind.accelerator.name,
        "accelerator_id": kind.accelerator.id,
        "accelerators": kind.accelerators,
        "instances": each.instances,
        "replicas": each.replicas,
        "replicas_per_instance": each.replicas_per_instance,
        "engine": each.engine,
        "quantization": each.quantization,
        "num_shard": each.num_shard,
        "memory": _memory_record(each, plan),
        "ms_per_token": round(each.speed.ms_per_token, 3),
        "time_to_first_token_ms": round(each.speed.time_to_first_token_ms, 1),
        "time_to_first_token_at_once_ms": round(each.speed.time_to_first_token_at_once_ms, 1),
        "tokens_per_s": round(each.tokens_per_s, 2),
        "usd_per_hour": round(each.usd_per_hour, 6),
        "usd_per_month": round(each.usd_per_month, 2),
        "usd_per_million_tokens": round(each.usd_per_million_tokens, 4),
        "calibration": each.speed.calibration,
        "error_factor": round(each.speed.error_factor, 3),
        "is_slow": each.is_slow,
        "price_dated": price.dated.isoformat(),
        "price_basis": price.basis,
        "quota_name": needed.name,
        "quota_code": needed.code,
        "quota_needed": needed.needed,
        "quota_needed_to_update": needed.needed_to_update,
        "quota_unit": needed.unit,
        "warnings": list(each.warnings),
    }


def _memory_record(each: Placement, plan: Plan) -> dict[str, int]:
    memory: Memory = each.memory
    at_once = -(-plan.workload.concurrency // each.replicas)
    context = memory.max_kv_tokens // at_once
    return {
        "weights_bytes": memory.weights_bytes,
        "kv_cache_bytes": memory.kv_cache_bytes,
        "overhead_bytes": memory.overhead_bytes,
        "available_bytes": memory.available_bytes,
        "max_kv_tokens": memory.max_kv_tokens,
        "max_context_tokens": min(context, plan.model.architecture.context_tokens),
    }
