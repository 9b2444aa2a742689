"""What a user should know before taking a placement; each text begins with its kind and a colon."""

from collections.abc import Iterator
from datetime import date

from llamactl_catalog.candidates import Candidate
from llamactl_catalog.clouds import Cloud
from llamactl_catalog.hardware import Price
from llamactl_catalog.limits import READING_MS_PER_TOKEN
from llamactl_catalog.model import Model
from llamactl_catalog.placement import whole_answer_s
from llamactl_catalog.units import tokens_of
from llamactl_catalog.workload import Workload

MAX_PRICE_AGE_DAYS = 180
NO_GUARDRAILS = "no guardrails: nothing in this model refuses harmful requests; add your own checks"
EXTRAPOLATED = "extrapolated speed"
# What a calibration says of itself where it has not seen the like (speed/reliability.py).
_UNMEASURED = "not measured"


def kind(caution: str) -> str:
    """Give the kind of a caution: what stands before its colon."""
    return caution.partition(":")[0]


def model_cautions(model: Model, cloud: Cloud | None, today: date | None) -> Iterator[str]:
    """Say what holds wherever on a cloud the model runs; `today` None: no date is looked at."""
    if model.guardrails == "none":
        yield NO_GUARDRAILS
    for source in model.sources:
        # Only a cloud's own registry retires its copies.
        retired = getattr(source, "retired_on", None)
        is_here = cloud is not None and source.kind == cloud.registry
        if is_here and today is not None and retired is not None and retired <= today:
            name = cloud.service if cloud is not None else ""
            yield (
                f"retired asset: {name} retired its own copy of this model on {retired}; "
                "the weights come from elsewhere"
            )


def speed_cautions(candidate: Candidate, workload: Workload, cloud: Cloud | None) -> Iterator[str]:
    """Say where the speed is uncertain, and where a cloud would cut an answer off."""
    speed = candidate.speed
    if candidate.is_slow:
        yield (
            f"slow: {speed.ms_per_token:.0f} ms per token; people read one in "
            f"{READING_MS_PER_TOKEN:.0f} ms"
        )
    if cloud is not None:
        answer_s = whole_answer_s(speed, workload.output_tokens)
        yield from _limit_cautions(answer_s, speed.error_factor, workload, cloud)
    if _UNMEASURED in speed.calibration:
        factor = f"typically within a factor of {speed.error_factor:.1f}"
        yield f"{EXTRAPOLATED}: {speed.calibration}; {factor}"


def price_cautions(price: Price, today: date | None, max_age_days: int) -> Iterator[str]:
    """Say where a price is old, or computed and not published."""
    if price.basis == "derived":
        yield f"derived price: computed from another price of {price.dated}, not published"
    if today is not None and (age_days := (today - price.dated).days) > max_age_days:
        yield f"old price: of {price.dated}, {age_days} days ago; the limit is {max_age_days}"


def _limit_cautions(
    answer_s: float, error_factor: float, workload: Workload, cloud: Cloud
) -> Iterator[str]:
    """Say what a cloud cuts off by the estimate, and what it may within its error."""
    answer = f"an answer of {tokens_of(workload.output_tokens)} takes {answer_s:.0f} s"
    limit_s, stream_s = cloud.request_limit_s, cloud.stream_limit_s
    slow_s = answer_s * error_factor
    perhaps = f"{answer}, perhaps {slow_s:.0f} s"
    whole = f"{cloud.service} ends one not streamed after {limit_s:.0f} s"
    streamed = f"{cloud.service} ends it after {stream_s:.0f} s even streamed"
    if answer_s > stream_s:
        yield f"cut off: {answer}, {streamed}"
        return
    if slow_s > stream_s:
        yield f"may be cut off: {perhaps}, {streamed}"
    if answer_s > limit_s:
        yield f"stream only: {answer}, {whole}"
    elif limit_s < slow_s <= stream_s:
        yield f"near a limit: {perhaps}, {whole}; stream to be safe"
