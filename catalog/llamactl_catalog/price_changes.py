"""What changed from one book of prices to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llamactl_catalog.hardware import Price

Kind = Literal["changed", "new", "gone"]


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One price before and after, in USD an hour; None: there was none, or there is none now."""

    cloud: str
    region: str
    instance_type: str
    was: float | None
    now: float | None

    @property
    def kind(self) -> Kind:
        """Say in a word what happened."""
        if self.was is None:
            return "new"
        return "gone" if self.now is None else "changed"

    @property
    def percent(self) -> float | None:
        """Give the rise in percent, negative for a fall; None where one of the two is missing."""
        if self.was is None or self.now is None:
            return None
        return 100 * (self.now / self.was - 1)


def price_changes(before: Sequence[Price], after: Sequence[Price]) -> tuple[PriceChange, ...]:
    """Compare two books: the changed prices, largest change first, then the new and the gone."""
    was = {(each.cloud, each.region, each.instance_type): each.usd_per_hour for each in before}
    now = {(each.cloud, each.region, each.instance_type): each.usd_per_hour for each in after}
    found = [
        PriceChange(*key, was.get(key), now.get(key))
        for key in sorted(was.keys() | now.keys())
        if was.get(key) != now.get(key)
    ]
    order = ("changed", "new", "gone")
    return tuple(sorted(found, key=lambda each: (order.index(each.kind), -abs(each.percent or 0))))
