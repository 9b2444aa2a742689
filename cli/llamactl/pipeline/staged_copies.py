"""What `destroy` leaves on purpose, copies of weights: where, how large, at what a month."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from llamactl.output import talk
from llamactl.pipeline.staging import run_transfer
from llamactl.progress import stage
from llamactl.terminal_text import for_terminal
from llamactl_catalog.clouds import clouds
from llamactl_catalog.errors import CleanupIncomplete, LlamactlError
from llamactl_catalog.units import GB, format_bytes
from llamactl_infra.drafts.draft import open_draft
from llamactl_infra.spec import Cloud, Spec
from llamactl_infra.stacks.staged import StagedCopies, StagedCopy


class Stacks(Protocol):
    """What is asked of the deployments that stand."""

    def weights_in_use(self, but: str) -> Mapping[str, str]:
        """Give where other deployments have their weights, each with the deployment's name."""

    def weights_readers(self, cloud: Cloud, place: str, region: str | None) -> tuple[str, ...]:
        """Name what a cloud knows to read weights from a place."""


@dataclass(frozen=True, slots=True)
class Left:
    """Weights that are still there. `size_bytes` None: it cannot be looked at.

    `is_own`: deploy has staged it for this deployment. `used_by` are those that need it still.
    """

    copy: StagedCopy
    size_bytes: int | None
    is_own: bool
    used_by: tuple[str, ...] = ()

    @property
    def usd_per_month(self) -> float | None:
        """What storing it costs, at the price that is on record for its cloud."""
        price = clouds()[self.copy.cloud].storage_usd_per_gb_month
        return None if self.size_bytes is None else self.size_bytes / GB * price


def settle_copies(
    record: StagedCopies, stacks: Stacks, name: str, spec: Spec | None, *, remove: bool
) -> None:
    """Say which copies of weights a removed deployment leaves, or remove its own.

    Raises:
        CleanupIncomplete: one was to go, and is still there.
    """
    copies = list(_copies(record, name, spec))
    if not copies:
        return
    in_use = stacks.weights_in_use(name) if remove else {}
    failed: list[str] = []
    for copy, is_own in copies:
        left = _looked_at(copy, is_own=is_own)
        if remove and is_own and left.size_bytes:
            left = _with_users(left, record, stacks, name, in_use)
        if left.size_bytes == 0:
            record.forget(name, copy)
        elif remove and is_own and left.size_bytes is not None and not left.used_by:
            failed += _removed(record, name, copy)
        else:
            talk(f"note: {for_terminal(_words(left, name, remove=remove))}")
    if failed:
        hint = f"llamactl destroy {name} --weights goes on"
        raise CleanupIncomplete("\n  ".join(["staged weights are still there", *failed]), hint=hint)


def _copies(
    record: StagedCopies, name: str, spec: Spec | None
) -> Iterator[tuple[StagedCopy, bool]]:
    """Give each copy, and whether it is this deployment's own."""
    own = record.recall(name)
    yield from ((each, True) for each in own)
    uri = None if spec is None else spec.weights_uri
    if spec is None or uri is None or "://" not in uri:
        return
    draft = open_draft(spec.cloud)
    if draft.is_given(uri) or not uri.startswith(f"{draft.scheme}://"):
        return
    served = StagedCopy(uri.rstrip("/"), spec.cloud, spec.region)
    if served not in own:
        yield served, draft.is_default_place(uri, spec)


def _looked_at(copy: StagedCopy, *, is_own: bool) -> Left:
    from llamactl_containers.weights.removing import copy_bytes

    try:
        return Left(copy, run_transfer(copy_bytes(copy.place)), is_own)
    except LlamactlError as error:
        talk(f"warning: {for_terminal(f'{copy.place} cannot be looked at: {error.message}')}")
        return Left(copy, None, is_own)


def _with_users(
    left: Left, record: StagedCopies, stacks: Stacks, name: str, in_use: Mapping[str, str]
) -> Left:
    """Add who reads there still: other stacks, by address or record, and what the cloud knows."""
    copy, standing = left.copy, set(in_use.values())
    recorded = [each for each in record.others_of(copy.place, name) if each in standing]
    reading = [who for uri, who in in_use.items() if _overlaps(uri, copy.place)]
    try:
        known = stacks.weights_readers(copy.cloud, copy.place, copy.region)
    except LlamactlError as error:
        known = (f"perhaps another ({error.message})",)
    return replace(left, used_by=tuple(dict.fromkeys([*recorded, *reading, *known])))


def _overlaps(uri: str, place: str) -> bool:
    """Tell whether one lies at, above or below the other; an address may name it in another way."""
    wanted = f"{place.partition('://')[2].strip('/')}/"
    told = f"{uri.partition('://')[2].strip('/')}/"
    path = f"/{wanted.partition('/')[2]}"
    return told.startswith(wanted) or wanted.startswith(told) or told.endswith(path)


def _removed(record: StagedCopies, name: str, copy: StagedCopy) -> list[str]:
    """Remove a copy; gives why it could not be, if so."""
    from llamactl_containers.weights.removing import remove_copy

    try:
        with stage("weights") as report:
            run_transfer(remove_copy(copy.place, report))
    except LlamactlError as error:
        return [f"{copy.place}: {error.message}"]
    record.forget(name, copy)
    return []


def _words(left: Left, name: str, *, remove: bool) -> str:
    place, price = left.copy.place, left.usd_per_month
    cloud = clouds()[left.copy.cloud]
    size = "of unknown size" if left.size_bytes is None else format_bytes(left.size_bytes)
    cost = ""
    if price is not None:
        each = f"${cloud.storage_usd_per_gb_month} per GB and month: {cloud.storage_source}"
        cost = f", about ${price:.2f} a month ({each})"
    head = f"weights stay in {place}, {size}{cost}"
    if not left.is_own:
        return f"{head}; they were there before, and are yours to remove"
    if left.used_by:
        return f"{head}; not removed, because {', '.join(left.used_by)} reads them"
    return head if remove else f"{head}; llamactl destroy {name} --weights removes them"
