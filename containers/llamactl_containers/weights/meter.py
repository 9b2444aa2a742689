"""How much of the weights has arrived, told to whoever listens."""

import time

from llamactl_catalog.progress import Report, Step
from llamactl_containers.weights.files import WeightFile

_TELL_EVERY_S = 0.1


class Meter:
    """Counts bytes over all files, and names the file that they were of."""

    def __init__(self, total_bytes: int, files: int, report: Report) -> None:
        self._total_bytes = total_bytes
        self._files = files
        self._whole = 0
        self._done_bytes = 0
        self._of_file: dict[str, int] = {}
        self._report = report
        self._told = 0.0
        self._checked_bytes = 0

    def arrived(self, file: WeightFile, count: int) -> None:
        """Count bytes of a file that are here."""
        self._done_bytes += count
        self._of_file[file.path] = self._of_file.get(file.path, 0) + count
        self._tell(file.path)

    def restarted(self, file: WeightFile) -> None:
        """Count a file from its start again."""
        self._done_bytes -= self._of_file.pop(file.path, 0)

    def finished(self, file: WeightFile) -> None:
        """Count a file as whole."""
        self._whole += 1
        self._tell(file.path, now=True)

    def checking(self, file: WeightFile, count: int) -> None:
        """Tell of bytes that are read to see whether a file needs to be moved at all."""
        self._checked_bytes += count
        if count and time.monotonic() - self._told > _TELL_EVERY_S:
            self._told = time.monotonic()
            text = f"checking what is there: {file.path}"
            self._report(Step(text, self._checked_bytes, self._total_bytes, paced=True))

    def _tell(self, path: str, *, now: bool = False) -> None:
        if now or time.monotonic() - self._told > _TELL_EVERY_S:
            self._told = time.monotonic()
            text = f"{self._whole} of {self._files} files, {path}"
            self._report(Step(text, self._done_bytes, self._total_bytes, paced=True))
