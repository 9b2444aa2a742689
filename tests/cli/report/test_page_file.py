"""The file of a report: whole or as before, and refused before any work where it cannot be."""

import os
import stat
import subprocess
import sys

import pytest

from llamactl.report import check_target, write_page
from llamactl_catalog.errors import InvalidInput, NoPermission


def test_a_page_is_written_whole_over_an_older_one(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("older", "utf-8")

    write_page(path, "<p>ü</p>\n")

    assert path.read_bytes() == "<p>ü</p>\n".encode()
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.skipif(os.name == "nt", reason="a mode is of POSIX")
def test_a_page_may_be_read_by_whom_new_files_may(tmp_path):
    (tmp_path / "other").touch()

    write_page(tmp_path / "page.html", "text")

    modes = [stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()]
    assert modes[0] == modes[1]


@pytest.mark.parametrize(
    ("name", "words"),
    [("none/page.html", "no folder"), ("folder", "is a folder"), (os.devnull, "is no file")],
)
def test_a_place_that_cannot_be_is_refused(name, words, tmp_path):
    (tmp_path / "folder").mkdir()

    with pytest.raises(InvalidInput) as raised:
        check_target(tmp_path / name)

    assert words in raised.value.message
    assert raised.value.hint


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_that_may_not_be_written_to_is_no_permission(tmp_path):
    tmp_path.chmod(0o500)

    with pytest.raises(NoPermission):
        check_target(tmp_path / "page.html")


@pytest.mark.parametrize("letters", [252, 300])  # with the draft's own letters, and alone
def test_a_name_too_long_is_told_and_leaves_nothing_behind(letters, tmp_path):
    path = tmp_path / ("n" * letters)

    with pytest.raises(InvalidInput, match="too long"):
        write_page(path, "text")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link.html").symlink_to(tmp_path / "page.html")

    write_page(tmp_path / "link.html", "text")

    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "page.html").read_text("utf-8") == "text"


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_full_disk_is_told_and_leaves_the_older_page(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("older", "utf-8")
    program = (
        "import resource, signal, sys; from pathlib import Path; "
        "from llamactl.report import write_page; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); "
        "write_page(Path(sys.argv[1]), 'x' * 1000)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=False
    )

    assert "NoCapacity: no space left to write" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
    assert path.read_text("utf-8") == "older"
