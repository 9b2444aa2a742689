"""The chain of records: how each is sealed to the one before, and what shows that one was touched.

A record is a file of two lines. The first holds its content, with its number and the SHA-256 of the
first line of the record before; the second holds the SHA-256 of the first, and its signature if the
first names a signer. The head holds the count of records and the SHA-256 of the last; a crash
between the two writes leaves it behind, never ahead.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from llamactl_catalog.errors import LicenseRefused
from llamactl_catalog.licensing.acceptance import FORMAT, Acceptance

HEAD_NAME = "head.json"
# What the first record has in place of a record before.
ORIGIN = "0" * 64
_NAME = re.compile(r"([0-9]{8})\.json")
_DIGITS_OF_ID = 16
_LAST_NUMBER = 99_999_999


class Signer(Protocol):
    """A key to sign with."""

    @property
    def fingerprint(self) -> str:
        """Name the key."""

    def sign(self, line: bytes) -> bytes:
        """Sign a record's first line."""


# Given a fingerprint, a record's first line and its signature, says what is wrong, if anything.
CheckSignature = Callable[[str, bytes, bytes], str | None]


@dataclass(frozen=True, slots=True)
class Record:
    """A sound record: its place in the chain, the hash of its first line, and its content."""

    number: int
    sha256: str
    previous: str
    signer: str | None
    content: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The acceptance id that specs, tags and labels carry."""
        return self.sha256[:_DIGITS_OF_ID]

    @property
    def is_readable(self) -> bool:
        """Tell whether this version knows the record's format."""
        return self.content.get("format") == FORMAT

    def acceptance(self) -> Acceptance:
        """Read the content.

        Raises:
            LicenseRefused: it is no acceptance, though it is sealed as one.
        """
        try:
            return Acceptance.from_json(self.content)
        except ValueError as error:
            hint = "no llamactl writes such a record: find out who put it there"
            message = f"record {self.number} of the license ledger is no acceptance: {error}"
            raise LicenseRefused(message, hint=hint) from error


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, with which file; `number` is None where it is no record's file."""

    file: str
    number: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The records that are sound by themselves, and all that is wrong with the chain."""

    records: tuple[Record, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.problems


def record_name(number: int) -> str:
    """Give the file name of a record.

    Raises:
        ValueError: no ledger holds that many.
    """
    if not 1 <= number <= _LAST_NUMBER:
        raise ValueError(f"record number {number}")
    return f"{number:08}.json"


def sealed(number: int, previous: str, acceptance: Acceptance, signer: Signer | None) -> bytes:
    """Give the file of a record that follows the one whose first line has the hash `previous`."""
    content = {"number": number, "previous": previous, **acceptance.to_json()}
    if signer is not None:
        content["signer"] = signer.fingerprint
    line = _compact(content)
    seal: dict[str, Any] = {"sha256": _sha256(line)}
    if signer is not None:
        signature = signer.sign(line)
        # A hash of its own: a damaged signature is found by those too who have no key to check it.
        text = base64.b64encode(signature).decode()
        seal["signature"] = {"value": text, "sha256": _sha256(signature)}
    return line + b"\n" + _compact(seal) + b"\n"


def head(count: int, sha256: str) -> bytes:
    """Give the head's file."""
    return _compact({"count": count, "sha256": sha256}) + b"\n"


def read_head(content: bytes) -> tuple[int, str]:
    """Read the head's file: the count of records and the SHA-256 of the last.

    Raises:
        ValueError: it is not as `head` writes it.
    """
    values = _object(content)
    count, sha256 = values.get("count"), values.get("sha256")
    if type(count) is not int or count < 0 or not isinstance(sha256, str):
        raise ValueError("is not as llamactl writes it")
    if head(count, sha256) != content:
        raise ValueError("is not as llamactl writes it")
    return count, sha256


def read_record(number: int, content: bytes) -> Record:
    """Read a record's file, and check it as far as it can be checked by itself.

    Raises:
        ValueError: with what is wrong with it.
    """
    return _read(number, content)[0]


def verify(
    files: Iterable[tuple[str, bytes]], head: bytes | None, check: CheckSignature | None = None
) -> Verified:
    """Check a whole ledger, its records given by file name, in the order of the names.

    With `check`, every record must have a signature that it finds right.
    """
    walk = _Walk(check)
    for name, content in files:
        walk.take(name, content)
    walk.check_head(head)
    unknown = [each.number for each in walk.records if not each.is_readable]
    if unknown:
        walk.notes.append(
            f"{len(unknown)} records are of another format, the first is {unknown[0]}: "
            "upgrade llamactl to read them"
        )
    return Verified(tuple(walk.records), tuple(walk.problems), tuple(walk.notes))


