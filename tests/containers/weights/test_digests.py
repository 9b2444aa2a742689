"""Hashing what goes by, and comparing it with what a source says."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from llamactl_containers.weights.digests import Digest, Hashing, digest_of

# `printf 'hello\n' | git hash-object --stdin`, `… | md5sum` and `… | sha256sum`.
HELLO = b"hello\n"
KNOWN = [
    Digest("git-sha1", "ce013625030ba8dba906f756967f9e9ca394464a"),
    Digest("md5", "b1946ac92492d2347c6235b4d2611184"),
    Digest("sha256", "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"),
]


@pytest.mark.parametrize("digest", KNOWN, ids=lambda each: each.kind)
def test_the_known_digest_of_a_known_file_fits(digest):
    hashing = Hashing(len(HELLO), digest)

    hashing.update(HELLO)

    assert hashing.problem() is None
    assert hashing.sha256 == KNOWN[2].hexadecimal


@pytest.mark.parametrize("digest", KNOWN, ids=lambda each: each.kind)
def test_a_changed_byte_is_told_with_both_digests(digest):
    hashing = Hashing(len(HELLO), digest)

    hashing.update(b"hellO\n")

    problem = hashing.problem()
    assert problem is not None
    assert digest.hexadecimal in problem


def test_a_short_file_is_told_by_its_size():
    hashing = Hashing(6, None)

    hashing.update(b"hell")

    assert hashing.problem() == "4 bytes, not 6"


@given(some.binary(max_size=300), some.lists(some.integers(0, 300), max_size=5))
def test_the_hash_does_not_depend_on_how_the_bytes_are_cut(content, cuts):
    hashing = Hashing(len(content), None)
    ends = [*sorted(cuts), len(content)]

    for start, end in zip([0, *ends], ends, strict=False):
        hashing.update(content[start:end])

    assert hashing.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("digest", KNOWN, ids=lambda each: each.kind)
def test_a_digest_reads_what_it_writes(digest):
    assert digest_of(str(digest)) == digest


@pytest.mark.parametrize("text", ["", "sha256:", "sha512:ab", "md5:xyz"])
def test_other_texts_are_no_digest(text):
    assert digest_of(text) is None
