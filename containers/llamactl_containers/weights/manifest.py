"""The manifest of staged weights: what lies there, with digests; it is written last."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from llamactl_catalog.errors import InvalidFile
from llamactl_containers.weights.files import is_plain

MANIFEST_NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One file as it lies in the target; `source_digest` is what its source says of it."""

    path: str
    size_bytes: int
    sha256: str
    source_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that is known of staged weights."""

    model: str
    license: str
    license_acceptance: str | None
    origin: Mapping[str, str]
    files: tuple[StagedFile, ...]
    left_out: tuple[str, ...] = ()
    created_at: str = ""
    made_by: str = ""
    format: int = field(default=FORMAT)

    @property
    def total_bytes(self) -> int:
        """The size of all files together."""
        return sum(each.size_bytes for each in self.files)

    def to_json(self) -> bytes:
        """Write it as its file holds it."""
        return (json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n").encode()


def read_manifest(content: bytes, place: str) -> Manifest:
    """Read a manifest.

    Raises:
        InvalidFile: it is none, or of a later version.
    """
    try:
        fields: dict[str, Any] = json.loads(content)
        if fields.get("format") != FORMAT:
            raise InvalidFile(
                place, [f"format {fields.get('format')!r} is not known, only {FORMAT}"]
            )
        files = tuple(StagedFile(**each) for each in fields.pop("files"))
        if not all(is_plain(each.path) for each in files):
            raise InvalidFile(place, ["names files outside of its folder"])
        if not all(isinstance(each.size_bytes, int) for each in files):
            raise InvalidFile(place, ["names sizes that are no numbers"])
        names = [fields["model"], fields["license"], *fields["origin"].values()]
        if not all(isinstance(each, str) for each in names):
            raise InvalidFile(place, ["names a model, license or origin that is no text"])
        left_out = tuple(fields.pop("left_out", ()))
        return Manifest(files=files, left_out=left_out, **fields)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidFile(place, [f"is no manifest of weights: {error}"]) from error


def names_in(folder: Path) -> tuple[str, ...]:
    """Give the model, license and repository that a folder's manifest names; none without one.

    Raises:
        InvalidFile: its manifest is none.
    """
    path = folder / MANIFEST_NAME
    if not path.is_file():
        return ()
    manifest = read_manifest(path.read_bytes(), str(path))
    repo = manifest.origin.get("repo")
    return (manifest.model, manifest.license, *(() if repo is None else (repo,)))
