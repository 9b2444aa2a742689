"""The weights that an image is to hold: which files of a folder, of which model, and unchanged."""

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from llamactl_catalog.errors import InvalidFile, InvalidInput, NotFound
from llamactl_catalog.model import Model
from llamactl_catalog.progress import Report, silent
from llamactl_containers.disk import told
from llamactl_containers.recipe.context import BakedWeights
from llamactl_containers.recipe.weight_layers import check_names
from llamactl_containers.weights.cache import file_sha256
from llamactl_containers.weights.manifest import (
    MANIFEST_NAME,
    Manifest,
    StagedFile,
    read_manifest,
)

_OPTION = "--with-weights"
_CONFIG = "config.json"


@dataclass(frozen=True, slots=True)
class WeightsFolder:
    """A folder of weights; `manifest` None: it is not known what they are, nor their hashes."""

    path: Path
    manifest: Manifest | None

    def revision(self, model: Model, named: str | None) -> str | None:
        """Give the revision that they are of, as far as that is known; `named` is the user's.

        Raises:
            InvalidInput: they are another model's, or of another revision.
        """
        if self.manifest is None:
            return named
        own = self.manifest.origin.get("revision")
        if self.manifest.model != model.id:
            message = f"{self.path} holds {self.manifest.model}, not {model.id}"
            raise InvalidInput(message, hint="name that model, or another folder")
        if named is not None and own is not None and named != own:
            message = f"{self.path} is of revision {own}, not {named}"
            raise InvalidInput(message, hint="leave out --revision, or stage that one")
        return named if own is None else own

    def baked(self, report: Report = silent) -> BakedWeights:
        """List the files with their hashes: by the manifest, else by reading every file.

        Of a folder without a manifest, what begins with a dot is left out: it is no weights, but
        what git and the Hub's client keep there.

        Raises:
            NotFound: there are no files, or no config.json, without which no engine starts.
            InvalidFile: a file is missing, is a link, or has a name that cannot be copied.
        """
        with told(self.path, _OPTION):
            listed = self._read(report) if self.manifest is None else self.manifest.files
            check_names(listed, str(self.path))
            self._check_kinds(listed)
        if all(each.path != _CONFIG for each in listed):
            hint = "llamactl weights stage fetches all that an engine needs"
            raise NotFound(f"no {_CONFIG} in {self.path}", hint=hint)
        return BakedWeights(self.path.absolute(), listed)

    def _read(self, report: Report) -> tuple[StagedFile, ...]:
        names = sorted(
            each.relative_to(self.path).as_posix()
            for each in self.path.rglob("*")
            if not each.is_dir()
        )
        shown = [name for name in names if not _is_hidden(name)]
        self._check_kinds([StagedFile(name, -1, "") for name in shown])
        return tuple(
            StagedFile(
                name, (self.path / name).stat().st_size, file_sha256(self.path / name, report)
            )
            for name in shown
        )

    def _check_kinds(self, files: Sequence[StagedFile]) -> None:
        if problems := [why for each in files for why in self._against(each)]:
            hint = "llamactl weights stage fetches them whole; of links, cp -rL makes files"
            raise InvalidFile(str(self.path), problems, hint=hint)

    def _against(self, file: StagedFile) -> Iterator[str]:
        path = self.path / file.path
        try:
            found = path.lstat()
        except FileNotFoundError:
            yield f"{file.path} is missing"
            return
        inside = path.resolve() == self.path.resolve() / file.path
        if not stat.S_ISREG(found.st_mode) or not inside:
            yield f"{file.path} is a link, or no file"
        elif file.size_bytes not in {-1, found.st_size}:
            yield f"{file.path} has {found.st_size:,} bytes, the manifest {file.size_bytes:,}"


def weights_folder(path: Path) -> WeightsFolder:
    """Look into a folder of weights.

    Raises:
        NotFound: there is no such folder.
        InvalidFile: its manifest is none.
    """
    if not path.is_dir():
        raise NotFound(f"no folder {path}", hint=f"{_OPTION} takes a folder of weights")
    manifest = path / MANIFEST_NAME
    with told(manifest, _OPTION):
        content = manifest.read_bytes() if manifest.is_file() else None
    return WeightsFolder(path, None if content is None else read_manifest(content, str(manifest)))


def check_content(weights: BakedWeights, report: Report) -> None:
    """Read what a manifest lists: what goes into the image is what its documents say.

    Raises:
        InvalidFile: a file has changed.
    """
    if weights_folder(weights.folder).manifest is None:
        return  # every file has just been read
    with told(weights.folder, _OPTION):
        changed = [
            f"{each.path} is not what the manifest says"
            for each in weights.files
            if file_sha256(weights.folder / each.path, report) != each.sha256
        ]
    if changed:
        raise InvalidFile(str(weights.folder), changed, hint="stage the weights again")


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))
