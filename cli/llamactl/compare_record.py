"""A comparison as JSON."""

from typing import Any

from llamactl_catalog.comparing.comparison import (
    AtLoad,
    BreakEven,
    Comparison,
    Load,
    ModelComparison,
    Side,
)


def compare_record(found: Comparison) -> dict[str, Any]:
    """Give a comparison as `compare --json` prints it."""
    return {
        "load": _load(found.load),
        "prices_as_of": found.oldest_price.isoformat(),
        "newest_price": found.newest_price.isoformat(),
        "made_on": found.made_on.isoformat(),
        "version": found.version,
        "discounts": dict(found.discounts),
        "apis": [
            {
                "name": each.name,
                "model": each.model,
                "usd_per_million_input_tokens": each.usd_per_million_input_tokens,
                "usd_per_million_output_tokens": each.usd_per_million_output_tokens,
                "usd_per_month": round(each.usd_per_month(found.load), 2),
                "dated": None if each.dated is None else each.dated.isoformat(),
                "source": each.source,
            }
            for each in found.apis
        ],
        "models": [_model(each) for each in found.models],
        "residency": list(found.residency),
        "assumptions": list(found.assumptions),
    }


def _load(load: Load) -> dict[str, Any]:
    return {
        "monthly_tokens": load.monthly_tokens,
        "requests_per_s": load.requests_per_s,
        "peak": load.peak,
        "hours_per_month": load.hours_per_month,
        "input_tokens": load.input_tokens,
        "output_tokens": load.output_tokens,
    }


def _model(each: ModelComparison) -> dict[str, Any]:
    cheapest = each.cheapest
    return {
        "model": each.model.id,
        "context_tokens": each.context_tokens,
        "license": each.model.license.id,
        "commercial_use": each.model.license.commercial_use,
        "terms": list(each.terms),
        "cheapest": None if cheapest is None else cheapest.cloud.id,
        "sides": [_side(side) for side in each.sides],
    }


def _side(side: Side) -> dict[str, Any]:
    quota = side.quota
    return {
        "cloud": side.cloud.id,
        "service": side.cloud.service,
        "reason": side.reason,
        "placement": None if side.at_load is None else _placement(side.at_load),
        "quota": None
        if quota is None
        else {
            "name": quota.name,
            "code": quota.code,
            "unit": quota.unit,
            "needed": quota.needed,
            "needed_to_update": quota.needed_to_update,
        },
        "geographies": list(side.geographies),
        "regions": [
            {
                "region": each.region.name,
                "place": each.region.place,
                "country": each.region.country,
                "geography": each.region.geography,
                "in_eu": each.region.in_eu,
                "usd_per_hour": round(each.usd_per_hour, 6),
                "usd_per_month": round(each.usd_per_month, 2),
                "price_dated": each.dated.isoformat(),
                "price_basis": each.basis,
            }
            for each in side.regions
        ],
        "growth": [
            {
                "monthly_tokens": each.monthly_tokens,
                "usd_per_month": round(each.usd_per_month, 2),
                "usd_per_million_tokens": round(each.usd_per_million_tokens, 6),
                "instances": each.instances,
                "instance_type": each.instance_type,
            }
            for each in side.growth
        ],
        "break_evens": [_break_even(each) for each in side.break_evens],
    }


def _placement(at: AtLoad) -> dict[str, Any]:
    placed = at.placement
    kind, price = placed.offer.instance_type, placed.offer.price
    return {
        "region": price.region,
        "instance_type": kind.name,
        "accelerator": kind.accelerator.name,
        "accelerators": kind.accelerators,
        "instances": placed.instances,
        "replicas": placed.replicas,
        "replicas_per_instance": placed.replicas_per_instance,
        "engine": placed.engine,
        "quantization": placed.quantization,
        "num_shard": placed.num_shard,
        "in_flight": at.in_flight,
        "time_to_first_token_ms": round(placed.speed.time_to_first_token_ms, 1),
        "time_to_first_token_at_once_ms": round(placed.speed.time_to_first_token_at_once_ms, 1),
        "ms_per_token": round(placed.speed.ms_per_token, 3),
        "answer_s": round(at.answer_s, 2),
        "calibration": placed.speed.calibration,
        "error_factor": round(placed.speed.error_factor, 3),
        "usd_per_hour": round(placed.usd_per_hour, 6),
        "usd_per_month": round(at.usd_per_month, 2),
        "usd_per_million_tokens": round(at.usd_per_million_tokens, 6),
        "usd_per_million_output_tokens": round(at.usd_per_million_output_tokens, 6),
        "full_monthly_tokens": round(at.full_monthly_tokens),
        "slow_usd_per_month": None
        if at.slow_usd_per_month is None
        else round(at.slow_usd_per_month, 2),
        "price_dated": price.dated.isoformat(),
        "price_basis": price.basis,
        "warnings": list(placed.warnings),
    }


def _break_even(each: BreakEven) -> dict[str, Any]:
    return {
        "api": each.api.name,
        "earliest_monthly_tokens": _rounded(each.earliest_monthly_tokens),
        "latest_monthly_tokens": _rounded(each.latest_monthly_tokens),
        "first_monthly_tokens": _rounded(each.first_monthly_tokens),
        "lasting_monthly_tokens": _rounded(each.lasting_monthly_tokens),
        "until_monthly_tokens": _rounded(each.until_monthly_tokens),
        "cost_over_api_at_load": round(each.at_load, 6),
        "cost_over_api_at_full": round(each.at_full, 6),
    }


def _rounded(tokens: float | None) -> int | None:
    return None if tokens is None else round(tokens)
