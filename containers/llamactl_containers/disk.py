"""What a failed write to this disk means, in words for the user."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llamactl_catalog.errors import InvalidInput, NoCapacity, NoPermission

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NOT_A_FOLDER = frozenset({errno.ENOTDIR, errno.EEXIST})
_A_FOLDER = frozenset({errno.EISDIR, errno.ENOTEMPTY})
_NO_PATH = frozenset({errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL})


@contextmanager
def told(path: Path, option: str) -> Iterator[None]:
    """Turn what the system says about using `path` into what the user can do about it.

    `option` is the one of the command line that names another folder.

    Raises:
        NoCapacity: the disk or the quota is full.
        NoPermission: the folder may not be used.
        InvalidInput: a file is where a folder is needed, or the other way around; or no path.
    """
    try:
        yield
    except OSError as error:
        place = error.filename if isinstance(error.filename, str) else str(path)
        if error.errno in _FULL:
            hint = f"free some disk space, or choose another folder with {option}"
            raise NoCapacity(f"no space left to write {place}", hint=hint) from error
        if error.errno in _FORBIDDEN:
            hint = f"change its permissions, or choose another folder with {option}"
            raise NoPermission(f"no permission for {place}: {error.strerror}", hint=hint) from error
        if error.errno in _NOT_A_FOLDER:
            hint = f"remove the file, or choose another folder with {option}"
            raise InvalidInput(f"{place} is in the way: not a folder", hint=hint) from error
        if error.errno in _A_FOLDER:
            place = _last_place(error, place)
            hint = f"remove the folder, or choose another one with {option}"
            raise InvalidInput(f"{place} is in the way: a folder", hint=hint) from error
        if error.errno in _NO_PATH:
            hint = f"choose another folder with {option}"
            raise InvalidInput(f"{place}: {error.strerror}", hint=hint) from error
        raise


def _last_place(error: OSError, place: str) -> str:
    """Give what a file was to be moved to, where it was to be moved."""
    return error.filename2 if isinstance(error.filename2, str) else place
