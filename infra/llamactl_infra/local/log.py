"""The engine's log: written in parts of bounded size, read across them.

`server.log` is the newest part. When it is full it is closed, renamed to the next number
(`server.log.1` is the oldest there ever was) and opened anew; the oldest parts are removed. Numbers
only grow, so that a place in the log stays (part, offset) whatever is rotated meanwhile. Readers
open a part only for the moment of a read: Windows renames no open file.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from llamactl_catalog.units import MIB
from llamactl_containers.whole_files import patiently

PART_BYTES = 4 * MIB
OLDER_PARTS = 3
_FOLLOW_S = 0.2


class RotatingLog:
    """The writing end. A write that fails is counted and said with the next one that succeeds."""

    def __init__(
        self, path: Path, *, part_bytes: int = PART_BYTES, older_parts: int = OLDER_PARTS
    ) -> None:
        self._path = path
        self._part_bytes = part_bytes
        self._older_parts = older_parts
        self._lost_lines = 0
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None

    def write(self, lines: Iterable[bytes]) -> None:
        """Write whole lines, each with its line end."""
        with self._lock:
            for line in lines:
                self._write(line)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _write(self, line: bytes) -> None:
        try:
            file = self._opened(len(line))
            if self._lost_lines:
                file.write(b"llamactl: %d lines lost, could not write\n" % self._lost_lines)
                self._lost_lines = 0
            file.write(line)
        except OSError:
            # A full disk must not take the server down: it goes on without its log.
            self._lost_lines += 1

    def _opened(self, coming_bytes: int) -> BinaryIO:
        if self._file is None:
            self._file = self._path.open("ab", buffering=0)
        at = os.fstat(self._file.fileno()).st_size
        if at and at + coming_bytes > self._part_bytes:
            self._file.close()
            self._file = None
            self._rotate()
            self._file = self._path.open("ab", buffering=0)
        return self._file

    def _rotate(self) -> None:
        target = _part(self._path, _newest(self._path))
        try:
            patiently(lambda: self._path.rename(target))
        except PermissionError:
            return  # a reader holds it open on Windows: it grows until the next try
        for number in _numbers(self._path)[: -self._older_parts]:
            _part(self._path, number).unlink(missing_ok=True)


def read(path: Path, *, tail: int | None) -> list[str]:
    """Read the last `tail` lines of a log over all its parts; None reads all of it."""
    return _lines_before(path, _newest(path), -1, tail)


def follow(path: Path, *, tail: int | None) -> Iterator[str]:
    """Read the last `tail` lines, then every new one, until the log's folder is gone."""
    (number, offset), rest = _end(path), b""
    yield from _lines_before(path, number, offset, tail)
    while path.parent.exists():
        newest = _newest(path)
        if number > newest:
            return  # another deployment of the same name has begun
        data = _bytes(path if number == newest else _part(path, number), offset)
        if number == newest and _newest(path) != newest:
            continue  # rotated while it was read: the data may be of the next part
        offset += len(data)
        whole, _, rest = (rest + data).rpartition(b"\n")
        yield from _texts(whole)
        if number < newest:
            number, offset = number + 1, 0
        else:
            time.sleep(_FOLLOW_S)


def parts(path: Path) -> list[Path]:
    """Give the files of a log, oldest first."""
    older = [_part(path, number) for number in _numbers(path)]
    return [*older, path] if path.exists() else older


def _lines_before(path: Path, newest: int, size_bytes: int, tail: int | None) -> list[str]:
    lines: deque[str] = deque(maxlen=tail)
    for number in [each for each in _numbers(path) if each < newest]:
        lines.extend(_texts(_bytes(_part(path, number), 0)))
    is_newest = _newest(path) == newest
    lines.extend(_texts(_bytes(path if is_newest else _part(path, newest), 0, size_bytes)))
    return list(lines)


def _end(path: Path) -> tuple[int, int]:
    while True:
        number, size_bytes = _newest(path), _size(path)
        if _newest(path) == number:  # else it was rotated between
            return number, size_bytes


def _newest(path: Path) -> int:
    """Give the number that `server.log` will have once it is rotated."""
    return max(_numbers(path), default=0) + 1


def _numbers(path: Path) -> list[int]:
    try:
        names = [each.name for each in path.parent.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    suffixes = (name.removeprefix(f"{path.name}.") for name in names)
    return sorted(int(each) for each in suffixes if each.isdigit())


def _part(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _bytes(path: Path, offset: int, size_bytes: int = -1) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(size_bytes)
    except (FileNotFoundError, NotADirectoryError):
        return b""


def _texts(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").splitlines()
