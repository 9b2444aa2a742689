"""The ledger in a folder: appended to, verified, written by many, killed, damaged."""

import hashlib
import os
import time
from dataclasses import replace

import pytest

from catalog.acceptances import LLAMA_2, TERMS
from containers.licensing.writers import counts_by_name, start_writer, write_at_once
from llamactl_catalog.errors import InvalidFile, InvalidInput, LicenseRefused, NoPermission
from llamactl_catalog.licensing.chain import record_name
from llamactl_containers.licensing.folder_store import FolderStore
from llamactl_containers.licensing.ledger import Ledger, open_ledger

TEXT = b"the words of a license\n"
TEXT_SHA256 = hashlib.sha256(TEXT).hexdigest()
WITH_TEXT = replace(
    LLAMA_2,
    terms=replace(TERMS, texts=(replace(TERMS.texts[0], sha256=TEXT_SHA256), TERMS.texts[1])),
)
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "ledger"


@pytest.fixture
def ledger(folder):
    return open_ledger(str(folder))


def append(ledger, count):
    return [ledger.append(replace(LLAMA_2, nonce=str(number))) for number in range(count)]


def named(ledger):
    return [(each.file, each.number) for each in ledger.verify().problems]


def test_looking_makes_no_folder(ledger, folder):
    assert (ledger.records(), ledger.verify().is_whole) == ((), True)
    assert not folder.exists()


def test_records_are_numbered_and_chained(ledger):
    made = append(ledger, 3)

    assert [each.number for each in made] == [1, 2, 3]
    assert ledger.records() == tuple(made)


def test_the_accepted_text_is_kept_beside(ledger):
    ledger.append(WITH_TEXT, {TEXT_SHA256: TEXT})

    assert ledger.text(TEXT_SHA256) == TEXT
    assert ledger.verify().is_whole


@pytest.mark.parametrize(("content", "what"), [(None, "is missing"), (b"other", "was edited")])
def test_a_text_that_was_touched_is_named(ledger, folder, content, what):
    ledger.append(WITH_TEXT, {TEXT_SHA256: TEXT})
    path = folder / "texts" / f"{TEXT_SHA256}.txt"
    path.unlink()
    if content is not None:
        path.write_bytes(content)

    [problem] = ledger.verify().problems

    assert problem.file == path.name
    assert problem.what.startswith(what)


def test_nothing_but_the_ledger_is_left_behind(ledger, folder):
    append(ledger, 2)

    kept = [".gitattributes", "head.json", "records", "texts"]
    assert sorted(each.name for each in folder.iterdir()) == kept


def test_a_broken_ledger_proves_nothing(ledger, folder):
    append(ledger, 3)
    (folder / "records" / record_name(2)).unlink()

    with pytest.raises(LicenseRefused, match=r"00000002\.json is missing"):
        ledger.records()


def test_nothing_is_added_after_a_record_that_was_removed(ledger, folder):
    append(ledger, 3)
    (folder / "records" / record_name(3)).unlink()

    with pytest.raises(LicenseRefused, match=r"00000003\.json is missing"):
        append(ledger, 1)


@pytest.mark.parametrize("content", [b"", b"{", b"null", b'{"count":3}', b"\xff\xfe"])
def test_a_head_that_is_no_head_is_told(ledger, folder, content):
    append(ledger, 3)
    (folder / "head.json").write_bytes(content)

    assert named(ledger) == [("head.json", None)]
    with pytest.raises(LicenseRefused, match=r"head\.json"):
        append(ledger, 1)


def test_a_head_that_a_crash_left_behind_is_brought_up(ledger, folder):
    append(ledger, 2)
    before = (folder / "head.json").read_bytes()
    append(ledger, 1)
    (folder / "head.json").write_bytes(before)

    assert ledger.verify().is_whole
    assert append(ledger, 1)[0].number == 4
    assert ledger.verify().notes == ()


def test_a_crash_before_the_first_head_is_survived(ledger, folder):
    append(ledger, 1)
    (folder / "head.json").unlink()

    assert ledger.verify().is_whole
    assert append(ledger, 1)[0].number == 2


