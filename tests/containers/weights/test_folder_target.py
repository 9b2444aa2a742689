"""Weights into a folder of this machine."""

import asyncio
import hashlib
import json
import shutil
import threading
import time

import pytest

from llamactl_catalog.errors import InvalidInput, NoCapacity
from llamactl_containers.weights.folder_target import FolderTarget
from llamactl_containers.weights.manifest import MANIFEST_NAME, read_manifest
from standins.file_server import Trouble
from standins.hub import REPO, REVISION, git_sha1

LARGE = "model-00001-of-00002.safetensors"
SMALLER = "model-00002-of-00002.safetensors"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def cdn_bytes(hub):
    """Count what the CDN was asked for."""
    ranges = [each.headers.get("range", "bytes=0--1") for each in hub.asked_of("cdn")]
    ends = [each.removeprefix("bytes=").partition("-")[::2] for each in ranges]
    return sum(int(last) - int(first) + 1 for first, last in ends)


def interrupted(hub, move, out):
    """Break a transfer for good in the middle of the large file."""

    def stop(asked, _number):
        start = asked.headers.get("range", "bytes=0-").removeprefix("bytes=").split("-")[0]
        refused = asked.server == "cdn" and LARGE in asked.path and int(start) > 1_000_000
        return Trouble(status=418) if refused else None

    hub.trouble = stop
    with pytest.raises(Exception, match="status 418"):
        move(out)
    hub.trouble = lambda _asked, _number: None


def test_all_that_is_needed_arrives_and_the_manifest_says_what(hub, move, out):
    staged = move(out)

    manifest = read_manifest((out / MANIFEST_NAME).read_bytes(), "manifest")
    assert manifest == staged.manifest
    assert {each.path: each.sha256 for each in manifest.files} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.iterdir()
        if path.name != MANIFEST_NAME
    }
    assert manifest.origin == {"kind": "huggingface", "repo": REPO, "revision": REVISION}
    assert (manifest.license, manifest.license_acceptance) == ("llama-2", "0123456789abcdef")
    assert manifest.left_out == (
        "not needed to serve: README.md (7 B)",
        "the same weights in another format: pytorch_model.bin (15.6 KiB)",
    )


def test_what_stands_beside_the_weights_is_in_the_manifest(move, out):
    staged = move(out, beside={"NOTICE": b"notice", "LICENSE.txt": b"another copy"})

    assert (out / "NOTICE").read_bytes() == b"notice"
    assert (out / "LICENSE.txt").read_bytes() == b"the terms\n"  # the repository's own
    assert "NOTICE" in {each.path for each in staged.manifest.files}


def test_nothing_else_is_left_in_the_folder(move, out):
    staged = move(out)

    names = {each.path for each in staged.manifest.files} | {MANIFEST_NAME}
    assert {path.name for path in out.iterdir()} == names


def test_a_second_time_nothing_is_moved(hub, move, out):
    first = move(out)
    before = len(hub.asked_of("cdn"))

    again = move(out)

    assert (again.moved_files, again.moved_bytes) == (0, 0)
    assert len(hub.asked_of("cdn")) == before
    assert again.manifest.files == first.manifest.files


def test_after_an_interruption_it_goes_on_inside_the_file(hub, move, out):
    interrupted(hub, move, out)
    there = (out / ".llamactl" / f"{LARGE}.part").stat().st_size
    hub.asked.clear()

    staged = move(out)

    assert 0 < there < len(hub.files[LARGE])
    assert (out / LARGE).read_bytes() == hub.files[LARGE]
    assert cdn_bytes(hub) == staged.moved_bytes
    assert staged.moved_bytes <= len(hub.files[LARGE]) - there + len(hub.files[SMALLER])


def test_an_interrupted_folder_has_no_manifest_and_no_half_file(hub, move, out):
    interrupted(hub, move, out)

    assert not (out / MANIFEST_NAME).exists()
    assert not (out / LARGE).exists()


def test_a_part_that_was_damaged_meanwhile_is_fetched_again(hub, move, out):
    interrupted(hub, move, out)
    part = out / ".llamactl" / f"{LARGE}.part"
    part.write_bytes(bytes(part.stat().st_size))

    move(out)

    assert (out / LARGE).read_bytes() == hub.files[LARGE]


@pytest.mark.parametrize("damage", [b"", b"\0" * 9_500_000], ids=["cut short", "other bytes"])
def test_a_file_that_was_damaged_later_is_the_only_one_moved_again(hub, move, out, damage):
    move(out)
    (out / LARGE).write_bytes(damage)

    staged = move(out)

    assert staged.moved_files == 1
    assert (out / LARGE).read_bytes() == hub.files[LARGE]


def test_other_files_of_the_same_name_are_not_overwritten(move, out):
    out.mkdir()
    (out / "config.json").write_text("mine")

    with pytest.raises(InvalidInput, match=r"holds other files of these names: config.json"):
        move(out)

    assert (out / "config.json").read_text() == "mine"


