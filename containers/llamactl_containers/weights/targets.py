"""Where weights are put: the same few deeds on a folder of this machine and on object storage."""

from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from llamactl_catalog.errors import InvalidInput
from llamactl_containers.buckets.address import bucket_address, is_bucket_address
from llamactl_containers.weights.digests import Hashing
from llamactl_containers.weights.files import WeightFile

if TYPE_CHECKING:
    from obstore import Bytes

# Kept in the target while files arrive; removed before the manifest is written.
MARKER_NAME = ".llamactl/incoming.json"
# Pieces that may wait to be hashed: they stay in memory, as those of an upload do anyway.
_HASHED_LATER = 2
Presence = Literal["right", "other", "absent"]
# Gives a file's bytes from a position on.
Pieces = Callable[[WeightFile, int], AsyncGenerator["Bytes | bytes", None]]


class WrongBytes(Exception):
    """What arrived is not what the source said; nothing of it is to be seen in the target."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Held:
    """Whether a file is there; its SHA-256 where it was looked at."""

    presence: Presence
    sha256: str | None = None


class Target(Protocol):
    """A folder or a prefix of a bucket."""

    @property
    def name(self) -> str:
        """Its path or address, for people."""

    @property
    def keeps_digests(self) -> bool:
        """Whether to compare digests costs as little as reading this machine's disk."""

    def alone(self) -> AbstractContextManager[None]:
        """Keep other processes from putting files there meanwhile, where that can be done."""

    async def read(self, path: str) -> bytes | None:
        """Give a small file; None: it is not there."""

    async def write(self, path: str, content: bytes) -> None:
        """Write a small file, whole or not at all."""

    async def remove(self, path: str) -> None:
        """Remove a file, which may be gone already."""

    async def sizes(self) -> dict[str, int]:
        """Give the sizes of all files there."""

    async def held(self, file: WeightFile, told: Callable[[int], None]) -> Held:
        """Tell whether a file is there as it should be; `told` hears of the bytes read for it."""

    async def arrived_bytes(self, file: WeightFile) -> int:
        """Tell how much of a file that is not whole yet need not be moved again."""

    async def check_room(self, needed_bytes: int) -> None:
        """Refuse to begin where there is no room."""

    async def put(self, file: WeightFile, pieces: Pieces) -> str:
        """Move a file in, verify it, and only then let it be seen; gives its SHA-256."""

    async def sha256(self, path: str, told: Callable[[int], None]) -> str:
        """Hash a file by reading all of it."""


def check_target(text: str) -> None:
    """Refuse what is no address, before anything else is done.

    Raises:
        InvalidInput: it is none.
    """
    if not text.strip():
        raise InvalidInput("--to: the path is empty", hint="name a folder, s3://… or az://…")
    if is_bucket_address(text):
        bucket_address(text)


def open_target(text: str) -> Target:
    """Open the folder or the object storage that a user named.

    Raises:
        InvalidInput: it is no address; or its settings are wrong.
        ProgramMissing, NoPermission: as of `open_bucket`.
    """
    if is_bucket_address(text):
        from llamactl_containers.weights.bucket_target import BucketTarget

        return BucketTarget(bucket_address(text))
    from llamactl_containers.weights.folder_target import FolderTarget

    return FolderTarget(Path(text).expanduser().absolute())


async def verified(
    file: WeightFile, pieces: AsyncGenerator["Bytes | bytes", None], hashing: Hashing
) -> AsyncGenerator["Bytes | bytes", None]:
    """Pass pieces on, and hash them beside that, in a thread of their own: neither waits.

    Raises:
        WrongBytes: after the last piece, where they are not what the source said.
    """
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    loop = asyncio.get_running_loop()
    hashed: deque[asyncio.Future[None]] = deque()
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hashing")
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                hashed.append(loop.run_in_executor(thread, hashing.update, piece))
                yield piece
                if len(hashed) > _HASHED_LATER:
                    await hashed.popleft()
        while hashed:
            await hashed.popleft()
    finally:
        thread.shutdown(wait=False, cancel_futures=True)
    problem = hashing.problem()
    if problem is not None:
        raise WrongBytes(f"{file.path}: {problem}")