@pytest.mark.parametrize("writers", [2, 8])
def test_of_writers_at_the_same_time_none_loses_a_record(ledger, folder, writers):
    write_at_once(folder, writers, 10)

    records = ledger.records()
    assert len(records) == writers * 10
    assert set(counts_by_name(records).values()) == {10}
    assert ledger.verify().notes == ()


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
@pytest.mark.parametrize("after_s", [0.0, 0.003, 0.01, 0.03])
def test_a_writer_that_is_killed_leaves_a_whole_ledger(ledger, folder, after_s):
    told = 0
    for _ in range(3):
        with start_writer(folder, "killed", 10_000) as writer:
            writer.stdout.readline()
            time.sleep(after_s)
            writer.kill()
            told = max(told, *(int(each) for each in writer.stdout.read().split()), 0)

    assert ledger.verify().is_whole
    assert len(ledger.records()) >= told
    append(ledger, 1)
    assert not list(folder.glob(".draft-*"))


def test_a_folder_of_other_things_is_no_ledger(tmp_path):
    (tmp_path / "main.py").write_text("")
    ledger = open_ledger(str(tmp_path))

    with pytest.raises(InvalidInput, match=r"is no license ledger: it holds main\.py"):
        ledger.records()
    with pytest.raises(InvalidInput):
        append(ledger, 1)
    assert [each.name for each in tmp_path.iterdir()] == ["main.py"]


def test_a_repositorys_folder_may_hold_hidden_files(tmp_path):
    (tmp_path / ".gitkeep").write_text("")

    assert append(open_ledger(str(tmp_path)), 1)[0].number == 1


def test_a_file_is_no_ledger(tmp_path):
    path = tmp_path / "file"
    path.write_text("")

    with pytest.raises(InvalidInput, match="not a folder"):
        open_ledger(str(path)).records()
    with pytest.raises(InvalidInput, match="not a folder"):
        append(open_ledger(str(path)), 1)


def test_a_folder_where_a_record_should_be_is_told(ledger, folder):
    append(ledger, 1)
    (folder / "records" / record_name(2)).mkdir()

    with pytest.raises(InvalidFile, match="00000002"):
        ledger.records()


@pytest.mark.skipif(IS_ROOT, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told(ledger, folder):
    append(ledger, 1)
    for each in (folder, folder / "records"):
        each.chmod(0o500)

    try:
        with pytest.raises(NoPermission):
            append(ledger, 1)
        assert len(ledger.records()) == 1
    finally:
        for each in (folder, folder / "records"):
            each.chmod(0o700)


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_disk_that_is_full_is_told_and_leaves_a_whole_ledger(ledger, folder):
    append(ledger, 1)
    program = (
        "import resource, runpy, signal, sys; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); sys.argv = sys.argv[1:]; "
        "runpy.run_path(sys.argv[0])"
    )
    writer = start_writer(folder, "full", 1, program=program)
    _, errors = writer.communicate(timeout=60)

    assert "NoCapacity" in errors
    assert ledger.verify().is_whole
    assert len(ledger.records()) == 1
    assert not list(folder.glob(".draft-*"))


class ForgetfulStore(FolderStore):
    """A store whose answer to `create` gets lost on the way: it was made, and says it was not."""

    def create(self, name, content):
        super().create(name, content)
        return False


def test_a_record_whose_answer_got_lost_is_not_made_twice(folder):
    ledger = Ledger(str(folder), ForgetfulStore(folder))

    append(ledger, 2)

    assert len(ledger.records()) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names there")
def test_a_pipe_in_a_records_place_is_not_waited_for(ledger, folder):
    append(ledger, 2)
    path = folder / "records" / record_name(2)
    path.unlink()
    os.mkfifo(path)

    assert named(ledger) == [(record_name(2), 2)]


def test_a_file_without_end_is_not_read_to_its_end(ledger, folder):
    append(ledger, 2)
    with (folder / "records" / record_name(2)).open("r+b") as file:
        file.truncate(2**40)

    with pytest.raises(InvalidFile, match="more than 16"):
        ledger.verify()


@pytest.mark.parametrize("name", ["../../outside", "a\0b", "\udcff"])
def test_a_hash_that_is_none_leads_to_no_file(ledger, name):
    text = replace(TERMS.texts[0], sha256=name)
    ledger.append(replace(LLAMA_2, terms=replace(TERMS, texts=(text, TERMS.texts[1]))))

    assert ledger.verify().is_whole


def test_git_leaves_the_bytes_of_a_ledger_alone(ledger, folder):
    append(ledger, 1)

    assert (folder / ".gitattributes").read_text() == "* -text\n"
