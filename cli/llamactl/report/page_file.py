"""The file of a report: where it may go, and how it gets there whole."""

import os
from pathlib import Path

from llamactl_catalog.errors import InvalidInput, NoPermission
from llamactl_containers.disk import told
from llamactl_containers.whole_files import write_whole

_FOR_ALL_THE_UMASK_ALLOWS = 0o666


def check_target(path: Path) -> None:
    """Refuse a place that no page can be written to, before any work is done for it.

    Raises:
        InvalidInput: its folder does not exist, or it is no file, or its name too long.
        NoPermission: its folder may not be written to.
    """
    with told(path, "--html"):  # a name too long to ask about, a loop of links
        _check(path)


def write_page(path: Path, html: str) -> None:
    """Write a page: the file is there whole, or is as it was before.

    Raises:
        InvalidInput: its folder does not exist, or it is no file, or its name too long.
        NoPermission: the folder or the disk refuses it.
        NoCapacity: the disk is full.
    """
    check_target(path)
    target = path.resolve()  # a link stays one
    with told(path, "--html"):
        try:
            write_whole(target, html, mode=_FOR_ALL_THE_UMASK_ALLOWS)
        except OSError as error:  # which names the draft
            raise OSError(error.errno, error.strerror, str(path)) from error


def _check(path: Path) -> None:
    folder = path.parent
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder", hint="name a file in it, such as report.html")
    if path.exists() and not path.is_file():  # a pipe or a terminal cannot be replaced
        raise InvalidInput(f"{path} is no file", hint="name one, such as report.html")
    if not folder.is_dir():
        message = f"no folder {folder} to write {path.name} in"
        raise InvalidInput(message, hint="make it first, or name another place")
    if not os.access(folder, os.W_OK | os.X_OK):
        message = f"cannot write {path}: the folder may not be written to"
        raise NoPermission(message, hint="name a folder that you may write to")
