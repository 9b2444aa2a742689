"""A stack's file of settings, Pulumi.NAME.yaml: kept aside, and put back as it was."""

from pathlib import Path

from llamactl_containers.whole_files import PRIVATE, unique_draft_of, write_whole
from llamactl_infra.stacks.place import StackPlace

_SUFFIXES = ("yaml", "yml")


def kept_settings(place: StackPlace, name: str) -> dict[Path, bytes | None]:
    """Return the bytes of a stack's settings, by file; None where there is no such file."""
    paths = [place.folder / f"Pulumi.{name}.{suffix}" for suffix in _SUFFIXES]
    return {path: path.read_bytes() if path.is_file() else None for path in paths}


def restore(path: Path, content: bytes | None) -> None:
    """Make a file what it was, whole, with the permissions that it has."""
    if content is None:
        path.unlink(missing_ok=True)
    elif not path.is_file() or path.read_bytes() != content:
        mode = path.stat().st_mode & 0o777 if path.is_file() else PRIVATE
        write_whole(path, content, draft=unique_draft_of(path), mode=mode)
