import os
import stat
from pathlib import Path

import pytest

from llamactl_containers.whole_files import patiently, write_whole


def test_a_file_is_replaced_whole_and_private(tmp_path: Path):
    path = tmp_path / "state.json"
    path.write_text("old")

    write_whole(path, "new")

    assert path.read_text() == "new"
    assert os.name == "nt" or stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path):
    path = tmp_path / "state.json"
    path.write_text("old")

    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "\udc80")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_busy_for_a_moment_is_tried_again():
    tries = []

    def busy_twice():
        tries.append(1)
        if len(tries) < 3:
            raise PermissionError

    patiently(busy_twice, patience_s=5)

    assert len(tries) == 3


def test_a_file_that_stays_busy_is_an_error():
    def busy():
        raise PermissionError

    with pytest.raises(PermissionError):
        patiently(busy, patience_s=0.05)
