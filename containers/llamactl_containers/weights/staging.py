"""Moving a model's files into a target: only what is missing, each verified, the manifest last."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from llamactl_catalog.errors import InvalidFile, InvalidInput
from llamactl_catalog.progress import Report, Step
from llamactl_catalog.units import MIB, format_bytes
from llamactl_containers.weights.allocation import keep_freed_memory
from llamactl_containers.weights.digests import Digest
from llamactl_containers.weights.files import Listing, WeightFile, left_out_words
from llamactl_containers.weights.journal import Journal, open_journal
from llamactl_containers.weights.manifest import MANIFEST_NAME, Manifest, StagedFile, read_manifest
from llamactl_containers.weights.meter import Meter
from llamactl_containers.weights.targets import Pieces, Target, WrongBytes

# Small files wait for the network, large ones for the line: many of the former go at once.
SMALL_BYTES = 8 * MIB
SMALL_AT_ONCE, LARGE_AT_ONCE = 8, 2
# Gives what reads a source's files, and tells of the bytes that arrive.
OpenPieces = Callable[[Callable[[WeightFile, int], None]], Pieces]


@dataclass(frozen=True, slots=True)
class StagingOrder:
    """What is to be put into a target; `beside` are small files to write beside the weights."""

    model: str
    license: str
    license_acceptance: str | None
    listing: Listing
    beside: Mapping[str, bytes] = field(default_factory=dict)
    replace: bool = False
    made_by: str = "llamactl"


@dataclass(frozen=True, slots=True)
class Staged:
    """What was done: the manifest as it was written, and how much had to be moved for it."""

    manifest: Manifest
    moved_files: int
    moved_bytes: int


async def stage(
    order: StagingOrder, target: Target, open_pieces: OpenPieces, report: Report
) -> Staged:
    """Have all files of a listing in the target, whole and verified, and a manifest that says so.

    What is there already is not moved again: interrupted, it goes on where it was.

    Raises:
        InvalidInput: other weights are there, or files of the same names that are not these.
        NoCapacity: the disk has no room, or another process puts files there.
        InvalidFile: a file is not what its source says, though it was moved twice.
        LlamactlError: of the source and the target.
    """
    keep_freed_memory()
    listing = order.listing
    meter = Meter(listing.total_bytes, len(listing.files), report)
    with target.alone():
        report(Step(f"looking at {target.name}"))
        standing = await _standing(order, target)
        journal = await open_journal(target, listing.origin, standing)
        missing = await _missing(order, target, journal, meter)
        arrived = {each.path: await target.arrived_bytes(each) for each in missing}
        to_move = sum(each.size_bytes - arrived[each.path] for each in missing)
        await target.check_room(to_move)
        if missing:
            await target.remove(MANIFEST_NAME)  # it is no longer true of what lies there
            await journal.begin()
        for each in missing:
            meter.arrived(each, arrived[each.path])
        await _move_all(target, missing, open_pieces(meter.arrived), journal, meter)
        manifest = await _finish(order, target, standing, journal)
    report(Step(f"{len(listing.files)} files, {format_bytes(listing.total_bytes)}, verified"))
    return Staged(manifest, len(missing), to_move)


async def _standing(order: StagingOrder, target: Target) -> Manifest | None:
    """Give the manifest that lies there.

    Raises:
        InvalidInput: it is of other weights, and they are not to be replaced.
    """
    content = await target.read(MANIFEST_NAME)
    if content is None:
        return None
    manifest = read_manifest(content, f"{target.name}/{MANIFEST_NAME}")
    if manifest.origin != order.listing.origin and not order.replace:
        raise InvalidInput(
            f"{target.name} holds {manifest.model} of {_named(manifest.origin)}",
            hint=f"name another place for {order.model}, or replace it: --replace",
        )
    return manifest


async def _missing(
    order: StagingOrder, target: Target, journal: Journal, meter: Meter
) -> list[WeightFile]:
    """Give the files that must be moved; of the others, note their SHA-256.

    Raises:
        InvalidInput: a file of someone else's is in the way.
    """
    missing, foreign = [], []
    for file in order.listing.files:
        held = await target.held(file, partial(meter.checking, file))
        if held.presence == "right":
            sha256 = held.sha256 if held.sha256 is not None else journal.sha256_of(file)
            if sha256 is None:
                sha256 = await target.sha256(file.path, lambda _: None)
            journal.note(file, sha256)
            meter.arrived(file, file.size_bytes)
            meter.finished(file)
            continue
        if held.presence == "other" and not (journal.is_own or order.replace):
            foreign.append(file.path)
        missing.append(file)
    if foreign:
        names = ", ".join(foreign[:3])
        raise InvalidInput(
            f"{target.name} holds other files of these names: {names}",
            hint="name another place, or replace them: --replace",
        )
    return missing


async def _move_all(
    target: Target, missing: Sequence[WeightFile], pieces: Pieces, journal: Journal, meter: Meter
) -> None:
    """Move files, several at once; the first failure ends them all, cleanly."""
    small = [each for each in missing if each.size_bytes <= SMALL_BYTES]
    large = [each for each in missing if each.size_bytes > SMALL_BYTES]
    for some, at_once in ((small, SMALL_AT_ONCE), (large, LARGE_AT_ONCE)):
        slots = asyncio.Semaphore(at_once)

        async def move(file: WeightFile, slots: asyncio.Semaphore = slots) -> None:
            async with slots:
                sha256 = await _move(target, file, pieces, meter)
                meter.finished(file)
                await journal.keep(file, sha256)

        try:
            async with asyncio.TaskGroup() as group:
                for each in some:
                    group.create_task(move(each))
        except BaseExceptionGroup as failures:
            raise _first(failures) from None


async def _move(target: Target, file: WeightFile, pieces: Pieces, meter: Meter) -> str:
    """Move one file; where its bytes are wrong, once more from its start.

    Raises:
        InvalidFile: they are wrong again.
    """
    try:
        return await target.put(file, pieces)
    except WrongBytes:
        meter.restarted(file)
    try:
        return await target.put(file, pieces)
    except WrongBytes as wrong:
        hint = "the source, or something on the way, changes the file: do not use it"
        raise InvalidFile(file.path, [f"{wrong.problem}; fetched twice"], hint=hint) from None


async def _finish(
    order: StagingOrder, target: Target, standing: Manifest | None, journal: Journal
) -> Manifest:
    """Write what stands beside the weights, and the manifest once nothing is missing."""
    listed = {each.path for each in order.listing.files}
    staged = [
        StagedFile(each.path, each.size_bytes, journal.known(each), _text(each.digest))
        for each in order.listing.files
    ]
    for path, content in order.beside.items():
        if path not in listed:
            staged.append(_beside(path, content))
            if await target.read(path) != content:
                await target.write(path, content)
    paths = {each.path for each in staged}
    for stale in standing.files if standing is not None else ():
        if stale.path not in paths:
            await target.remove(stale.path)
    manifest = Manifest(
        model=order.model,
        license=order.license,
        license_acceptance=order.license_acceptance,
        origin=order.listing.origin,
        files=tuple(staged),
        left_out=tuple(left_out_words(order.listing.left_out)),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        made_by=order.made_by,
    )
    await journal.end()
    await target.write(MANIFEST_NAME, manifest.to_json())
    return manifest


def _beside(path: str, content: bytes) -> StagedFile:
    import hashlib

    return StagedFile(path, len(content), hashlib.sha256(content).hexdigest())


def _text(digest: Digest | None) -> str | None:
    return None if digest is None else str(digest)


def _named(origin: Mapping[str, str]) -> str:
    return " ".join(value for name, value in origin.items() if name != "kind") or "a folder"


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Give the failure that ended the others, which were cancelled for it."""
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
