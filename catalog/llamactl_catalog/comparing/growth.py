"""What a load costs as it grows: stairs of instances, the cheapest at each load, its curve."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

from llamactl_catalog.comparing.capacity import instances_for
from llamactl_catalog.comparing.comparison import GrowthPoint

SMALLEST, LARGEST = 1 / 30, 100.0
"""The curve's ends, as multiples of the load."""
_GRID = 60
MULTIPLES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, LARGEST)
"""Multiples of the load that the curve has a point at, to be named in tables."""
# A step of the hundredth replica is one percent high: beyond, the grid shows as much.
_STEPS = 100
_JUST_ABOVE = 1 + 1e-6
_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Stair:
    """What instances of one type cost: each the same, and each carries the same.

    `most` is the number of instances that the budget has room for, `error_factor` that of the speed
    behind `monthly_tokens`.
    """

    instance_type: str
    usd_per_month: float
    monthly_tokens: float
    most: float = inf
    error_factor: float = 1.0

    def at_speed(self, factor: float) -> "Stair":
        """Give what it carries at so many times the estimated speed."""
        return replace(self, monthly_tokens=self.monthly_tokens * factor)

    def instances(self, monthly_tokens: float) -> int | None:
        """Count the instances for a load; None: more than the budget has room for."""
        count = instances_for(monthly_tokens, self.monthly_tokens)
        return count if count <= self.most else None


def cheapest(stairs: Iterable[Stair], monthly_tokens: float) -> GrowthPoint | None:
    """Choose the stair that carries a load for the least; None: none does within the budget."""
    best: tuple[float, int, str] | None = None
    for each in stairs:
        count = each.instances(monthly_tokens)
        if count is not None:
            found = count * each.usd_per_month, count, each.instance_type
            best = found if best is None else min(best, found)
    if best is None:
        return None
    usd, count, name = best
    return GrowthPoint(monthly_tokens, usd, usd / monthly_tokens * _MILLION, count, name)


def growth(stairs: Sequence[Stair], monthly_tokens: float) -> tuple[GrowthPoint, ...]:
    """Follow the cheapest way from a thirtieth to a hundred times the load.

    The points are even on a logarithmic scale, and beside them each load at which another choice
    begins, with the point just above it. The curve ends where the budget does.
    """
    low, high = monthly_tokens * SMALLEST, monthly_tokens * LARGEST
    loads = {*(monthly_tokens * each for each in MULTIPLES), *_even(low, high)}
    for full in {*_full_loads(stairs, low, high)}:
        before, after = cheapest(stairs, full), cheapest(stairs, full * _JUST_ABOVE)
        if before is not None and (after is None or _choice(before) != _choice(after)):
            loads |= {full, full * _JUST_ABOVE}
    points = (cheapest(stairs, each) for each in sorted(loads) if each <= high)
    return tuple(each for each in points if each is not None)


def _even(low: float, high: float) -> Iterator[float]:
    for step in range(_GRID):
        yield low * (high / low) ** (step / (_GRID - 1))


def _full_loads(stairs: Iterable[Stair], low: float, high: float) -> Iterator[float]:
    """Give the loads at which instances of some type are as busy as they may be."""
    for each in stairs:
        for count in range(1, _STEPS + 1):
            if low <= (full := count * each.monthly_tokens) <= high:
                yield full


def _choice(point: GrowthPoint) -> tuple[str, int]:
    return point.instance_type, point.instances
