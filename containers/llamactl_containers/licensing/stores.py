"""The seam between the ledger and the place that keeps its files."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol


class RecordStore(Protocol):
    """A place for a ledger's files: records and texts are made once and never replaced.

    What a store cannot do it says as a LlamactlError.
    """

    def names(self) -> list[str]:
        """Give the file names of all records, sorted."""

    def read(self, name: str) -> bytes | None:
        """Give a record's file; None: there is none of that name."""

    def read_all(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Give records' files in the order of `names`; one that is gone is left out."""

    def create(self, name: str, content: bytes) -> bool:
        """Make a record's file, whole or not at all; False: there is one of that name already."""

    def read_head(self) -> bytes | None:
        """Give the head's file; None: there is none."""

    def put_head(self, content: bytes) -> None:
        """Make or replace the head's file."""

    def read_text(self, sha256: str) -> bytes | None:
        """Give the copy of an accepted text; None: there is none."""

    def keep_text(self, sha256: str, content: bytes) -> None:
        """Keep a copy of an accepted text, if there is none yet."""

    def writing(self) -> AbstractContextManager[None]:
        """Keep other writers out where the place has a lock; `create` is safe without one, too."""
