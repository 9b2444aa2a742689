"""What a failed write to this disk means, in words for the user."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llamactl_catalog.errors import InvalidInput, NoCapacity, NoPermission

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NOT_A_FOLDER = frozenset({errno.ENOTDIR, errno.EEXIST})


@contextmanager
def told(path: Path, option: str) -> Iterator[None]:
    """Turn what the system says about using `path` into what the user can do about it.

    `option` is the one of the command line that names another folder.

    Raises:
        NoCapacity: the disk or the quota is full.
        NoPermission: the folder may not be used.
        InvalidInput: a file is where a folder is needed.
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
        raise
