"""The chain of records: whatever is done to a ledger's files is found, and the record is named."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.acceptances import LLAMA_2, ledger, ledger_of, records_of
from llamactl_catalog.errors import LicenseRefused
from llamactl_catalog.licensing.chain import (
    HEAD_NAME,
    ORIGIN,
    head,
    read_head,
    read_record,
    record_name,
    sealed,
    verify,
)

COUNT = 6
FILES, HEAD = ledger(COUNT)
NUMBERS = st.integers(1, COUNT)


def found(files, head_file=HEAD):
    return verify(sorted(files.items()), head_file)


def named(files, head_file=HEAD):
    return {each.number for each in found(files, head_file).problems}


def test_a_ledger_that_nobody_touched_is_whole():
    result = found(FILES)

    assert (result.problems, result.notes, len(result.records)) == ((), (), COUNT)


def test_an_empty_ledger_is_whole():
    assert found({}, None).is_whole


@given(NUMBERS, st.data())
def test_any_byte_that_is_changed_is_found_in_its_record(number, data):
    content = FILES[record_name(number)]
    at = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda each: each != content[at]))

    edited = content[:at] + bytes([other]) + content[at + 1 :]

    assert named(FILES | {record_name(number): edited}) == {number}


@given(NUMBERS, st.data())
def test_any_byte_that_is_cut_or_put_in_is_found_in_its_record(number, data):
    content = FILES[record_name(number)]
    at = data.draw(st.integers(0, len(content) - 1))
    more = data.draw(st.binary(max_size=3))

    edited = content[:at] + more + content[at + (not more) :]

    assert named(FILES | {record_name(number): edited}) == {number}


@given(st.sets(NUMBERS, min_size=1, max_size=COUNT - 1))
def test_removed_records_are_named(numbers):
    left = {name: each for name, each in FILES.items() if int(name[:8]) not in numbers}

    missing = {
        number for each in found(left).problems for number in range(each.number, last_of(each) + 1)
    }

    assert missing == numbers


def last_of(problem):
    """The last number of `is missing, with all up to 5`."""
    _, upto, rest = problem.what.partition("up to ")
    return int(rest.partition(":")[0]) if upto else problem.number


@given(st.permutations(range(1, COUNT + 1)))
def test_records_that_changed_places_are_named(order):
    moved = {
        record_name(place): FILES[record_name(number)]
        for place, number in enumerate(order, start=1)
    }

    assert named(moved) == {place for place, number in enumerate(order, 1) if place != number}


@given(NUMBERS, st.integers(COUNT + 1, 99_999_999))
def test_a_record_that_is_put_in_twice_is_named(number, place):
    copied = FILES | {record_name(place): FILES[record_name(number)]}

    assert place in named(copied)


@given(NUMBERS)
def test_a_record_that_is_replaced_by_a_sound_one_is_named(number):
    name = record_name(number)
    previous = read_record(number, FILES[name]).previous

    replaced = FILES | {name: sealed(number, previous, LLAMA_2, None)}

    assert named(replaced) == {number}


@given(st.data())
def test_any_byte_of_the_head_that_is_changed_is_found_there(data):
    at = data.draw(st.integers(0, len(HEAD) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda each: each != HEAD[at]))

    problems = found(FILES, HEAD[:at] + bytes([other]) + HEAD[at + 1 :]).problems

    assert [each.file for each in problems] == [HEAD_NAME]


def test_a_count_that_was_raised_is_an_edit_of_the_head_and_no_lost_record():
    counted = HEAD.replace(b'"count":%d' % COUNT, b'"count":%d' % (COUNT + 1))

    [problem] = found(FILES, counted).problems

    assert problem.file == HEAD_NAME
    assert (
        problem.what == f"was edited: it counts {COUNT + 1}, and its hash is that of record {COUNT}"
    )


@pytest.mark.parametrize("count", range(1, COUNT))
def test_a_head_that_is_behind_is_no_problem(count):
    behind = head(count, read_record(count, FILES[record_name(count)]).sha256)

    result = found(FILES, behind)

    assert result.is_whole
    assert "behind" in result.notes[0]


def test_a_head_that_is_ahead_is_a_record_that_was_removed():
    left = {name: each for name, each in FILES.items() if int(name[:8]) < COUNT}

    [problem] = found(left).problems

    assert problem.file == record_name(COUNT)
    assert problem.what == f"is missing: {HEAD_NAME} counts {COUNT}"


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"count":-1,"sha256":"x"}\n', b"{}"])
def test_a_head_that_is_none_is_told(content):
    assert [each.file for each in found(FILES, content).problems] == [HEAD_NAME]


def test_a_head_that_is_not_there_is_told():
    assert [each.file for each in found(FILES, None).problems] == [HEAD_NAME]


def test_the_first_record_without_a_head_is_what_a_crash_leaves():
    files, _ = ledger(1)

    assert found(files, None).is_whole


@pytest.mark.parametrize(
    "name", ["1.json", "00000000.json", "notes.txt", "00000001.json.bak", "0000000a.json"]
)
def test_a_file_that_is_no_record_is_told(name):
    result = verify([*sorted(FILES.items()), (name, b"{}")], HEAD)

    assert [(each.file, each.what) for each in result.problems] == [(name, "is no record's file")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\n\n",
        b"{}\n{}\n",
        b"[]\n[]\n",
        b"\xff\n\xff\n",
        b"1\n2\n",
        b"{" * 5000,
        b"{}\n" + b"[" * 100_000 + b"\n",
    ],
)
def test_any_garbage_is_named(content):
    assert named(FILES | {record_name(3): content}) == {3}


def test_a_record_says_who_it_follows():
    first, second = records_of(LLAMA_2, LLAMA_2)

    assert (first.previous, second.previous) == (ORIGIN, first.sha256)
    assert first.id == first.sha256[:16]


def test_what_was_accepted_comes_back():
    [record] = records_of(LLAMA_2)

    assert record.acceptance() == LLAMA_2


def test_records_of_a_later_format_are_told_and_stay_in_the_chain():
    files, _ = ledger_of([LLAMA_2])
    line = files[record_name(1)].split(b"\n")[0].replace(b'"format":1', b'"format":2')

    result = verify([(record_name(1), resealed(line))], None)

    assert result.is_whole
    assert not result.records[0].is_readable
    assert any("upgrade llamactl" in each for each in result.notes)


def resealed(line):
    sha256 = hashlib.sha256(line).hexdigest()
    return line + b'\n{"sha256":"%s"}\n' % sha256.encode()


def test_a_record_that_is_sealed_but_no_acceptance_is_told():
    line = b'{"number":1,"previous":"%s","format":1,"kind":"joke"}' % ORIGIN.encode()

    [problem] = verify([(record_name(1), resealed(line))], None).problems

    assert problem.what == "is no record of an acceptance"


def test_a_record_that_lacks_a_part_proves_nothing():
    files, _ = ledger_of([LLAMA_2])
    line = files[record_name(1)].split(b"\n")[0].replace(b'"nonce"', b'"nonsense"')

    with pytest.raises(LicenseRefused, match="nonce: is missing"):
        read_record(1, resealed(line)).acceptance()


def test_a_head_reads_back():
    assert read_head(head(7, "ab" * 32)) == (7, "ab" * 32)
