"""The ledger of acceptances: append-only, each record sealed to the one before."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from llamactl_catalog.errors import LicenseRefused, NoCapacity
from llamactl_catalog.licensing.acceptance import Acceptance
from llamactl_catalog.licensing.chain import (
    ORIGIN,
    CheckSignature,
    Problem,
    Record,
    Signer,
    Verified,
    head,
    read_head,
    read_record,
    record_name,
    sealed,
    verify,
)
from llamactl_containers.buckets.address import bucket_address, is_bucket_address
from llamactl_containers.licensing.stores import RecordStore

# Each attempt that fails means that another writer succeeded.
_ATTEMPTS = 1000
_SHA256 = re.compile(r"[0-9a-f]{64}")


def open_ledger(address: str) -> "Ledger":
    """Open the ledger in a folder, or at an address of object storage; nothing is made yet.

    Raises:
        LlamactlError: of `bucket_address` and `open_bucket`.
    """
    if is_bucket_address(address):
        from llamactl_containers.licensing.bucket_store import BucketStore

        return Ledger(address, BucketStore(bucket_address(address)))
    from llamactl_containers.licensing.folder_store import FolderStore

    return Ledger(address, FolderStore(Path(address)))


class Ledger:
    """A ledger at an address: read, verified and appended to through its store."""

    def __init__(self, address: str, store: RecordStore) -> None:
        self.address = address
        self._store = store

    def verify(self, check: CheckSignature | None = None) -> Verified:
        """Check every record, the chain, the head, and the copies of the texts.

        The head is read first: what is appended meanwhile makes it lag, which is no problem.
        """
        at_first = self._store.read_head()
        found = verify(self._store.read_all(self._store.names()), at_first, check)
        return replace(found, problems=(*found.problems, *self._text_problems(found.records)))

    def records(self) -> tuple[Record, ...]:
        """Give all records of a ledger that is whole.

        Raises:
            LicenseRefused: it is not, so that nothing in it proves anything.
        """
        at_first = self._store.read_head()
        found = verify(self._store.read_all(self._store.names()), at_first)
        if not found.is_whole:
            raise broken(self.address, found.problems)
        return found.records

    def append(
        self,
        acceptance: Acceptance,
        texts: Mapping[str, bytes] | None = None,
        signer: Signer | None = None,
    ) -> Record:
        """Add a record, after those that others add at the same time; `texts` are kept by SHA-256.

        Raises:
            LicenseRefused: the ledger's end is broken.
            LlamactlError: the store cannot be written.
        """
        with self._store.writing():
            for sha256, content in (texts or {}).items():
                self._store.keep_text(sha256, content)
            for _ in range(_ATTEMPTS):
                last, is_behind = self._last()
                if last is not None and is_behind:  # so that it never lags by more than a crash
                    self._store.put_head(head(last.number, last.sha256))
                number = 1 if last is None else last.number + 1
                previous = ORIGIN if last is None else last.sha256
                content = sealed(number, previous, acceptance, signer)
                name = record_name(number)
                # Where an answer got lost on the way, the record that is there is this very one.
                if self._store.create(name, content) or self._store.read(name) == content:
                    record = read_record(number, content)
                    self._store.put_head(head(record.number, record.sha256))
                    return record
        hint = "try again; of several writers at once, each gets its turn"
        raise NoCapacity(f"the ledger {self.address} is too busy", hint=hint)

    def text(self, sha256: str) -> bytes | None:
        """Give the copy of a text that was accepted, if there is one."""
        return self._store.read_text(sha256)

    def _last(self) -> tuple[Record | None, bool]:
        """Find the last record from the head on, and tell whether the head is behind it."""
        number, sha256 = self._head()
        last = None
        if number:
            last = self._record(number)
            if last is None:
                what = "is missing: the head names it"
                raise broken(self.address, [Problem(record_name(number), number, what)])
            if last.sha256 != sha256:
                what = "is not the record that the head names"
                raise broken(self.address, [Problem(record_name(number), number, what)])
        is_behind = False
        while (found := self._record(number + 1)) is not None:
            last, number, is_behind = found, number + 1, True
        return last, is_behind

    def _head(self) -> tuple[int, str]:
        content = self._store.read_head()
        if content is None:
            return 0, ORIGIN
        try:
            return read_head(content)
        except ValueError as error:
            raise broken(self.address, [Problem("head.json", None, str(error))]) from error

    def _record(self, number: int) -> Record | None:
        name = record_name(number)
        content = self._store.read(name)
        if content is None:
            return None
        try:
            return read_record(number, content)
        except ValueError as error:
            raise broken(self.address, [Problem(name, number, str(error))]) from error

    def _text_problems(self, records: Iterable[Record]) -> list[Problem]:
        hashes = dict.fromkeys(each for record in records for each in _text_hashes(record))
        problems = []
        for sha256 in hashes:
            content = self._store.read_text(sha256)
            if content is None:
                problems.append(Problem(f"{sha256}.txt", None, "is missing: a text was accepted"))
            elif hashlib.sha256(content).hexdigest() != sha256:
                problems.append(Problem(f"{sha256}.txt", None, "was edited: a text was accepted"))
        return problems


def broken(address: str, problems: Iterable[Problem]) -> LicenseRefused:
    """Say that a ledger proves nothing, by the first of what is wrong with it."""
    first, *more = problems
    others = f", and {len(more)} more" if more else ""
    hint = "llamactl license verify names all; restore them from a copy, or name another ledger"
    message = f"the license ledger {address} is broken: {first.file} {first.what}{others}"
    return LicenseRefused(message, hint=hint)


def _text_hashes(record: Record) -> Iterator[str]:
    texts = record.content["terms"].get("texts")
    for each in texts if isinstance(texts, list) else ():
        sha256 = each.get("sha256") if isinstance(each, dict) else None
        if isinstance(sha256, str) and _SHA256.fullmatch(sha256):  # it names a file
            yield sha256
