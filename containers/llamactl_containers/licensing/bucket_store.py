"""A ledger in object storage, so that a team and its CI see one.

A record is made with the condition that there is none of its name (`If-None-Match: *`), which the
store checks in one step: of two that write at once, one is told to try again with the next number.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from llamactl_catalog.errors import NotFound
from llamactl_catalog.licensing.chain import HEAD_NAME
from llamactl_containers.buckets.address import BucketAddress
from llamactl_containers.buckets.opening import bucket_told, open_bucket

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_RECORDS = "records/"
_TEXTS = "texts/"
_AT_ONCE = 64
# What S3 and Blob Storage call a bucket that is not there, where any other absence is a file's.
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound")


class BucketStore:
    """The files of a ledger in a bucket, under the address's prefix."""

    def __init__(self, address: BucketAddress, store: "ObjectStore | None" = None) -> None:
        self._address = address
        self._store = open_bucket(address) if store is None else store

    def names(self) -> list[str]:
        """Give the file names of all records, sorted."""
        import obstore

        with self._told():
            pages = obstore.list(self._store, prefix=_RECORDS.rstrip("/"))
            return sorted(each["path"].removeprefix(_RECORDS) for page in pages for each in page)

    def read(self, name: str) -> bytes | None:
        """Give a record's file; None: there is none of that name."""
        return self._read(_RECORDS + name)

    def read_all(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Give records' files in the order of `names`, many of them fetched at once."""
        left = list(names)
        while left:
            some, left = left[:_AT_ONCE], left[_AT_ONCE:]
            with self._told():
                contents = asyncio.run(self._fetch(some))
            for name, each in zip(some, contents, strict=True):
                if each is not None:
                    yield name, each

    def create(self, name: str, content: bytes) -> bool:
        """Make a record's file; False: there is one of that name already."""
        return self._create(_RECORDS + name, content)

    def read_head(self) -> bytes | None:
        """Give the head's file; None: there is none."""
        return self._read(HEAD_NAME)

    def put_head(self, content: bytes) -> None:
        """Make or replace the head's file."""
        import obstore

        with self._told():
            obstore.put(self._store, HEAD_NAME, content, use_multipart=False)

    def read_text(self, sha256: str) -> bytes | None:
        """Give the copy of an accepted text; None: there is none."""
        return self._read(f"{_TEXTS}{sha256}.txt")

    def keep_text(self, sha256: str, content: bytes) -> None:
        """Keep a copy of an accepted text, if there is none yet."""
        self._create(f"{_TEXTS}{sha256}.txt", content)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Do nothing: the condition of `create` is all that is needed."""
        yield

    def _read(self, path: str) -> bytes | None:
        import obstore

        with self._told():
            try:
                return bytes(obstore.get(self._store, path).bytes())
            except FileNotFoundError as error:
                _check_bucket(error)
                return None

    async def _fetch(self, names: Sequence[str]) -> list[bytes | None]:
        return await asyncio.gather(*(self._fetch_one(_RECORDS + name) for name in names))

    async def _fetch_one(self, path: str) -> bytes | None:
        import obstore

        try:
            return bytes(await (await obstore.get_async(self._store, path)).bytes_async())
        except FileNotFoundError as error:
            _check_bucket(error)
            return None

    def _create(self, path: str, content: bytes) -> bool:
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        with self._told():
            try:
                obstore.put(self._store, path, content, mode="create", use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with bucket_told(self._address):
                yield
        except FileNotFoundError as error:
            hint = "make it first, or correct --license-ledger"
            message = f"{self._address}: there is no bucket '{self._address.bucket}'"
            raise NotFound(message, hint=hint) from error


def _check_bucket(error: FileNotFoundError) -> None:
    if any(name in str(error) for name in _NO_BUCKET):
        raise error