@dataclass(slots=True)
class _Walk:
    """The state of a check that goes from record to record.

    `before` is the hash of the record before; None where that one is missing or damaged, which is
    told by itself.
    """

    check: CheckSignature | None
    expected: int = 1
    before: str | None = ORIGIN
    hashes: dict[int, str] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take(self, name: str, content: bytes) -> None:
        match = _NAME.fullmatch(name)
        if match is None or int(match[1]) == 0:
            self.problems.append(Problem(name, None, "is no record's file"))
            return
        number = int(match[1])
        if number > self.expected:
            self._miss(self.expected, number - 1, "")
            self.before = None
        self.expected = number + 1
        before, self.before = self.before, None
        try:
            record, signature = _read(number, content)
        except ValueError as error:
            self._found(number, str(error))
            return
        self.records.append(record)
        self.before = self.hashes[number] = record.sha256
        if before is not None and record.previous != before:
            self._say_broken(number)
        if self.check is not None:
            wrong = _signature_problem(record, content, signature, self.check)
            if wrong is not None:
                self._found(number, wrong)

    def check_head(self, content: bytes | None) -> None:
        last = self.expected - 1
        if content is None:
            if last > 1:
                self.problems.append(Problem(HEAD_NAME, None, "is missing"))
            elif last == 1:
                self.notes.append(_behind(1))
            return
        try:
            count, sha256 = read_head(content)
        except ValueError as error:
            self.problems.append(Problem(HEAD_NAME, None, f"was edited: {error}"))
            return
        if count > last and sha256 == self.hashes.get(last):
            what = f"was edited: it counts {count}, and its hash is that of record {last}"
            self.problems.append(Problem(HEAD_NAME, None, what))
            return
        if count > last:
            self._miss(last + 1, count, f": {HEAD_NAME} counts {count}")
            return
        known = self.hashes.get(count)
        if count < 1 or known not in (None, sha256):
            at = f"record {count}" if count else "no record"
            what = f"names another hash for {at} than that record has: one of them was replaced"
            self.problems.append(Problem(HEAD_NAME, count or None, what))
        elif count < last:
            self.notes.append(_behind(last - count))

    def _miss(self, first: int, last: int, why: str) -> None:
        upto = "" if first == last else f", with all up to {last}"
        what = f"is missing{upto}{why}"
        self.problems.append(Problem(f"{first:08}.json", first, what))

    def _say_broken(self, number: int) -> None:
        if number == 1:
            self._found(1, "names a record before it, but is the first")
        else:
            what = f"was replaced: record {number} was written after another one"
            self._found(number - 1, what)

    def _found(self, number: int, what: str) -> None:
        self.problems.append(Problem(record_name(number), number, what))


def _read(number: int, content: bytes) -> tuple[Record, bytes | None]:
    line, seal = _lines(content)
    values = _object(seal)
    sha256 = values.get("sha256")
    signature = _signature(values.get("signature"))
    if not isinstance(sha256, str) or _compact(values) != seal or set(values) - _SEAL:
        raise ValueError("was edited: its second line is not as llamactl writes it")
    if _sha256(line) != sha256:
        raise ValueError("was edited: its content has another hash than its second line says")
    own = _object(line)
    held, previous, signer = own.get("number"), own.get("previous"), own.get("signer")
    if held != number:
        raise ValueError(f"holds record {held}")
    if (
        not isinstance(previous, str)
        or not isinstance(signer, str | None)
        or not all(isinstance(own.get(name), dict) for name in _PARTS)
    ):
        raise ValueError("is no record of an acceptance")
    if (signer is None) != (signature is None):
        what = "is not signed, but names a signer" if signature is None else "names no signer"
        raise ValueError(f"was edited: it {what}")
    return Record(number, sha256, previous, signer, own), signature


_PARTS = ("terms", "person", "act")
_SEAL = frozenset({"sha256", "signature"})


def _lines(content: bytes) -> tuple[bytes, bytes]:
    lines = content.split(b"\n")
    if len(lines) != 3 or lines[2]:  # noqa: PLR2004 - two lines, each with its end
        raise ValueError("is unreadable: not two lines")
    return lines[0], lines[1]


def _object(line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise ValueError(f"is unreadable: {error}") from error
    except RecursionError as error:
        raise ValueError("is unreadable: it is nested too deep") from error
    if not isinstance(values, dict):
        raise ValueError("is unreadable: not a JSON object")  # noqa: TRY004 - a file's content
    return values


def _signature(value: object) -> bytes | None:
    if value is None:
        return None
    match value:
        case {"value": str(text), "sha256": str(sha256), **rest} if not rest:
            try:
                signature = base64.b64decode(text, validate=True)
            except binascii.Error:
                signature = b""
            if _sha256(signature) == sha256:
                return signature
    raise ValueError("was edited: its signature is damaged")


def _signature_problem(
    record: Record, content: bytes, signature: bytes | None, check: CheckSignature
) -> str | None:
    if record.signer is None or signature is None:
        return "is not signed"
    return check(record.signer, _lines(content)[0], signature)


def _behind(count: int) -> str:
    records = "1 record" if count == 1 else f"{count} records"
    return f"{HEAD_NAME} is {records} behind, as after a crash; the next acceptance corrects it"


def _compact(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
