"""Checking staged weights against their manifest."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from llamactl_catalog.errors import NotFound
from llamactl_catalog.progress import Report, Step
from llamactl_containers.weights.manifest import MANIFEST_NAME, Manifest, StagedFile, read_manifest
from llamactl_containers.weights.targets import MARKER_NAME, Target


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file that is not as its manifest says, and how."""

    path: str
    problem: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. `unlisted` files belong to nobody; they are not wrong."""

    manifest: Manifest
    problems: tuple[FileProblem, ...]
    unlisted: tuple[str, ...]
    digests_checked: bool


async def verify(target: Target, report: Report, *, full: bool) -> Verification:
    """Check sizes, and digests too where that costs no transfer or `full` asks for it.

    Raises:
        NotFound: there is no manifest.
        InvalidFile: it is none.
        LlamactlError: the target cannot be read.
    """
    content = await target.read(MANIFEST_NAME)
    if content is None:
        arriving = await target.read(MARKER_NAME) is not None
        hint = "an interrupted fetch leaves none: run it again, it goes on where it was"
        what = "not all of the weights have arrived" if arriving else "these are no staged weights"
        raise NotFound(f"{target.name} has no {MANIFEST_NAME}: {what}", hint=hint)
    manifest = read_manifest(content, f"{target.name}/{MANIFEST_NAME}")
    sizes = await target.sizes()
    with_digests = full or target.keeps_digests
    meter = _Reading(manifest.total_bytes, report)
    problems = []
    for file in manifest.files:
        problem = _size_problem(file, sizes)
        if problem is None and with_digests:
            seen = await target.sha256(file.path, partial(meter.read, file.path))
            if seen != file.sha256:
                problem = f"its SHA-256 is {seen}, not {file.sha256}"
        if problem is not None:
            problems.append(FileProblem(file.path, problem))
    listed = {each.path for each in manifest.files} | {MANIFEST_NAME}
    unlisted = tuple(sorted(sizes.keys() - listed))
    report(Step(f"{len(manifest.files)} files checked"))
    return Verification(manifest, tuple(problems), unlisted, with_digests)


def problem_lines(problems: Sequence[FileProblem]) -> str:
    """Say which files are wrong, a line each."""
    return "\n".join(f"  {each.path}: {each.problem}" for each in problems)


def _size_problem(file: StagedFile, sizes: dict[str, int]) -> str | None:
    size = sizes.get(file.path)
    if size is None:
        return "is missing"
    return None if size == file.size_bytes else f"has {size} bytes, not {file.size_bytes}"


class _Reading:
    def __init__(self, total_bytes: int, report: Report) -> None:
        self._total_bytes = total_bytes
        self._done_bytes = 0
        self._report = report

    def read(self, path: str, count: int) -> None:
        self._done_bytes += count
        self._report(Step(f"verifying {path}", self._done_bytes, self._total_bytes, paced=True))
