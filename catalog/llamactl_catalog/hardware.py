"""What clouds rent: accelerators, the instance types that have them, and their prices."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

PriceBasis = Literal["published", "derived"]


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One kind of GPU.

    `memory_bytes` is what the driver reports as usable, not what the data sheet says.
    `bandwidth_bytes_per_s` and `fp16_flops` (dense, a second) are the data sheet's peaks.
    `link_bytes_per_s` is what two of them exchange with each other; None: through the host.
    """

    id: str
    name: str
    memory_bytes: int
    bandwidth_bytes_per_s: float
    fp16_flops: float
    compute_capability: tuple[int, int]
    link_bytes_per_s: float | None
    source: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class InstanceType:
    """What a cloud rents, by the cloud's own name.

    `quota_units` is what one instance takes of `quota_name` (an instance, or its cores).
    `reserve` is the share that the cloud keeps on top: 0.2 where 20 % more must be there.
    `unusable_because` is why nothing runs on it: it is retired, or has a share of a GPU.
    """

    cloud: str
    name: str
    accelerator: Accelerator
    accelerators: int
    vcpus: int
    memory_bytes: int
    disk_bytes: int | None
    quota_name: str
    quota_code: str | None
    quota_units: int
    reserve: float
    unusable_because: str | None
    source: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class Price:
    """What an instance of a type costs in a region, on a date; `derived` is computed, not seen."""

    cloud: str
    region: str
    instance_type: str
    usd_per_hour: float
    basis: PriceBasis
    dated: date
    source: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An instance type in a region, at a price.

    `unavailable_because` is why it cannot be had there, priced as it is; None: nothing says so.
    """

    instance_type: InstanceType
    price: Price
    unavailable_because: str | None = None
