"""GPUs as their drivers report them, written down apart from the catalog's tables.

MiB of `memory.total` in nvidia-smi.
"""

from datetime import date

from llamactl_catalog.hardware import Accelerator
from llamactl_catalog.units import MIB


def gpu(name, memory_mib, compute_capability=(8, 0)):
    day = date(2026, 11, 22)
    return Accelerator(
        name, name, memory_mib * MIB, 1e12, 1e14, compute_capability, None, "nvidia-smi", day
    )


T4 = gpu("T4", 15_360, (7, 5))
A10G = gpu("A10G", 23_028, (8, 6))
L4 = gpu("L4", 23_034, (8, 9))
A100_40 = gpu("A100 40 GB", 40_960)
A100_80 = gpu("A100 80 GB", 81_920)
H100_NVL = gpu("H100 NVL", 95_830, (9, 0))
GPUS = (T4, A10G, L4, A100_40, A100_80, H100_NVL)
