"""The cache of license texts: each by its content, put there whole, and where it was read."""

import hashlib
from pathlib import Path

from llamactl_containers.disk import told
from llamactl_containers.whole_files import unique_draft_of, write_whole


def keep(folder: Path, place: str, content: bytes) -> None:
    """Keep a text, and note that this place gave it.

    Raises:
        NoCapacity, NoPermission, InvalidInput: the folder cannot be written.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    with told(folder, "--cache-dir"):
        folder.mkdir(parents=True, exist_ok=True)
        for path, told_there in (
            (folder / f"{sha256}.txt", content),
            (_note(folder, place), f"{sha256}\n"),
        ):
            write_whole(path, told_there, draft=unique_draft_of(path))


def kept(folder: Path, place: str) -> bytes | None:
    """Give what the place gave last, or None; what is damaged is as if it were not there."""
    try:
        sha256 = _note(folder, place).read_text("utf-8").strip()
        content = (folder / f"{sha256}.txt").read_bytes()
    except (OSError, UnicodeDecodeError):
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def _note(folder: Path, place: str) -> Path:
    # Named by a hash, and without the place in it: an address may hold a secret.
    return folder / f"{hashlib.sha256(place.encode()).hexdigest()}.place"
