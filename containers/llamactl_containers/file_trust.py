"""Whose a file is: settings and programs that another user could have put there are not used.

The rule follows git's `safe.directory` and OpenSSH's StrictModes: a file is used if it, its folder,
and every link and folder on the way belong to this user or root, and nobody else may write them.
"""

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from llamactl_catalog.errors import NoPermission

SAFE_DIRECTORY = "LLAMACTL_SAFE_DIRECTORY"
"""Folders whose files are used whoever owns them. Only the environment can name them: a file
that is not trusted must not be able to."""

_ROOT = 0
# As many links as Linux follows. Source: path_resolution(7).
_MOST_LINKS = 40


class DubiousOwner(NoPermission):
    """A file or folder that belongs to another user, or that other users may write."""

    def __init__(self, used: Path, problem: str, fix: str, folder: Path) -> None:
        super().__init__(
            f"refusing to use {used}: {problem}",
            hint=f"{fix}; or, if you trust what is there, set {SAFE_DIRECTORY}={folder}",
        )


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose files are used: those of `owners` (user ids), and all below the `safe` folders."""

    owners: frozenset[int]
    safe: tuple[Path, ...] = ()

    def covers(self, path: Path) -> bool:
        """Tell whether a path is in one of the safe folders, links followed."""
        real = Path(os.path.realpath(path))
        return any(real.is_relative_to(os.path.realpath(each)) for each in self.safe)


def trust_of(environment: Mapping[str, str]) -> Trust:
    """Return the trust of this process: its user, root, and what its environment calls safe."""
    named = environment.get(SAFE_DIRECTORY, "").split(os.pathsep)
    safe = tuple(Path(each).expanduser().absolute() for each in named if each)
    if sys.platform == "win32":
        return Trust(frozenset(), safe)
    me, owners = os.geteuid(), {_ROOT}
    sudo = environment.get("SUDO_UID", "")
    if me == _ROOT and sudo.isdecimal():  # `sudo llamactl` in one's own checkout, as git has it
        owners.add(int(sudo))
    return Trust(frozenset({me, *owners}), safe)


def require_trusted_file(path: Path, trust: Trust | None = None) -> None:
    """Refuse a file, by an absolute path, that another user owns, may write or could exchange.

    Raises:
        DubiousOwner: the message names what is wrong, the hint the way on.
    """
    real = Path(os.path.realpath(path))
    strict = {real, real.parent, Path(os.path.realpath(path.parent))}
    _require(path, strict, trust, folder=path.parent)


def require_trusted_folder(path: Path, trust: Trust | None = None) -> None:
    """Refuse a folder as `require_trusted_file` refuses a file; one that is not there is not.

    Raises:
        DubiousOwner: the message names what is wrong, the hint the way on.
    """
    _require(path, {Path(os.path.realpath(path))}, trust, folder=path)


def require_own_state(folder: Path, trust: Trust | None = None) -> None:
    """Refuse a state folder that another user owns or may write; the folders above may be anyone's.

    Raises:
        DubiousOwner: the message names what is wrong, the hint the way on.
    """
    trust = trust if trust is not None else trust_of(os.environ)
    try:
        found = folder.stat()
    except OSError:  # not there yet, or closed to this user: who uses it finds out
        return
    if trust.covers(folder):
        return
    problem = _owner_problem(folder, found, trust.owners) or _mode_problem(folder, found, trust)
    if problem is not None:
        raise DubiousOwner(folder, problem[0], f"{problem[1]} or name another --state-dir", folder)


def _require(path: Path, strict: set[Path], trust: Trust | None, *, folder: Path) -> None:
    trust = trust if trust is not None else trust_of(os.environ)
    if trust.covers(path):
        return
    for each, found in _entries(path):
        problem = _problem(each, found, strict, trust)
        if problem is not None:
            raise DubiousOwner(path, problem[0], problem[1], folder)


def _entries(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield all that leads to a path, as the system walks it: each folder and each link."""
    current = Path(path.anchor)
    yield current, current.lstat()
    parts, links = list(reversed(path.parts[1:])), 0
    while parts:
        part = parts.pop()
        if part == os.pardir:
            current = current.parent
            continue
        entry = current / part
        try:
            found = entry.lstat()
        except OSError:  # it ends here: there is nothing to be used
            return
        yield entry, found
        if not stat.S_ISLNK(found.st_mode):
            current = entry
            continue
        links += 1
        target = entry.readlink()
        if links > _MOST_LINKS:
            return
        if target.is_absolute():
            current = Path(target.anchor)
        parts.extend(reversed(target.parts[1:] if target.is_absolute() else target.parts))


def _problem(
    path: Path, found: os.stat_result, strict: set[Path], trust: Trust
) -> tuple[str, str] | None:
    """Say what is wrong with one entry, and how to put it right."""
    if path in strict or stat.S_ISLNK(found.st_mode):
        problem = _owner_problem(path, found, trust.owners)
    elif sys.platform == "win32":
        return None
    else:
        # Whoever owns / could exchange anything; inside a user namespace that is not uid 0.
        above = trust.owners | {Path(path.anchor).stat().st_uid}
        problem = _owner_problem(path, found, above)
    if problem is not None or stat.S_ISLNK(found.st_mode):
        return problem
    is_sticky = bool(found.st_mode & stat.S_ISVTX)  # there, only an owner may exchange an entry
    return None if is_sticky and path not in strict else _mode_problem(path, found, trust)


def _owner_problem(
    path: Path, found: os.stat_result, owners: frozenset[int]
) -> tuple[str, str] | None:
    if sys.platform == "win32":
        from llamactl_containers.windows_owner import stranger

        whose = stranger(path)
    else:
        whose = None if found.st_uid in owners else _user(found.st_uid)
    if whose is None:
        return None
    return f"{path} belongs to {whose}, not to you", "remove it, or work in another folder"


def _mode_problem(path: Path, found: os.stat_result, trust: Trust) -> tuple[str, str] | None:
    if sys.platform == "win32":  # it has access lists, which are not read
        return None
    by_all = bool(found.st_mode & stat.S_IWOTH)
    by_group = bool(found.st_mode & stat.S_IWGRP) and not _is_private(path, found, trust)
    if not by_all and not by_group:
        return None
    who = "every user" if by_all else f"the group {_group(found.st_gid)}"
    return f"{who} may write {path}", f"chmod {'o' if by_all else 'g'}-w {path}"


def _is_private(path: Path, found: os.stat_result, trust: Trust) -> bool:
    """Tell whether only trusted users are in a file's group, as with a umask of 002.

    A user's private group has the user's name, and nobody else in it; who else has it as the first
    group cannot be listed everywhere. Debian's OpenSSH goes by the same (user-group-modes.patch).
    """
    import grp
    import pwd

    names = set()
    for uid in trust.owners:
        try:
            names.add(pwd.getpwuid(uid).pw_name)
        except KeyError:  # a container's user without a name
            continue
    try:
        group = grp.getgrgid(found.st_gid)
    except KeyError:
        return False
    return group.gr_name in names and names.issuperset(group.gr_mem) and not _has_acl(path)


def _has_acl(path: Path) -> bool:
    """Tell whether a file has an access list: its mode's group then stands for all named there."""
    if sys.platform != "linux":
        return False
    try:
        return "system.posix_acl_access" in os.listxattr(path)
    except OSError:  # a file system without attributes
        return False


def _user(uid: int) -> str:
    import pwd

    try:
        return f"user {pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


def _group(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
