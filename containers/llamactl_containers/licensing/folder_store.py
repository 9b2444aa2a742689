"""A ledger in a folder: of this machine, of a repository, or of a network share."""

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from llamactl_catalog.errors import InvalidFile, InvalidInput, NoCapacity, NoPermission
from llamactl_catalog.licensing.chain import HEAD_NAME
from llamactl_catalog.units import MIB, format_bytes
from llamactl_containers.disk import told

RECORDS = "records"
TEXTS = "texts"
OPTION = "--license-ledger"
LOCK_WAIT_S = 60.0
_DRAFT = ".draft-"
_LOCK = ".lock"
_OWN = frozenset({RECORDS, TEXTS, HEAD_NAME})
_READ_BYTES = 2**16
# A license has 21 kB, a record 3 kB: what is far beyond was put there to be read in vain.
_MOST_BYTES = 16 * MIB
# A pipe in a file's place must not be waited for, and line ends are Windows' own there.
_OPEN_TO_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
# Git for Windows gives a text other line ends, and each record another hash by that.
_GIT_ATTRIBUTES = (".gitattributes", b"* -text\n")
# What a file system says that has no second names for files: FAT, some network shares.
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class FolderStore:
    """The files of a ledger in a folder, which is made with the first record."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Give the file names of all records, sorted.

        Raises:
            InvalidInput: the folder holds other things, or is a file.
            NoPermission: it may not be read.
        """
        self._check_is_ledger()
        with told(self._folder, OPTION):
            try:
                names = os.listdir(self._folder / RECORDS)  # noqa: PTH208 - names alone, 10,000 of them
            except FileNotFoundError:
                return []
        return sorted(each for each in names if not each.startswith("."))

    def read(self, name: str) -> bytes | None:
        """Give a record's file; None: there is none of that name."""
        return self._read(self._folder / RECORDS / name)

    def read_all(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Give records' files in the order of `names`; one that is gone is left out."""
        prefix = str(self._folder / RECORDS) + os.sep
        for name in names:
            content = self._read(prefix + name)
            if content is not None:
                yield name, content

    def create(self, name: str, content: bytes) -> bool:
        """Make a record's file, whole or not at all; False: there is one of that name already."""
        return self._create(self._folder / RECORDS / name, content)

    def read_head(self) -> bytes | None:
        """Give the head's file; None: there is none."""
        return self._read(self._folder / HEAD_NAME)

    def put_head(self, content: bytes) -> None:
        """Make or replace the head's file, in one step."""
        with told(self._folder, OPTION), self._draft(content) as draft:
            draft.replace(self._folder / HEAD_NAME)
            _settle(self._folder)

    def read_text(self, sha256: str) -> bytes | None:
        """Give the copy of an accepted text; None: there is none."""
        return self._read(self._folder / TEXTS / f"{sha256}.txt")

    def keep_text(self, sha256: str, content: bytes) -> None:
        """Keep a copy of an accepted text, if there is none yet."""
        self._create(self._folder / TEXTS / f"{sha256}.txt", content)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other writers out, and remove the drafts of those that were killed.

        Raises:
            InvalidInput: the folder holds other things.
            NoCapacity: another writer holds on for too long, or the disk is full.
            NoPermission: the folder may not be written.
        """
        from filelock import FileLock, Timeout

        self._check_is_ledger()
        lock_path = self._folder / _LOCK
        with told(self._folder, OPTION):
            (self._folder / RECORDS).mkdir(parents=True, exist_ok=True)
            (self._folder / TEXTS).mkdir(exist_ok=True)
            lock = FileLock(lock_path, timeout=LOCK_WAIT_S)
            try:
                lock.acquire()
            except Timeout as error:
                hint = "wait for it, or end it, and try again"
                message = f"another process is writing to the ledger {self._folder}"
                raise NoCapacity(message, hint=hint) from error
        try:
            with told(self._folder, OPTION):
                self._remove_drafts()
            self._create(self._folder / _GIT_ATTRIBUTES[0], _GIT_ATTRIBUTES[1])
            yield
        finally:
            # The last act under the lock: who waits for the old file finds it unlinked, and makes
            # a new one (filelock looks). On Windows an open file stays until it is let go.
            with suppress(OSError):
                lock_path.unlink()
            lock.release()

    def _check_is_ledger(self) -> None:
        with told(self._folder, OPTION):
            try:
                names = {each.name for each in self._folder.iterdir()}
            except FileNotFoundError:
                return
        others = sorted(each for each in names - _OWN if not each.startswith("."))
        if others and not names & _OWN:
            hint = f"name a new folder, or one that holds a ledger, with {OPTION}"
            message = f"{self._folder} is no license ledger: it holds {others[0]}"
            raise InvalidInput(message, hint=hint)

    def _read(self, path: Path | str) -> bytes | None:
        try:
            descriptor = os.open(path, _OPEN_TO_READ)
        except FileNotFoundError:
            return None
        except NotADirectoryError as error:
            hint = f"name a folder with {OPTION}"
            raise InvalidInput(f"{self._folder} is not a folder", hint=hint) from error
        except PermissionError as error:
            hint = f"chmod +r {path}"
            raise NoPermission(f"{path} may not be read", hint=hint) from error
        except OSError as error:
            raise InvalidFile(str(path), [f"cannot be read: {error.strerror}"]) from error
        try:
            content = _read_up_to(descriptor, _MOST_BYTES + 1)
        except OSError as error:  # a folder of that name, a disk that fails
            raise InvalidFile(str(path), [f"cannot be read: {error.strerror}"]) from error
        finally:
            os.close(descriptor)
        if len(content) > _MOST_BYTES:
            what = f"has more than {format_bytes(_MOST_BYTES)}: no llamactl writes such a file"
            raise InvalidFile(str(path), [what])
        return content

    def _create(self, path: Path, content: bytes) -> bool:
        with told(self._folder, OPTION):
            if path.exists():
                return False
            with self._draft(content) as draft:
                if not _name(draft, path):
                    return False
            _settle(path.parent)
        return True

    @contextmanager
    def _draft(self, content: bytes) -> Iterator[Path]:
        """Write a file that has no name of the ledger yet; it is removed unless it was renamed."""
        draft = self._folder / f"{_DRAFT}{secrets.token_hex(8)}"
        try:
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            yield draft
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def _remove_drafts(self) -> None:
        for path in self._folder.glob(f"{_DRAFT}*"):
            path.unlink(missing_ok=True)


def _read_up_to(descriptor: int, most: int) -> bytes:
    pieces, size = [], 0
    while size < most and (piece := os.read(descriptor, _READ_BYTES)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _name(draft: Path, path: Path) -> bool:
    """Give a draft its name, unless another file has it. The caller holds the lock."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.exists():
            return False
        draft.rename(path)
    return True


def _settle(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system can be asked for it."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
