"""Versions of serving programs: image, CUDA, GPUs, license, known bugs."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from llamactl_catalog.errors import InvalidInput, LicenseRefused
from llamactl_catalog.fields import did_you_mean
from llamactl_catalog.placement import Quantization
from llamactl_catalog.tables import TABLES

_VERSION = re.compile(r"\d+(\.\d+){0,2}")
Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KnownBug:
    """What is wrong up to a version (None: up to every one), and what llamactl does about it."""

    id: str
    what: str
    done: str
    source: str
    last: Numbers | None = None


@dataclass(frozen=True, slots=True)
class RefusedRange:
    """Versions that llamactl deploys nowhere, and why; `by_license`: their own license says so."""

    first: Numbers
    last: Numbers
    reason: str
    source: str
    checked_on: date
    by_license: bool = False


@dataclass(frozen=True, slots=True)
class EngineVersion:
    """One version of a serving program, as its published image has it.

    `digest` None: a build asks the registry. `cuda` is what the host's driver must bring.
    `capabilities` are those of the GPUs that it has kernels for. `stop_setting` is the name of the
    setting for how long it may take to stop; `root_because` is why it runs as root alone.
    """

    engine: str
    version: str
    repository: str
    tag: str
    digest: str | None
    license: str
    source_url: str
    cuda: Numbers
    capabilities: tuple[Numbers, ...]
    quantizations: tuple[Quantization, ...]
    messages_on_invocations: bool
    prefill_in_pieces: bool
    stop_setting: str | None
    root_because: str | None
    image_bytes: int | None
    bugs: tuple[KnownBug, ...]
    source: str
    checked_on: date
    released_on: date | None = None

    @property
    def image(self) -> str:
        """Name the published image by its tag."""
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, slots=True)
class EngineLine:
    """A serving program with all its versions, oldest first."""

    name: str
    default: str
    note: str
    refused: tuple[RefusedRange, ...]
    versions: Mapping[str, EngineVersion]

    def refused_range(self, version: str) -> RefusedRange | None:
        """Give the range of versions, deployed nowhere, that one is in; None: it is in none."""
        own = _padded(version)
        return next((each for each in self.refused if each.first <= own <= each.last), None)

    def image_bytes(self, version: str | None) -> int:
        """Give the size of a version's image, unpacked: its own, or else the largest on record."""
        known = {name: each.image_bytes or 0 for name, each in self.versions.items()}
        own = known.get(version if version is not None else self.default, 0)
        return own or max(known.values())


@cache
def engine_lines() -> Mapping[str, EngineLine]:
    """Give every engine that comes as an image, by its name, from the bundled table."""
    text = (TABLES / "engine_versions.toml").read_text("utf-8")
    return {row["name"]: _line(row) for row in tomllib.loads(text)["engine"]}


def engine_version(text: str) -> EngineVersion:
    """Read NAME or NAME@VERSION; without a version the one that llamactl deploys.

    Raises:
        InvalidInput: there is no such engine or version.
        LicenseRefused: the version's own license forbids paid hosting.
    """
    name, at, version = text.partition("@")
    lines = engine_lines()
    if name not in lines:
        close = did_you_mean(name, lines)
        message = f"no engine '{name}' comes as an image{close}"
        raise InvalidInput(message, hint=f"there is {', '.join(lines)}")
    line = lines[name]
    version = version if at else line.default
    if version in line.versions:
        return line.versions[version]
    hint = f"there is {', '.join([*line.versions][::-1])}"
    if not _VERSION.fullmatch(version):
        raise InvalidInput(f"'{version}' is no version; write {name}@{line.default}", hint=hint)
    refused = line.refused_range(version)
    if refused is None:
        raise InvalidInput(f"{name} {version} is not on record", hint=hint)
    message = f"{name} {version} {refused.reason}"
    raise (
        LicenseRefused(message, hint=hint)
        if refused.by_license
        else InvalidInput(message, hint=hint)
    )


def written(numbers: Numbers) -> str:
    """Write the numbers of a version: 12.4."""
    return ".".join(map(str, numbers))


def _line(row: dict[str, Any]) -> EngineLine:
    bugs = tuple(
        KnownBug(**{**bug, "last": numbers(bug["last"]) if "last" in bug else None})
        for bug in row.get("bug", ())
    )
    refused = tuple(
        RefusedRange(**{**each, "first": numbers(each["first"]), "last": numbers(each["last"])})
        for each in row.get("refused", ())
    )
    versions = {each["version"]: _version(row, each, bugs) for each in row["version"]}
    return EngineLine(row["name"], row["default"], row["note"], refused, versions)


def _version(
    engine: dict[str, Any], row: dict[str, Any], bugs: tuple[KnownBug, ...]
) -> EngineVersion:
    own = numbers(row["version"])
    return EngineVersion(
        engine=engine["name"],
        version=row["version"],
        repository=engine["repository"],
        tag=row["tag"],
        digest=row.get("digest"),
        license=engine["license"],
        source_url=engine["source_url"],
        cuda=numbers(row["cuda"]),
        capabilities=tuple(map(numbers, row["capabilities"])),
        quantizations=("none", *row["quantizations"]),
        messages_on_invocations=row["messages_on_invocations"],
        prefill_in_pieces=row["prefill_in_pieces"],
        stop_setting=row.get("stop_setting"),
        root_because=row.get("root_because"),
        image_bytes=row.get("image_bytes"),
        bugs=tuple(each for each in bugs if each.last is None or own <= each.last),
        source=row["source"].strip(),
        checked_on=row["checked_on"],
        released_on=row.get("released_on"),
    )


def numbers(version: str) -> Numbers:
    """Read a version's numbers, to compare: 12.4 is before 12.10."""
    return tuple(map(int, version.split(".")))


def _padded(version: str) -> Numbers:
    own = numbers(version)
    return (*own, *[0] * (3 - len(own)))
