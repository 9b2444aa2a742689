"""What a failed write means."""

import errno
import os
from pathlib import Path

import pytest

from llamactl_catalog.errors import InvalidInput, NoCapacity, NoPermission
from llamactl_containers.disk import told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told(tmp_path: Path):
    path = Path("/dev/full")

    with (
        pytest.raises(NoCapacity, match="no space left to write /dev/full"),
        told(path, "--state-dir"),
    ):
        path.write_text("x")


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, NoCapacity),
        (errno.EDQUOT, NoCapacity),
        (errno.EFBIG, NoCapacity),
        (errno.EACCES, NoPermission),
        (errno.EROFS, NoPermission),
        (errno.ENOTDIR, InvalidInput),
        (errno.ENAMETOOLONG, InvalidInput),
        (errno.ELOOP, InvalidInput),
    ],
)
def test_what_a_user_can_fix_is_told_with_the_path_and_a_hint(number, error):
    with pytest.raises(error, match="/state/x") as caught, told(Path("/state/x"), "--state-dir"):
        raise OSError(number, os.strerror(number))

    assert "another folder with --state-dir" in caught.value.hint


def test_a_folder_where_a_file_is_to_be_is_told(tmp_path: Path):
    (tmp_path / "new").write_text("x")
    (tmp_path / "there").mkdir()

    with (
        pytest.raises(InvalidInput, match="there is in the way: a folder"),
        told(tmp_path, "--state-dir"),
    ):
        (tmp_path / "new").replace(tmp_path / "there")


def test_another_error_stays_what_it_is(tmp_path: Path):
    with pytest.raises(OSError, match="on the wire"), told(tmp_path, "--state-dir"):
        raise OSError(errno.EIO, "on the wire")
