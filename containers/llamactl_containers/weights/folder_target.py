"""Weights put into a folder of this machine: byte by byte resumable, visible only when verified."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager, suppress
from pathlib import Path

from llamactl_catalog.errors import InvalidInput, NoCapacity
from llamactl_catalog.units import MIB, format_bytes
from llamactl_containers.disk import told as disk_told
from llamactl_containers.weights.digests import Digest, Hashing
from llamactl_containers.weights.files import WeightFile
from llamactl_containers.weights.targets import Held, Pieces, WrongBytes, verified

OWN_FOLDER = ".llamactl"
LOCK_NAME = ".llamactl.lock"
_PIECE_BYTES = 8 * MIB
_OPTION = "--to"


class FolderTarget:
    """A folder; what is still arriving lies in its subfolder `.llamactl`."""

    keeps_digests = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """The folder's path."""
        return str(self._folder)

    async def read(self, path: str) -> bytes | None:
        """Give a small file; None: it is not there."""
        with self._told(), suppress(FileNotFoundError):
            return (self._folder / path).read_bytes()
        return None

    async def write(self, path: str, content: bytes) -> None:
        """Write a small file, whole or not at all."""
        with self._told():
            part = self._part(path)
            with part.open("wb") as file:
                file.write(content)
                _to_disk(file.fileno())
            self._show(part, path)
            with suppress(OSError):  # something else is still arriving
                part.parent.rmdir()

    async def remove(self, path: str) -> None:
        """Remove a file, and the folder that it was the last one in."""
        with self._told(), suppress(FileNotFoundError):
            whole = self._folder / path
            whole.unlink()
            if whole.parent != self._folder and not any(whole.parent.iterdir()):
                whole.parent.rmdir()

    async def sizes(self) -> dict[str, int]:
        """Give the sizes of all files there, but of what is still arriving."""
        own = self._folder / OWN_FOLDER
        with self._told():
            return {
                path.relative_to(self._folder).as_posix(): path.stat().st_size
                for path in self._folder.rglob("*")
                if path.is_file() and not path.is_relative_to(own) and path.name != LOCK_NAME
            }

    async def held(self, file: WeightFile, told: Callable[[int], None]) -> Held:
        """Tell whether a file is there with the right bytes: they are all read."""
        path = self._folder / file.path
        with self._told():
            if not (path.exists() or path.is_symlink()):
                return Held("absent")
            if not path.is_file() or path.stat().st_size != file.size_bytes:
                return Held("other")
            hashing = await asyncio.to_thread(_hashed, path, file.size_bytes, file.digest, told)
        return Held("right" if hashing.problem() is None else "other", hashing.sha256)

    async def arrived_bytes(self, file: WeightFile) -> int:
        """Tell how much of a file arrived before an interruption."""
        with self._told(), suppress(FileNotFoundError):
            size = self._part_path(file.path).stat().st_size
            return size if size <= file.size_bytes else 0
        return 0

    async def check_room(self, needed_bytes: int) -> None:
        """Refuse to begin where the disk has less than that.

        Raises:
            NoCapacity: with what is needed and what is free.
        """
        with self._told():
            self._make()
            free = shutil.disk_usage(self._folder).free
        if free < needed_bytes:
            needs = f"{format_bytes(needed_bytes)} needed, {format_bytes(free)} free"
            hint = f"free some disk space, or choose another folder with {_OPTION}"
            raise NoCapacity(f"no space left in {self._folder}: {needs}", hint=hint)

    async def put(self, file: WeightFile, pieces: Pieces) -> str:
        """Append what is missing of a file, verify the whole, then give it its name."""
        with self._told():
            part = self._part(file.path)
            start = await self.arrived_bytes(file)
            hashing = Hashing(file.size_bytes, file.digest)
            with part.open("r+b" if start else "wb") as target:
                await asyncio.to_thread(_hash_file, part, hashing, lambda _: None)
                target.seek(start)
                try:
                    async with aclosing(verified(file, pieces(file, start), hashing)) as checked:
                        async for piece in checked:
                            await asyncio.to_thread(target.write, piece)
                except WrongBytes:
                    part.unlink()
                    raise
                target.flush()
                await asyncio.to_thread(_to_disk, target.fileno())
            self._show(part, file.path)
        return hashing.sha256

    async def sha256(self, path: str, told: Callable[[int], None]) -> str:
        """Hash a file by reading all of it."""
        with self._told():
            whole = self._folder / path
            size = whole.stat().st_size
            return (await asyncio.to_thread(_hashed, whole, size, None, told)).sha256

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from putting files here meanwhile.

        Raises:
            NoCapacity: one does.
        """
        import filelock

        with self._told():
            self._make()
            lock_path = self._folder / LOCK_NAME
            lock = filelock.FileLock(lock_path, timeout=0)
            try:
                lock.acquire()
            except filelock.Timeout as error:
                hint = "wait for it, or end it, and try again"
                message = f"another process is fetching into {self._folder}"
                raise NoCapacity(message, hint=hint) from error
        try:
            yield
        finally:
            with suppress(OSError):  # Windows removes no file that is open
                lock_path.unlink()  # while it is held: later it may be another process's
            lock.release()
            if os.name == "nt":
                with suppress(OSError):  # another process has it by now
                    lock_path.unlink()

    def _make(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError as error:  # as below /proc, where none can be made
            hint = f"choose another folder with {_OPTION}"
            raise InvalidInput(f"no folder can be made at {self._folder}", hint=hint) from error

    def _part(self, path: str) -> Path:
        part = self._part_path(path)
        for own in (part.parent, part):
            if own.is_symlink():  # it is nobody's to lead elsewhere
                own.unlink()
        part.parent.mkdir(parents=True, exist_ok=True)
        return part

    def _part_path(self, path: str) -> Path:
        return self._folder / OWN_FOLDER / f"{path.replace('/', '%2F')}.part"

    def _show(self, part: Path, path: str) -> None:
        whole = self._folder / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        part.replace(whole)

    def _told(self) -> AbstractContextManager[None]:
        return disk_told(self._folder, _OPTION)


def _hashed(
    path: Path, size_bytes: int, expected: Digest | None, told: Callable[[int], None]
) -> Hashing:
    hashing = Hashing(size_bytes, expected)
    _hash_file(path, hashing, told)
    return hashing


def _hash_file(path: Path, hashing: Hashing, told: Callable[[int], None]) -> None:
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            hashing.update(piece)
            told(len(piece))


def _to_disk(descriptor: int) -> None:
    """Have the bytes on the disk before the name says that they are there."""
    os.fsync(descriptor)
