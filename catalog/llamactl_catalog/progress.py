"""How a long step tells what it is doing, without knowing who listens."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is going on: `text`, with bytes done of a total where they are known.

    A long one that is worth its rate and the time left says so with `paced`.
    """

    text: str
    done_bytes: int | None = None
    total_bytes: int | None = None
    paced: bool = False


Report = Callable[[Step], None]


def silent(_step: Step) -> None:
    """Listen to nothing."""
