"""Showing a long command's stages: a live line on a terminal, one line a stage anywhere."""

import time
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
    with Progress(*columns, console=console, transient=True, disable=not live) as progress:
        task = progress.add_task(f"{title:<{_TITLE_COLUMNS}}", total=None)

        def report(step: Step) -> None:
            nonlocal last, told
            last = step.text
            progress.update(task, description=f"{title:<{_TITLE_COLUMNS}} {_with_amount(step)}")
            if not live and time.monotonic() - told > TELL_EVERY_S:
                told = time.monotonic()
                _end(console, "…", title, _with_amount(step), started)

        try:
            yield report
        except BaseException:
            progress.stop()
            _end(console, "[red]✗[/]", title, "failed", started)
            raise
    _end(console, "[green]✓[/]", title, last, started)


def _end(console: "Console", mark: str, title: str, text: str, started: float) -> None:
    from rich.markup import escape

    elapsed = format_duration(time.monotonic() - started)
    console.print(f"{mark} {title:<{_TITLE_COLUMNS}} {escape(text)}  [dim]{elapsed}[/]")


def _with_amount(step: Step) -> str:
    if step.done_bytes is None:
        return step.text
    if step.total_bytes is None:
        return f"{step.text}  {format_bytes(step.done_bytes)}"
    percent = 100 * step.done_bytes // max(step.total_bytes, 1)
    return f"{step.text}  {percent} % of {format_bytes(step.total_bytes)}"