def test_a_copy_that_someone_made_before_is_taken_as_it_is(hub, move, out):
    out.mkdir()
    (out / LARGE).write_bytes(hub.files[LARGE])

    staged = move(out)

    assert LARGE not in {each.path for each in hub.asked_of("cdn")}
    assert staged.moved_bytes == sum(each.size_bytes for each in staged.manifest.files) - len(
        hub.files[LARGE]
    ) - len(b"Llama 2 is licensed\n")


def other_weights(out):
    path = out / MANIFEST_NAME
    manifest = json.loads(path.read_text())
    manifest["origin"]["revision"] = "1" * 40
    manifest["files"].append(
        {"path": "model-00003-of-00003.safetensors", "size_bytes": 1, "sha256": "0"}
    )
    (out / "model-00003-of-00003.safetensors").write_bytes(b"x")
    path.write_text(json.dumps(manifest))


def test_other_weights_are_not_mixed_with_these(move, out):
    move(out)
    other_weights(out)

    with pytest.raises(InvalidInput, match=f"holds llama-2-7b-chat of {REPO} 1111"):
        move(out)


def test_other_weights_are_replaced_where_that_is_asked_for(move, out):
    move(out)
    other_weights(out)

    move(out, replace=True)

    assert not (out / "model-00003-of-00003.safetensors").exists()


def test_two_processes_do_not_write_into_one_folder(move, out):
    with FolderTarget(out).alone(), pytest.raises(NoCapacity, match="another process"):
        move(out)


def test_a_folder_is_never_two_processes_at_once(out):
    inside, most, refused = 0, 0, 0

    def enter():
        nonlocal inside, most, refused
        for _ in range(50):
            try:
                with FolderTarget(out).alone():
                    inside += 1
                    most = max(most, inside)
                    time.sleep(0)
                    inside -= 1
            except NoCapacity:
                refused += 1

    threads = [threading.Thread(target=enter) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert (most, refused > 0) == (1, True)
    assert list(out.iterdir()) == []


def test_a_link_where_a_part_arrives_leads_nowhere(hub, move, out, tmp_path):
    (out / ".llamactl").mkdir(parents=True)
    (tmp_path / "mine").write_text("mine")
    (out / ".llamactl" / "config.json.part").symlink_to(tmp_path / "mine")

    move(out)

    assert (tmp_path / "mine").read_text() == "mine"
    assert (out / "config.json").read_bytes() == hub.files["config.json"]
    assert not (out / "config.json").is_symlink()


def test_a_link_to_a_file_elsewhere_is_replaced_and_not_followed(hub, move, out, tmp_path):
    out.mkdir()
    (tmp_path / "mine").write_text("mine")
    (out / "config.json").symlink_to(tmp_path / "mine")

    move(out, replace=True)

    assert (tmp_path / "mine").read_text() == "mine"
    assert (out / "config.json").read_bytes() == hub.files["config.json"]


@pytest.mark.parametrize("name", ["config.json", MANIFEST_NAME])
def test_a_folder_of_a_files_name_is_told(move, out, name):
    (out / name).mkdir(parents=True)

    with pytest.raises(InvalidInput, match=rf"{name} is in the way: a folder"):
        move(out, replace=True)


def test_a_name_that_is_too_long_is_told(move, tmp_path):
    with pytest.raises(InvalidInput, match="too long"):
        move(tmp_path / ("x" * 300))


@pytest.mark.parametrize("files", [[1], {"config.json": 5}, "text", {"model": None}])
def test_a_journal_that_was_tampered_with_is_not_believed(hub, move, out, files):
    origin = {"kind": "huggingface", "repo": REPO, "revision": REVISION}
    (out / ".llamactl").mkdir(parents=True)
    (out / ".llamactl" / "incoming.json").write_text(json.dumps({"origin": origin, "files": files}))

    move(out)

    assert (out / LARGE).read_bytes() == hub.files[LARGE]


def test_a_digest_of_a_journal_does_not_stand_in_for_the_files_own(hub, move, out):
    origin = {"kind": "huggingface", "repo": REPO, "revision": REVISION}
    content = hub.files["config.json"]
    files = {f"config.json git-sha1:{git_sha1(content)}": "0" * 64}
    (out / ".llamactl").mkdir(parents=True)
    (out / "config.json").write_bytes(content)
    (out / ".llamactl" / "incoming.json").write_text(json.dumps({"origin": origin, "files": files}))

    staged = move(out)

    listed = {each.path: each.sha256 for each in staged.manifest.files}
    assert listed["config.json"] == hashlib.sha256(content).hexdigest()


def test_room_is_checked_before_anything_is_fetched(out):
    target = FolderTarget(out)
    free = shutil.disk_usage("/").total * 1000

    with pytest.raises(NoCapacity, match=r"no space left in .*needed, .* free"):
        asyncio.run(target.check_room(free))


def test_progress_counts_every_byte_once(move, out):
    staged = move(out)

    paced = [each for each in move.steps if each.paced]
    total = sum(each.size_bytes for each in staged.manifest.files) - len(b"Llama 2 is licensed\n")
    assert (paced[-1].done_bytes, paced[-1].total_bytes) == (total, total)
