"""At which load one's own endpoint costs no more than a price per token."""

from collections.abc import Sequence
from math import ceil, inf

from llamactl_catalog.comparing.comparison import ApiPrice, BreakEven, Load
from llamactl_catalog.comparing.growth import Stair, cheapest

_MILLION = 1e6


def break_even(stairs: Sequence[Stair], api: ApiPrice, load: Load) -> BreakEven | None:
    """Compare the cheapest way at each load with an API; None: nothing carries the load."""
    own = cheapest(stairs, load.monthly_tokens)
    if own is None:
        return None
    per_million = api.usd_per_million_tokens(load)
    price = per_million / _MILLION
    of_full = min(each.usd_per_month / each.monthly_tokens for each in stairs)
    last = last_load(stairs, price)
    fast = [each.at_speed(each.error_factor) for each in stairs]
    slow = [each.at_speed(1 / each.error_factor) for each in stairs]
    return BreakEven(
        api=api,
        first_monthly_tokens=first_load(stairs, price),
        earliest_monthly_tokens=first_load(fast, price),
        latest_monthly_tokens=lasting_load(slow, price),
        lasting_monthly_tokens=lasting_load(stairs, price),
        until_monthly_tokens=None if last == inf else last,
        is_all_carried=last == max(each.most * each.monthly_tokens for each in stairs),
        at_load=own.usd_per_million_tokens / per_million,
        at_full=of_full / price,
    )


def first_load(stairs: Sequence[Stair], usd_per_token: float) -> float | None:
    """Give the smallest load that costs no more than at a price per token.

    One replica costs P and carries C. It costs as much as the tokens at P / price, and that is a
    load that it carries where P / C is not above the price. Where it is, no number of instances
    helps: k of them cost k * P and carry k * C.
    """
    able = (
        each.usd_per_month / usd_per_token
        for each in stairs
        if each.usd_per_month <= each.monthly_tokens * usd_per_token
    )
    return min(able, default=None)


def lasting_load(stairs: Sequence[Stair], usd_per_token: float) -> float | None:
    """Give the load from which on it never costs more than at a price per token, up to the last."""
    load = _safe_load(stairs, usd_per_token)
    if load is None:
        return None
    while (below := _cheaper_down_to(stairs, usd_per_token, load)) < load:
        load = below
    return load


def last_load(stairs: Sequence[Stair], usd_per_token: float) -> float | None:
    """Give the largest load that costs no more than at a price per token; infinite: whatever it is.

    Replicas whose tokens are worth more than they cost are worth it when all of them are full, and
    no number of the others is: they carry k * C, at most, for k * P.
    """
    ends = (
        each.most * each.monthly_tokens
        for each in stairs
        if each.usd_per_month <= each.monthly_tokens * usd_per_token
    )
    return max(ends, default=None)


def _safe_load(stairs: Sequence[Stair], usd_per_token: float) -> float | None:
    """Give a load from which on, up to the last, none costs more than its tokens.

    Of one stair, the k-th replica costs more than its tokens at first, where k * P is more than
    (k - 1) * C * price. That ends with the largest k below 1 / (1 - r), with r = P / (C * price).
    """
    last = last_load(stairs, usd_per_token)
    if last is None or last < inf:
        return last
    shares = [(each, each.usd_per_month / each.monthly_tokens / usd_per_token) for each in stairs]
    loads = [
        max(1, ceil(1 / (1 - share)) - 1) * each.usd_per_month / usd_per_token
        for each, share in shares
        if share < 1 and each.most == inf
    ]
    return min(loads, default=None)


def _cheaper_down_to(stairs: Sequence[Stair], usd_per_token: float, load: float) -> float:
    """Give the lowest load from which on, up to `load`, one stair costs less than the tokens."""
    lowest = load
    for each in stairs:
        count = each.instances(load)
        if count is None:
            continue
        paid_off = count * each.usd_per_month / usd_per_token
        if paid_off < load:
            begins = (count - 1) * each.monthly_tokens
            lowest = min(lowest, max(paid_off, begins))
    return lowest
