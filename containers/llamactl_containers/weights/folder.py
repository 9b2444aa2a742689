"""Weights that lie in a folder of this machine: a download that someone made before."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llamactl_catalog.errors import InvalidFile, NotFound
from llamactl_catalog.progress import Report
from llamactl_catalog.units import MIB
from llamactl_containers.disk import told
from llamactl_containers.weights.cache import file_sha256
from llamactl_containers.weights.digests import Digest
from llamactl_containers.weights.files import Listing, WeightFile, choose_files
from llamactl_containers.weights.manifest import MANIFEST_NAME, read_manifest
from llamactl_containers.weights.meta import listed_digests
from llamactl_containers.weights.targets import Pieces

if TYPE_CHECKING:
    from obstore import Bytes

_PIECE_BYTES = 8 * MIB
_LISTS = ("checklist.chk", "tokenizer_checklist.chk")


class Folder:
    """The model files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def listing(self, report: Report) -> Listing:
        """List what an engine needs of it, with digests: those that lie beside, or its own.

        Raises:
            NotFound: there is no such folder.
            NoPermission: it may not be read.
            InvalidFile: it holds no weights, or not all, or others than its own manifest says.
        """
        if not self._folder.is_dir():
            raise NotFound(
                f"no folder {self._folder}", hint="--source takes huggingface, meta, or a folder"
            )
        with told(self._folder, "--source"):
            every = [
                WeightFile(path.name, path.stat().st_size)
                for path in sorted(self._folder.iterdir())
                if path.is_file()
            ]
            files, left_out = choose_files(every, str(self._folder))
            known = self._known_digests()
            problems, listed = [], []
            for each in files:
                sha256 = file_sha256(self._folder / each.path, report)
                digest = known.get(each.path, Digest("sha256", sha256))
                if digest.kind == "sha256" and digest.hexadecimal != sha256:
                    problems.append(f"{each.path}: its SHA-256 is not that of {MANIFEST_NAME}")
                listed.append(WeightFile(each.path, each.size_bytes, digest))
        if problems:
            raise InvalidFile(str(self._folder), problems, hint="fetch it again")
        notes = () if known else ("nothing says what these files should be: taken as they are",)
        return Listing(tuple(listed), tuple(left_out), {"kind": "folder"}, notes)

    def opened(self, arrived: Callable[[WeightFile, int], None]) -> Pieces:
        """Give what reads its files, and tells of the bytes that it read."""
        return partial(self._pieces, arrived)

    async def _pieces(
        self, arrived: Callable[[WeightFile, int], None], file: WeightFile, start: int
    ) -> AsyncGenerator["Bytes | bytes", None]:
        with told(self._folder, "--source"), (self._folder / file.path).open("rb") as opened:
            opened.seek(start)
            while piece := await asyncio.to_thread(opened.read, _PIECE_BYTES):
                arrived(file, len(piece))
                yield piece

    def _known_digests(self) -> dict[str, Digest]:
        known: dict[str, Digest] = {}
        for name in _LISTS:
            path = self._folder / name
            if path.is_file():
                known |= listed_digests(path.read_text("utf-8", errors="replace"))
        path = self._folder / MANIFEST_NAME
        if path.is_file():
            manifest = read_manifest(path.read_bytes(), str(path))
            known |= {each.path: Digest("sha256", each.sha256) for each in manifest.files}
        return known
