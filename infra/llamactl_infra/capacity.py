"""How many instances a deployment may have: the one value that cost, quota and scaling ask."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """A change of the instance counts by the clock; `cron` as five fields, in a `timezone`."""

    name: str
    cron: str
    min_instances: int
    max_instances: int
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Capacity:
    """The instance counts of a deployment.

    It starts with `initial` and scales between `minimum` and `maximum`; from the time of a
    schedule on, between that schedule's counts instead. A schedule may go beyond `maximum`: both
    clouds let it.
    """

    initial: int
    minimum: int
    maximum: int
    schedules: tuple[Schedule, ...] = ()

    @classmethod
    def of(
        cls,
        initial: int,
        minimum: int | None = None,
        maximum: int | None = None,
        schedules: tuple[Schedule, ...] = (),
    ) -> "Capacity":
        """Return the capacity of settings of which some may be unset: the count is then fixed."""
        least = minimum if minimum is not None else initial
        most = maximum if maximum is not None else max(least, initial)
        return cls(initial, least, most, schedules)

    @property
    def peak(self) -> int:
        """The most instances that may run at any time; an update may add a second fleet."""
        return max(self.initial, *(max(each) for each in self.bounds))

    @property
    def lowest(self) -> int:
        """The fewest instances that may run at any time."""
        return min(least for least, _ in self.bounds)

    @property
    def is_scaled(self) -> bool:
        """Whether the number of instances changes without an update."""
        return bool(self.schedules) or self.minimum != self.maximum

    @property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        """Every pair of minimum and maximum that may be in force: the usual one first."""
        own = ((each.min_instances, each.max_instances) for each in self.schedules)
        return ((self.minimum, self.maximum), *own)

    def within(self, count: int) -> int:
        """Return a live count, moved into what this capacity allows.

        What a schedule has set is kept too: an update at noon must not undo the change of 8 am.
        """
        return min(max(count, self.lowest), self._highest)

    def problems(self) -> Iterator[str]:
        """Say which counts contradict each other, by the settings that hold them."""
        if self.minimum > self.maximum:
            yield f"min_instances: {self.minimum} is above max_instances, {self.maximum}"
        elif self.within(self.initial) != self.initial:
            yield f"instances: {self.initial} is not within {self}"
        for each in self.schedules:
            if each.min_instances > each.max_instances:
                yield (
                    f"schedules: {each.name} has min_instances {each.min_instances}, above its "
                    f"max_instances, {each.max_instances}"
                )

    def peak_usd_per_hour(self, usd_per_hour: float) -> float:
        """Return the price at the peak; `usd_per_hour` is that of the initial instances."""
        return usd_per_hour * self.peak / self.initial

    def __str__(self) -> str:
        """Return the counts in words: `1 to 40 instances`."""
        if self.lowest != self._highest:
            return f"{self.lowest} to {self._highest} instances"
        return "1 instance" if self._highest == 1 else f"{self._highest} instances"

    @property
    def _highest(self) -> int:
        return max(most for _, most in self.bounds)
