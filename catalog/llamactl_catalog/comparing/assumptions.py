"""What the figures of a comparison rest on, in whole sentences with dates."""

from collections.abc import Iterator, Sequence
from datetime import date

from llamactl_catalog.clouds import Cloud
from llamactl_catalog.comparing.comparison import (
    ApiPrice,
    AtLoad,
    Comparison,
    Load,
    ModelComparison,
)
from llamactl_catalog.costs import HOURS_PER_MONTH
from llamactl_catalog.limits import NO_LIMITS, Limits
from llamactl_catalog.model import Hosting, Model

_HOSTING: dict[Hosting, str] = {
    "allowed": "Serving it to others is allowed.",
    "separate-license": "Serving it to others needs a separate license.",
    "forbidden": "Serving it to others is forbidden.",
}


def license_terms(model: Model) -> tuple[str, ...]:
    """Say what a business must know of the license of a model."""
    terms = model.license
    since = "" if terms.effective_on is None else f", of {terms.effective_on.isoformat()}"
    gated = "Its files are given only to those whom its owner granted access."
    return (
        f"{terms.name}{since}.",
        "A business may use it." if terms.commercial_use else "It is NOT for commercial use.",
        _HOSTING[terms.hosting],
        "It must be accepted before the model is deployed."
        if terms.acceptance_required
        else "It needs no acceptance.",
        *((gated,) if model.gated else ()),
        *terms.notes,
        *(each.otherwise for each in terms.conditions if each.is_asked_for(model.id)),
        *(each.text for each in terms.duties),
    )


def residency(clouds: Sequence[Cloud]) -> tuple[str, ...]:
    """Say what each cloud says of where data are, with the source."""
    return tuple(
        f"{each.name}: {each.residency.strip()} (Source: {each.residency_source}.)"
        for each in clouds
    )


def assumptions(
    comparison: Comparison, scope: Sequence[str], max_price_age_days: int
) -> tuple[str, ...]:
    """Say what the figures of a comparison rest on; `scope` says what alone was compared."""
    return (
        *scope,
        *_of_load(comparison.load, comparison.limits),
        *_of_prices(comparison, max_price_age_days),
        *_of_speed(comparison.models),
        *_of_fleets(comparison.clouds),
        f"Made on {comparison.made_on.isoformat()} by llamactl {comparison.version}.",
    )


def _of_load(load: Load, limits: Limits) -> Iterator[str]:
    yield (
        f"The load is {load.requests_per_s:.4g} requests per second on average, each with "
        f"{load.input_tokens} tokens of prompt and {load.output_tokens} of answer. There are "
        f"instances for {load.peak:g} times the average, {_up(load)}: none is added or taken away "
        "with the load."
    )
    yield (
        "The cheapest way is taken, whatever its speed at the busiest time; a limit of speed would "
        "ask for a faster one."
        if limits == NO_LIMITS
        else "The cheapest way that keeps to the limits of speed and money is taken."
    )
    yield (
        "A request waits for nothing but the replica that it comes to: requests that come at "
        "once, or spread unevenly over replicas, take longer than said here."
    )


def _up(load: Load) -> str:
    if load.hours_per_month == HOURS_PER_MONTH:
        return "all month"
    return f"{load.hours_per_month:g} hours a month (a schedule starts and ends them)"


def _of_prices(comparison: Comparison, max_price_age_days: int) -> Iterator[str]:
    oldest, newest = comparison.oldest_price, comparison.newest_price
    dates = f"{oldest}" if oldest == newest else f"{oldest} to {newest}"
    without = "Commitments" if comparison.discounts else "Discounts, commitments"
    yield (
        f"Prices are on-demand prices in US dollars of {dates}; a month has {HOURS_PER_MONTH} "
        f"hours. {without}, taxes, storage, network, logs and people are not in them."
    )
    for cloud, share in comparison.discounts:
        yield (
            f"{share:.4g} % is taken off every price of {cloud}, as whoever made this comparison "
            "said: it was not checked."
        )
    placed = _placed(comparison.models)
    if any(each.placement.offer.price.basis == "derived" for each in placed):
        yield "A price that is marked as derived was computed from another one, and not published."
    age_days = (comparison.made_on - oldest).days
    if age_days > max_price_age_days:
        yield (
            f"The oldest of these prices is {age_days} days old, over the limit of "
            f"{max_price_age_days}; `llamactl catalog refresh` fetches new ones."
        )
    yield from _of_token_prices(comparison.apis)


def _of_token_prices(apis: Sequence[ApiPrice]) -> Iterator[str]:
    given = [each for each in apis if each.source is None]
    if given:
        names = ", ".join(f"{each.name} {_token_price(each)}" for each in given)
        yield (
            f"The prices of APIs are those given by whoever made this comparison, in $ per "
            f"million tokens: {names}. They were not checked, and the models behind them may "
            "answer better or worse."
        )
    for each in apis:
        if each.source is not None:
            yield (
                f"{each.name} sells {each.model} per token: {_token_price(each)} per million, "
                f"price of {each.dated}. (Source: {each.source}.)"
            )


def _token_price(each: ApiPrice) -> str:
    return (
        f"${each.usd_per_million_input_tokens:g} in and ${each.usd_per_million_output_tokens:g} out"
    )


def _of_speed(models: Sequence[ModelComparison]) -> Iterator[str]:
    yield "Speeds are estimates, and instances are counted by them: measure before you commit."
    for each in _placed(models):
        speed, kind = each.placement.speed, each.placement.offer.instance_type
        yield (
            f"The speed of {each.placement.model.id} on {kind.name} is typically right within a "
            f"factor of {speed.error_factor:.1f}. Calibration: {speed.calibration}."
        )


def _of_fleets(clouds: Sequence[Cloud]) -> Iterator[str]:
    for each in clouds:
        if each.max_instances is not None:
            yield (
                f"{each.service} takes at most {each.max_instances} instances in a deployment: a "
                "load for more of them takes larger ones, or is not carried."
            )
    several = [each.service for each in clouds if each.update_fleets > 1]
    if several:
        yield (
            f"An update of an endpoint on {' or '.join(several)} runs a second fleet beside the "
            "first until the traffic has moved: it takes the larger quota that is named here."
        )


def _placed(models: Sequence[ModelComparison]) -> list[AtLoad]:
    every = [each.at_load for model in models for each in model.sides]
    return [each for each in every if each is not None]


def price_dates(models: Sequence[ModelComparison], today: date) -> tuple[date, date]:
    """Give the dates of the oldest and the youngest price that a comparison shows."""
    dates = [each.dated for model in models for side in model.sides for each in side.regions] or [
        today
    ]
    return min(dates), max(dates)
