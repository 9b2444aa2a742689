"""Weights streamed into object storage: no local copy, no half object, no upload left open."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any

from llamactl_catalog.errors import NotFound
from llamactl_catalog.units import MIB
from llamactl_containers.buckets.address import BucketAddress
from llamactl_containers.buckets.opening import bucket_told, open_bucket
from llamactl_containers.weights.digests import Hashing
from llamactl_containers.weights.files import WeightFile
from llamactl_containers.weights.targets import Held, Pieces, verified

if TYPE_CHECKING:
    from obstore import Bytes

PART_BYTES = 16 * MIB
PARTS_AT_ONCE = 6
# S3 takes 10,000 parts of an object; Azure 50,000. Source: AWS "Amazon S3 multipart upload limits".
_MOST_PARTS = 10_000
# What an object says of its own content: letters alone, as Azure wants names of metadata.
_DIGEST = "digest"


class _Stopped(Exception):
    """The user wants no more of this."""


class BucketTarget:
    """A prefix of a bucket. An object is there only once all of its bytes were verified."""

    keeps_digests = False

    def __init__(self, address: BucketAddress, part_bytes: int = PART_BYTES) -> None:
        self._address = address
        self._part_bytes = part_bytes
        self._store = open_bucket(address)

    @property
    def name(self) -> str:
        """The address."""
        return str(self._address)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Do nothing: each object is put whole, and two that put the same put the same."""
        yield

    async def read(self, path: str) -> bytes | None:
        """Give a small object; None: it is not there."""
        import obstore

        with self._told():
            try:
                answer = await obstore.get_async(self._store, path)
                return bytes(await answer.bytes_async())
            except FileNotFoundError:
                return None

    async def write(self, path: str, content: bytes) -> None:
        """Write a small object."""
        import obstore

        with self._told():
            await obstore.put_async(self._store, path, content, use_multipart=False)

    async def remove(self, path: str) -> None:
        """Remove an object, which may be gone already."""
        import obstore

        with self._told():
            try:
                await obstore.delete_async(self._store, path)
            except FileNotFoundError:
                return

    async def sizes(self) -> dict[str, int]:
        """Give the sizes of all objects under the prefix."""
        import obstore

        found: dict[str, int] = {}
        with self._told():
            async for some in obstore.list(self._store):
                found |= {each["path"]: each["size"] for each in some}
        return found

    async def held(self, file: WeightFile, told: Callable[[int], None]) -> Held:
        """Tell whether an object is there that was verified as this file when it was put."""
        import obstore

        with self._told():
            try:
                answer = await obstore.get_async(self._store, file.path, options={"head": True})
            except FileNotFoundError:
                return Held("absent")
            said = answer.attributes.get(_DIGEST)
            size = answer.meta["size"]
        told(0)
        is_right = size == file.size_bytes and file.digest is not None and said == str(file.digest)
        return Held("right" if is_right else "other")

    async def arrived_bytes(self, file: WeightFile) -> int:  # noqa: ARG002 - of none: see the class
        """Tell how much of a file arrived: a hash cannot be taken up again, so none."""
        return 0

    async def check_room(self, needed_bytes: int) -> None:
        """Object storage has room."""

    async def put(self, file: WeightFile, pieces: Pieces) -> str:
        """Stream a file in. The upload is completed only after its last byte is verified."""
        hashing = Hashing(file.size_bytes, file.digest)
        stopped = asyncio.get_running_loop().create_future()
        upload = asyncio.ensure_future(
            self._upload(file, _until(stopped, verified(file, pieces(file, 0), hashing)))
        )
        try:
            await asyncio.shield(upload)
        except asyncio.CancelledError:
            # Cancelled itself, the upload would stay open in the bucket, and be paid for.
            stopped.set_result(None)
            await asyncio.gather(upload, return_exceptions=True)
            raise
        return hashing.sha256

    async def sha256(self, path: str, told: Callable[[int], None]) -> str:
        """Hash an object by reading all of it."""
        import obstore

        hashing = Hashing(0, None)
        with self._told():
            answer = await obstore.get_async(self._store, path)
            async for piece in answer.stream(min_chunk_size=PART_BYTES):
                await asyncio.to_thread(hashing.update, piece)
                told(len(piece))
        return hashing.sha256

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with bucket_told(self._address):
                yield
        except FileNotFoundError:
            hint = "make it first, or check its name, its region and its account"
            raise NotFound(f"there is no bucket {self._address.bucket}", hint=hint) from None

    async def _upload(self, file: WeightFile, pieces: Any) -> None:
        import obstore

        with self._told():
            part_bytes = max(self._part_bytes, -(-file.size_bytes // _MOST_PARTS))
            await obstore.put_async(
                self._store,
                file.path,
                pieces,
                attributes={} if file.digest is None else {_DIGEST: str(file.digest)},
                use_multipart=file.size_bytes > self._part_bytes,
                chunk_size=part_bytes,
                max_concurrency=max(1, PARTS_AT_ONCE * self._part_bytes // part_bytes),
            )


async def _until(
    stopped: "asyncio.Future[None]", pieces: AsyncGenerator["Bytes | bytes", None]
) -> AsyncGenerator["Bytes | bytes", None]:
    """Pass pieces on until they are to stop, then fail: which has the upload aborted.

    Raises:
        _Stopped: `stopped` is done, also while the next piece is waited for.
    """
    async with aclosing(pieces):
        while True:
            step = asyncio.ensure_future(anext(pieces, None))
            either: set[asyncio.Future[Any]] = {step, stopped}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if stopped.done():
                step.cancel()
                await asyncio.gather(step, return_exceptions=True)
                raise _Stopped
            piece = step.result()
            if piece is None:
                return
            yield piece
