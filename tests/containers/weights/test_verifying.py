"""Checking what was staged."""

import asyncio
import json

import pytest

from llamactl_catalog.errors import InvalidFile, NotFound
from llamactl_containers.weights.manifest import MANIFEST_NAME, read_manifest
from llamactl_containers.weights.targets import MARKER_NAME, open_target
from llamactl_containers.weights.verifying import verify

LARGE = "model-00001-of-00002.safetensors"
SMALLER = "model-00002-of-00002.safetensors"


def check(target, *, full=False):
    return asyncio.run(verify(open_target(str(target)), lambda _: None, full=full))


def test_what_arrived_whole_has_no_problem(move, tmp_path):
    move(tmp_path)

    found = check(tmp_path)

    assert (found.problems, found.unlisted, found.digests_checked) == ((), (), True)


def test_each_bad_file_of_a_folder_is_named_with_what_is_wrong(move, tmp_path):
    move(tmp_path)
    (tmp_path / "config.json").unlink()
    (tmp_path / SMALLER).write_bytes(b"short")
    with (tmp_path / LARGE).open("r+b") as file:
        file.seek(5_000_000)
        file.write(b"!")
    (tmp_path / "extra.bin").write_bytes(b"")

    found = check(tmp_path)

    problems = {each.path: each.problem for each in found.problems}
    assert problems["config.json"] == "is missing"
    assert problems[SMALLER] == "has 5 bytes, not 3000000"
    assert problems[LARGE].startswith("its SHA-256 is ")
    assert found.unlisted == ("extra.bin",)


def test_a_bucket_is_checked_by_size_and_fully_where_asked(move, s3):
    bucket = s3.bucket("verified")
    move(f"s3://{bucket}/p")
    content = bytearray(s3.content(bucket, f"p/{SMALLER}"))
    content[0] ^= 1
    s3.client.put_object(Bucket=bucket, Key=f"p/{SMALLER}", Body=bytes(content))

    quick, full = check(f"s3://{bucket}/p"), check(f"s3://{bucket}/p", full=True)

    assert (quick.problems, quick.digests_checked) == ((), False)
    assert [each.path for each in full.problems] == [SMALLER]


def test_a_folder_without_manifest_is_told(tmp_path):
    with pytest.raises(NotFound, match="these are no staged weights"):
        check(tmp_path)


def test_a_folder_where_files_still_arrive_is_told_as_such(tmp_path):
    marker = tmp_path / MARKER_NAME
    marker.parent.mkdir()
    marker.write_text("{}")

    with pytest.raises(NotFound, match="not all of the weights have arrived"):
        check(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "files": [{"path": 1}]}', "\0"]
)
def test_what_is_no_manifest_is_told(text):
    with pytest.raises(InvalidFile):
        read_manifest(text.encode(), MANIFEST_NAME)


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../b", "C:\\x"])
def test_a_manifest_that_leads_out_of_its_folder_is_refused(move, tmp_path, path):
    move(tmp_path)
    manifest = json.loads((tmp_path / MANIFEST_NAME).read_text())
    manifest["files"][0]["path"] = path

    with pytest.raises(InvalidFile, match="outside of its folder"):
        read_manifest(json.dumps(manifest).encode(), MANIFEST_NAME)


def test_a_manifest_reads_what_it_writes(move, tmp_path):
    manifest = move(tmp_path).manifest

    assert read_manifest(manifest.to_json(), MANIFEST_NAME) == manifest
