"""Showing a long command's stages: a live line on a terminal, one line a stage anywhere."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from llamactl_catalog.progress import Report, Step
from llamactl_catalog.units import format_bytes, format_duration

if TYPE_CHECKING:
    from rich.console import Console

# How often a stage says where it is when its output is no terminal: in a CI log, say.
TELL_EVERY_S = 10.0
_TITLE_COLUMNS = 8
# The rate is that of the last while: long enough to hold still, short enough to be true.
_PACE_WINDOW_S = 10.0
_PACE_FROM_S = 1.0


@contextmanager
def stage(title: str) -> Iterator[Report]:
    """Run one stage: its steps are shown as they are reported, its end with the time it took."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    class Talk(Console):
        def on_broken_pipe(self) -> None:
            # Rich would exit: but that nobody listens any more is no reason to stop the work.
            self.quiet = True

    console = Talk(stderr=True, highlight=False)
    started = told = time.monotonic()
    last = ""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    live = console.is_terminal
    pace = Pace()
    with Progress(*columns, console=console, transient=True, disable=not live) as progress:
        task = progress.add_task(f"{title:<{_TITLE_COLUMNS}}", total=None)

        def report(step: Step) -> None:
            nonlocal last, told
            last = step.text
            now = time.monotonic()
            text = _with_amount(step) + pace.words(step, now)
            progress.update(task, description=f"{title:<{_TITLE_COLUMNS}} {text}")
            if not live and now - told > TELL_EVERY_S:
                told = now
                _end(console, "…", title, text, started)

        try:
            yield report
        except BaseException as error:
            progress.stop()
            how = "stopped" if isinstance(error, KeyboardInterrupt) else "failed"
            _end(console, "[red]✗[/]", title, how, started)
            raise
    _end(console, "[green]✓[/]", title, last, started)


class Pace:
    """How fast a step goes, and how long what is left of it takes at that rate."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def words(self, step: Step, now_s: float) -> str:
        """Say rate and time left, of a step that wants it said; nothing while it is not known."""
        if not step.paced or step.done_bytes is None or step.total_bytes is None:
            return ""
        if self._seen and step.done_bytes < self._seen[-1][1]:
            self._seen.clear()  # another step, or a file from its start again
        self._seen.append((now_s, step.done_bytes))
        while self._seen[-1][0] - self._seen[0][0] > _PACE_WINDOW_S:
            self._seen.popleft()
        first_s, first_bytes = self._seen[0]
        took_s = now_s - first_s
        if took_s < _PACE_FROM_S or step.done_bytes <= first_bytes:
            return ""
        rate = (step.done_bytes - first_bytes) / took_s
        left_s = (step.total_bytes - step.done_bytes) / rate
        return f", {format_bytes(round(rate))}/s, {format_duration(left_s)} left"


def _end(console: "Console", mark: str, title: str, text: str, started: float) -> None:
    from rich.markup import escape

    elapsed = format_duration(time.monotonic() - started)
    line = f"{mark} {title:<{_TITLE_COLUMNS}} {escape(text)}  [dim]{elapsed}[/]"
    console.print(line, soft_wrap=True)


def _with_amount(step: Step) -> str:
    if step.done_bytes is None:
        return step.text
    if step.total_bytes is None:
        return f"{step.text}  {format_bytes(step.done_bytes)}"
    percent = 100 * step.done_bytes // max(step.total_bytes, 1)
    return f"{step.text}  {percent} % of {format_bytes(step.total_bytes)}"
