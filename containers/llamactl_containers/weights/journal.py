"""What was put into a target so far, kept in the target itself while files still arrive."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from llamactl_containers.weights.digests import digest_of
from llamactl_containers.weights.files import WeightFile
from llamactl_containers.weights.manifest import Manifest
from llamactl_containers.weights.targets import MARKER_NAME, Target


class Journal:
    """The SHA-256 of each file that was put, by its path and what its source says of it."""

    def __init__(
        self, target: Target, origin: Mapping[str, str], known: dict[str, str], *, is_own: bool
    ) -> None:
        self._target = target
        self._origin = origin
        self._known = known
        self._writing = asyncio.Lock()
        self.is_own = is_own  # whether what lies in the target was put there as these weights

    def sha256_of(self, file: WeightFile) -> str | None:
        """Give a file's SHA-256, where it was put before as this very file."""
        return self._known.get(_key(file)) if file.digest is not None else None

    def known(self, file: WeightFile) -> str:
        """Give the SHA-256 of a file that is in the target."""
        return self._known[_key(file)]

    def note(self, file: WeightFile, sha256: str) -> None:
        """Keep in mind what a file's SHA-256 is."""
        self._known[_key(file)] = sha256

    async def begin(self) -> None:
        """Say in the target that these weights are arriving."""
        await self._write()

    async def keep(self, file: WeightFile, sha256: str) -> None:
        """Write down that a file is there."""
        self.note(file, sha256)
        await self._write()

    async def end(self) -> None:
        """Leave no trace: the manifest says it all."""
        await self._target.remove(MARKER_NAME)

    async def _write(self) -> None:
        async with self._writing:
            content = {"origin": dict(self._origin), "files": self._known}
            await self._target.write(MARKER_NAME, json.dumps(content, indent=2).encode())


async def open_journal(
    target: Target, origin: Mapping[str, str], standing: Manifest | None
) -> Journal:
    """Read what an earlier run wrote down, of the same weights alone."""
    known: dict[str, str] = {}
    is_own = False
    if standing is not None and standing.origin == origin:
        is_own = True
        for each in standing.files:
            known[f"{each.path} {each.source_digest}"] = each.sha256
    content = await target.read(MARKER_NAME)
    if content is not None:
        written = _read(content)
        if written.get("origin") == dict(origin):
            is_own = True
            known |= _digests(written.get("files"))
    return Journal(target, origin, known, is_own=is_own)


def _read(content: bytes) -> dict[str, Any]:
    try:
        written = json.loads(content)
    except (ValueError, RecursionError):  # it is not what was written
        return {}
    return written if isinstance(written, dict) else {}


def _digests(files: Any) -> dict[str, str]:
    """Give what is a SHA-256 of what was written down."""
    if not isinstance(files, dict):
        return {}
    return {key: text for key, text in files.items() if digest_of(f"sha256:{text}") is not None}


def _key(file: WeightFile) -> str:
    return f"{file.path} {file.digest}"
