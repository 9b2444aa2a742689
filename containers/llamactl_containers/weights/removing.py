"""Staged weights taken away again: what lies below one prefix, and nothing beside it."""

from llamactl_catalog.errors import InvalidInput, NotFound
from llamactl_catalog.progress import Report, Step
from llamactl_catalog.units import format_bytes
from llamactl_containers.buckets.address import bucket_address
from llamactl_containers.weights.targets import open_target


async def copy_bytes(place: str) -> int:
    """Say how large the copy at an address is; 0: nothing lies there.

    Raises:
        LlamactlError: it cannot be looked at.
    """
    try:
        return sum((await open_target(place).sizes()).values())
    except (FileNotFoundError, NotFound):  # not even the bucket
        return 0


async def remove_copy(place: str, report: Report) -> int:
    """Remove every object below an address; gives how many bytes they were.

    The manifest goes first: what is cut off is then no copy that anyone would take for whole.

    Raises:
        InvalidInput: it is a whole bucket, of which more may be somebody else's.
        LlamactlError: it cannot be looked at or removed.
    """
    if not bucket_address(place).prefix:
        raise InvalidInput(f"{place} is a whole bucket", hint="remove what is yours there by hand")
    target = open_target(place)
    sizes = await target.sizes()
    for number, path in enumerate(sorted(sizes, key=lambda each: (sizes[each], each))):
        report(Step(f"removing {path}, {number + 1} of {len(sizes)}"))
        await target.remove(path)
    total = sum(sizes.values())
    report(Step(f"{len(sizes)} objects, {format_bytes(total)}, removed from {place}"))
    return total
