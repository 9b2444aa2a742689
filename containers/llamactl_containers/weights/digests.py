"""The digests that sources give of their files, and computing them while bytes go by."""

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined]  # from Python 3.12 on

DigestKind = Literal["sha256", "md5", "git-sha1"]
_TEXT = re.compile(r"(sha256):([0-9a-f]{64})|(md5):([0-9a-f]{32})|(git-sha1):([0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class Digest:
    """What a source says of a file's content; `git-sha1` is the hash of a git blob."""

    kind: DigestKind
    hexadecimal: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.hexadecimal}"


def digest_of(text: str) -> Digest | None:
    """Read a digest as `str` writes it; None where it is none."""
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    kind, hexadecimal = (each for each in match.groups() if each is not None)
    return Digest(cast("DigestKind", kind), hexadecimal)  # as the pattern says


class Hashing:
    """Hashes a file piece by piece: its SHA-256, and what its source gives beside that."""

    def __init__(self, size_bytes: int, expected: Digest | None) -> None:
        self._expected = expected
        self._size_bytes = size_bytes
        self._seen_bytes = 0
        self._sha256 = hashlib.sha256()
        self._other = _other_hash(size_bytes, expected)

    def update(self, piece: "Buffer") -> None:
        """Take the next piece."""
        self._seen_bytes += memoryview(piece).nbytes
        self._sha256.update(piece)
        if self._other is not None:
            self._other.update(piece)

    @property
    def sha256(self) -> str:
        """The SHA-256 of all that went by."""
        return self._sha256.hexdigest()

    def problem(self) -> str | None:
        """Say how what went by is not what the source says; None: it is."""
        if self._seen_bytes != self._size_bytes:
            return f"{self._seen_bytes} bytes, not {self._size_bytes}"
        if self._expected is None:
            return None
        hashed = self._sha256 if self._other is None else self._other
        if hashed.hexdigest() == self._expected.hexadecimal:
            return None
        return (
            f"its {self._expected.kind} is {hashed.hexdigest()}, not {self._expected.hexadecimal}"
        )


def _other_hash(size_bytes: int, expected: Digest | None) -> "hashlib._Hash | None":
    if expected is None or expected.kind == "sha256":
        return None
    if expected.kind == "md5":
        return hashlib.md5(usedforsecurity=False)
    # A git blob's hash is over a header and the content. Source: Git Book, 10.2 Git Objects.
    blob = hashlib.sha1(usedforsecurity=False)
    blob.update(b"blob %d\0" % size_bytes)
    return blob
