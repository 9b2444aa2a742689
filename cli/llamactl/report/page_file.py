"""The file of a report: where it may go, and how it gets there whole."""

import os
from contextlib import suppress
from pathlib import Path

from llamactl_catalog.errors import InvalidInput, NoPermission
from llamactl_containers.disk import told
from llamactl_infra.local.files import draft_of, patiently

_FOR_ALL_THE_UMASK_ALLOWS = 0o666


def check_target(path: Path) -> None:
    """Refuse a place that no page can be written to, before any work is done for it.

    Raises:
        InvalidInput: its folder does not exist, or it is something other than a file.
        NoPermission: its folder may not be written to.
    """
    try:
        _check(path)
    except OSError as error:  # a name too long to ask about, a loop of links
        raise _forbidden(path, error.strerror or "") from error


def write_page(path: Path, html: str) -> None:
    """Write a page: the file is there whole, or is as it was before.

    Raises:
        InvalidInput: its folder does not exist, or it is something other than a file.
        NoPermission: the folder or the disk refuses it.
        NoCapacity: the disk is full.
    """
    check_target(path)
    target = path.resolve()  # a link stays one
    draft = draft_of(target)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        descriptor = os.open(draft, flags, _FOR_ALL_THE_UMASK_ALLOWS)
        with (
            told(path, "--html"),
            os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file,
        ):
            file.write(html)
        patiently(lambda: draft.replace(target))
    except OSError as error:
        raise _forbidden(path, error.strerror or "") from error
    finally:
        with suppress(OSError):  # it is the page by now, or nothing's
            draft.unlink()


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
        raise _forbidden(path, "the folder may not be written to")


def _forbidden(path: Path, reason: str) -> NoPermission:
    return NoPermission(
        f"cannot write {path}: {reason}", hint="name a folder that you may write to"
    )
