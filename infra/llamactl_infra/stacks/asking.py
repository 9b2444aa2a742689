"""Clouds that are asked at the same time, each for so long and no longer."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from llamactl_catalog.errors import LlamactlError, NoCapacity
from llamactl_catalog.units import format_duration

_Answer = TypeVar("_Answer")


def answers_within(
    questions: Mapping[str, Callable[[], _Answer]], limit_s: float
) -> dict[str, _Answer | LlamactlError]:
    """Ask all at once, and give each answer, or why there is none.

    Who does not answer in time is left alone: its thread ends with the program.
    """
    asked = {name: _Asked(question) for name, question in questions.items()}
    deadline = time.monotonic() + limit_s
    return {name: each.within(deadline - time.monotonic(), limit_s) for name, each in asked.items()}


class _Asked(threading.Thread, Generic[_Answer]):
    """A question on its way."""

    def __init__(self, question: Callable[[], _Answer]) -> None:
        super().__init__(daemon=True)
        self._question = question
        self._answer: list[_Answer] = []
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Ask, and keep what comes of it for who waits."""
        try:
            self._answer.append(self._question())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error

    def within(self, seconds: float, limit_s: float) -> _Answer | LlamactlError:
        """Wait for the answer. What is no error of the user's is raised."""
        self.join(max(0.0, seconds))
        if isinstance(self._error, LlamactlError):
            return self._error
        if self._error is not None:
            raise self._error
        if self._answer:
            return self._answer[0]
        return NoCapacity(f"the cloud did not answer within {format_duration(limit_s)}")
