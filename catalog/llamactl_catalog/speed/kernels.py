"""What kernels reach of a data sheet's peaks on each GPU, from the bundled table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from llamactl_catalog.hardware import Accelerator
from llamactl_catalog.tables import Columns, day, positive, read_table, share, text

_DEFAULT = "*"
_COLUMNS: Columns = {
    "accelerator": text,
    "bandwidth_share": share,
    "cache_share": share,
    "flops_share": share,
    "fp8_flops_share": share,
    "attention_flops_share": share,
    "exchange_gb_per_s": positive,
    "hop_us": positive,
    "source": text,
    "checked_on": day,
}


@dataclass(frozen=True, slots=True)
class KernelFacts:
    """Shares of the peaks that kernels reach, and how fast GPUs add up.

    `bandwidth_share` of the memory's peak for weights, `cache_share` for keys and values;
    `flops_share` of the dense 16-bit peak, `fp8_flops_share` of twice that peak;
    `attention_flops_share` of the 16-bit peak in a prompt's attention. `exchange_gb_per_s` is the
    size of a message over the time in which all GPUs have added it up; without NVLink that of two
    GPUs. `hop_us` is what one such sum takes however small.
    """

    accelerator: str
    bandwidth_share: float
    cache_share: float
    flops_share: float
    fp8_flops_share: float
    attention_flops_share: float
    exchange_gb_per_s: float
    hop_us: float
    source: str
    checked_on: date


def kernel_facts(accelerator: Accelerator) -> KernelFacts:
    """Look up a GPU's facts; for one that is not in the table, those of most GPUs."""
    known = _load()
    return known.get(accelerator.id, known[_DEFAULT])


@cache
def _load() -> Mapping[str, KernelFacts]:
    return {
        each.accelerator: each for each in read_table("kernel_facts.csv", _COLUMNS, KernelFacts)
    }
