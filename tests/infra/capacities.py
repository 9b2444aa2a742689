"""Capacities for properties, and every instance count that declared resources contain."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from llamactl_infra.capacity import Capacity, Schedule

# The parts of resources that hold a count, in the words of both providers.
COUNTS = frozenset(
    {"initialInstanceCount", "minCapacity", "maxCapacity", "capacity"}
    | {"minimum", "maximum", "default"}
)
counts = st.integers(1, 50)
ranges = st.tuples(counts, counts).map(sorted)


@st.composite
def capacities(draw: st.DrawFn) -> Capacity:
    """Draw a capacity that no cloud refuses."""
    least, most = draw(ranges)
    initial = draw(st.integers(least, most))
    timed = draw(st.lists(ranges, max_size=3))
    schedules = tuple(
        Schedule(f"s{number}", f"0 {number} * * *", low, high)
        for number, (low, high) in enumerate(timed)
    )
    return Capacity(initial, least, most, schedules)


def settings_of(capacity: Capacity) -> dict[str, Any]:
    """Return the settings of a spec that have this capacity."""
    return {
        "instances": capacity.initial,
        "min_instances": capacity.minimum,
        "max_instances": capacity.maximum,
        "schedules": capacity.schedules,
    }


def counts_in(inputs: Any) -> Iterator[int]:
    """Find every count, however deep."""
    match inputs:
        case dict():
            for name, value in inputs.items():
                if name in COUNTS and isinstance(value, int | float | str):
                    yield int(value)
                else:
                    yield from counts_in(value)
        case list():
            for each in inputs:
                yield from counts_in(each)
