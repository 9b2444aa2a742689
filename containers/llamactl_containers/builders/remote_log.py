"""The log of a build in the cloud: shown by step, kept in a file, remembered for a diagnosis."""

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from llamactl_catalog.progress import Report
from llamactl_containers.builders.output import step_of
from llamactl_containers.disk import told

_KEPT_LINES = 60
_PRIVATE = 0o600


class RemoteLog:
    """Takes text as it comes, in pieces of any size, and makes lines of it."""

    def __init__(self, file: TextIO, report: Report) -> None:
        self._file = file
        self._report = report
        self._rest = ""
        self.last: deque[str] = deque(maxlen=_KEPT_LINES)

    def take(self, text: str) -> None:
        """Take a piece of the log."""
        self._file.write(text)
        self._file.flush()
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self.last.append(line)
            if (step := step_of(line.strip())) is not None:
                self._report(step)


@contextmanager
def remote_log(path: Path, report: Report) -> Iterator[RemoteLog]:
    """Open the file of a log, for its owner alone."""
    with told(path, "--state-dir"):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _PRIVATE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yield RemoteLog(file, report)
