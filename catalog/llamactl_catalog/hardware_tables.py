"""The tables of accelerators and instance types that come with llamactl."""

from collections.abc import Mapping, Sequence
from datetime import date

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.fields import did_you_mean
from llamactl_catalog.hardware import Accelerator, InstanceType
from llamactl_catalog.tables import (
    TABLES,
    Columns,
    day,
    optional,
    positive,
    read_table,
    share,
    text,
    whole,
)
from llamactl_catalog.units import GB, GIB, MIB

_TERA = 10**12


def _capability(cell: str) -> tuple[int, int]:
    major, point, minor = cell.partition(".")
    if not (point and major.isdigit() and minor.isdigit()):
        raise ValueError("a compute capability like 8.6")
    return int(major), int(minor)


_ACCELERATOR: Columns = {
    "id": text,
    "name": text,
    "memory_mib": whole,
    "bandwidth_gb_per_s": positive,
    "fp16_tflops": positive,
    "compute_capability": _capability,
    "link_gb_per_s": optional(positive),
    "source": text,
    "checked_on": day,
}
_INSTANCE_TYPE: Columns = {
    "cloud": text,
    "name": text,
    "accelerator": text,
    "accelerators": whole,
    "vcpus": whole,
    "memory_gib": whole,
    "disk_gb": optional(whole),
    "quota_name": text,
    "quota_code": optional(text),
    "quota_units": whole,
    "reserve": share,
    "unusable_because": optional(text),
    "source": text,
    "checked_on": day,
}


def load_accelerators() -> dict[str, Accelerator]:
    """Load every kind of accelerator, by its id.

    Raises:
        InvalidFile: with all problems of the table.
    """
    found = read_table("accelerators.csv", _ACCELERATOR, _accelerator)
    _refuse_twins("accelerators.csv", [each.id for each in found])
    return {each.id: each for each in found}


def load_instance_types(accelerators: Mapping[str, Accelerator]) -> tuple[InstanceType, ...]:
    """Load every instance type, the unusable ones too, each with its accelerator.

    Raises:
        InvalidFile: with all problems of the table.
    """

    def known(cell: str) -> Accelerator:
        if cell not in accelerators:
            raise ValueError(
                f"an accelerator of accelerators.csv{did_you_mean(cell, accelerators)}"
            )
        return accelerators[cell]

    columns: Columns = {**_INSTANCE_TYPE, "accelerator": known}
    found = read_table("instance_types.csv", columns, _instance_type)
    _refuse_twins("instance_types.csv", [f"{each.cloud} {each.name}" for each in found])
    return tuple(found)


def _accelerator(  # noqa: PLR0913 - the columns of the table
    *,
    id: str,  # noqa: A002 - the column's name
    name: str,
    memory_mib: int,
    bandwidth_gb_per_s: float,
    fp16_tflops: float,
    compute_capability: tuple[int, int],
    link_gb_per_s: float | None,
    source: str,
    checked_on: date,
) -> Accelerator:
    return Accelerator(
        id=id,
        name=name,
        memory_bytes=memory_mib * MIB,
        bandwidth_bytes_per_s=bandwidth_gb_per_s * GB,
        fp16_flops=fp16_tflops * _TERA,
        compute_capability=compute_capability,
        link_bytes_per_s=None if link_gb_per_s is None else link_gb_per_s * GB,
        source=source,
        checked_on=checked_on,
    )


def _instance_type(*, memory_gib: int, disk_gb: int | None, **others: object) -> InstanceType:
    memory_bytes = memory_gib * GIB
    disk_bytes = None if disk_gb is None else disk_gb * GB
    return InstanceType(memory_bytes=memory_bytes, disk_bytes=disk_bytes, **others)  # type: ignore[arg-type]  # each cell was read by its column's reader


def _refuse_twins(table: str, names: Sequence[str]) -> None:
    if twins := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidFile(str(TABLES / table), [f"{name}: is there twice" for name in twins])
