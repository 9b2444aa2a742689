"""Pulumi's command, looked for when the first answer is asked of it."""

import threading
from typing import TYPE_CHECKING

from llamactl_catalog.errors import ProgramMissing
from llamactl_catalog.extras import extra_command
from llamactl_catalog.progress import Report
from llamactl_infra.stacks.place import StackPlace

if TYPE_CHECKING:
    from llamactl_infra.stacks.exports import Exports


class OpenedExports:
    """Pulumi's command, looked for when it is first needed, and once for all threads."""

    def __init__(self, place: StackPlace, report: Report) -> None:
        self._place, self._report = place, report
        self._lock = threading.Lock()
        self._exports: Exports | None = None

    def __call__(self) -> "Exports":
        """Open it, if it is not open yet.

        Raises:
            ProgramMissing: Pulumi, or its package, is not installed.
        """
        with self._lock:
            if self._exports is None:
                self._exports = self._open()
            return self._exports

    def _open(self) -> "Exports":
        try:
            from llamactl_infra.stacks.command import engine_command
            from llamactl_infra.stacks.exports import Exports
        except ModuleNotFoundError as error:
            hint = f"{extra_command('all')}\n       or, smaller, the extra of your cloud alone"
            raise ProgramMissing("the package 'pulumi' is not installed", hint=hint) from error
        return Exports(self._place, engine_command(self._report))
