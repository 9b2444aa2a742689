"""What would fit where nothing does: other limits, bits, context, requests at once, GPUs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import get_args

from llamactl_catalog.engines import Engine
from llamactl_catalog.hardware import Offer
from llamactl_catalog.limits import Limits
from llamactl_catalog.placement import Layout, Placement, Plan, Quantization
from llamactl_catalog.planning import plan
from llamactl_catalog.units import format_rate
from llamactl_catalog.workload import Workload

_LEAST_CONTEXT = 256


def remedies(  # noqa: PLR0913, PLR0917 - what was asked
    failed: Plan,
    selected: Sequence[Offer],
    wider: Sequence[Offer],
    limits: Limits,
    quantizations: Sequence[Quantization],
    engine: Engine,
    layout: Layout,
) -> Iterator[str]:
    """Say what alone would make the failed plan work, each with the cheapest placement it gives.

    `wider` are the offers with any GPU and instance type where `selected` were asked for.
    """

    def best(
        offers: Sequence[Offer],
        workload: Workload = failed.workload,
        within: Limits = limits,
        stored: Sequence[Quantization] = quantizations,
    ) -> Placement | None:
        found = plan(
            failed.model,
            offers,
            workload,
            limits=within,
            quantizations=stored,
            engine=engine,
            layout=layout,
        ).placements
        return found[0] if found else None

    richer = best(selected, within=replace(limits, max_usd_per_hour=None))
    if limits.max_usd_per_hour is not None and richer is not None:
        yield f"a budget of ${richer.usd_per_hour:.5g} an hour: {_said(richer)}"
    slower = best(selected, within=Limits(max_usd_per_hour=limits.max_usd_per_hour))
    if slower is not None:
        speed = f"{slower.speed.ms_per_token:.1f} ms per token"
        first = f"{slower.speed.time_to_first_token_ms:.0f} ms to the first"
        figures = f"{speed}, {first}, {format_rate(slower.tokens_per_s)} tokens/s"
        yield f"looser limits of speed: {figures}, {_said(slower)}"
    others = [each for each in get_args(Quantization) if each not in quantizations]
    smaller = best(selected, stored=others)
    if smaller is not None:
        yield f"--quantize {smaller.quantization}: {_said(smaller)}"
    if richer is None and slower is None:  # it is for memory or instances that nothing fits
        for loads in (_shorter(failed.workload), _calmer(failed.workload)):
            placed = ((load, best(selected, load)) for load in loads)
            for load, placement in placed:
                if placement is not None:
                    yield f"{_options(load, failed.workload)}: {_said(placement)}"
                    break
    elsewhere = best(wider)
    if elsewhere is not None:
        yield f"another GPU: {_said(elsewhere)}"


def _shorter(workload: Workload) -> Iterator[Workload]:
    """Halve the context, and prompt and answer where they no longer fit."""
    context = workload.context_tokens // 2
    while context >= _LEAST_CONTEXT:
        asked = workload.input_tokens + workload.output_tokens
        share = min(1.0, context / asked)
        yield replace(
            workload,
            context_tokens=context,
            input_tokens=max(1, int(workload.input_tokens * share)),
            output_tokens=max(1, int(workload.output_tokens * share)),
        )
        context //= 2


def _calmer(workload: Workload) -> Iterator[Workload]:
    """Halve the requests at once."""
    concurrency = workload.concurrency // 2
    while concurrency:
        yield replace(workload, concurrency=concurrency)
        concurrency //= 2


def _options(workload: Workload, asked: Workload) -> str:
    if workload.concurrency != asked.concurrency:
        return f"--concurrency {workload.concurrency}"
    context = f"--context {workload.context_tokens}"
    if workload.input_tokens == asked.input_tokens:
        return context
    tokens = f"--input-tokens {workload.input_tokens} --output-tokens {workload.output_tokens}"
    return f"{context} {tokens}"


def _said(each: Placement) -> str:
    kind = each.offer.instance_type
    count = f"{each.instances} x " if each.instances > 1 else ""
    gpus = f"{kind.accelerators} {kind.accelerator.id}"
    where = f"{count}{kind.name} ({gpus}) in {each.offer.price.region}"
    return f"{where}, ${each.usd_per_hour:.5g} an hour"
