"""The engines that a plan knows, and the arithmetic that answers for each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from llamactl_catalog import memory as tgi_memory
from llamactl_catalog import sharding, speed
from llamactl_catalog.candidates import Arithmetic
from llamactl_catalog.engine_versions import engine_lines
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.fields import did_you_mean
from llamactl_catalog.hardware import Accelerator
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Memory, Quantization, Speed
from llamactl_catalog.quantization import file_bytes, unavailable_because
from llamactl_catalog.workload import Workload

RENTED = ("tgi",)
_VERSION = re.compile(r"\d+(\.\d+){0,2}")


@dataclass(frozen=True, slots=True)
class Engine:
    """A serving program; `version` None: the one that llamactl deploys."""

    name: str
    version: str | None = None

    def arithmetic(self) -> Arithmetic:
        """Give what answers for this engine."""
        return _Tgi(self.name, self.version)

    def cautions(self) -> Iterator[str]:
        """Say what to know of this version."""
        line = engine_lines()[self.name]
        refused = line.refused_range(self.version) if self.version is not None else None
        if refused is not None:
            subject = "engine license" if refused.by_license else "engine version"
            yield f"{subject}: {self.name} {self.version} {refused.reason}; deploy refuses it"


TGI = Engine("tgi")


def engine(text: str) -> Engine:
    """Read NAME or NAME@VERSION.

    Raises:
        InvalidInput: there is no such engine, or the version is not written like 3.3.5.
    """
    name, at, version = text.partition("@")
    if name not in RENTED:
        close = did_you_mean(name, RENTED)
        message = f"no engine '{name}' for rented GPUs{close}"
        raise InvalidInput(message, hint=f"there is {', '.join(RENTED)}")
    if at and not _VERSION.fullmatch(version):
        raise InvalidInput(f"'{version}' is no version", hint=f"write it like {name}@3.3.5")
    return Engine(name, version if at else None)


@dataclass(frozen=True, slots=True)
class _Tgi:
    name: str
    version: str | None

    def unavailable_because(
        self, model: Model, quantization: Quantization, accelerator: Accelerator
    ) -> str | None:
        return unavailable_because(model, quantization, accelerator)

    def shard_counts(
        self, model: Model, quantization: Quantization, accelerators: int
    ) -> tuple[int, ...]:
        return sharding.shard_counts(model, quantization, accelerators)

    def memory(
        self,
        model: Model,
        quantization: Quantization,
        accelerator: Accelerator,
        num_shard: int,
        workload: Workload,
    ) -> Memory:
        return tgi_memory.memory(model, quantization, accelerator, num_shard, workload)

    def fits(self, memory: Memory) -> bool:
        return tgi_memory.fits(memory)

    def disk_bytes(self, model: Model, quantization: Quantization) -> int:
        return file_bytes(model, quantization) + engine_lines()[self.name].image_bytes(self.version)

    def shortage(
        self,
        model: Model,
        quantization: Quantization,
        accelerator: Accelerator,
        num_shard: int,
        workload: Workload,
    ) -> str:
        return tgi_memory.shortage(model, quantization, accelerator, num_shard, workload)

    def speed(
        self,
        model: Model,
        quantization: Quantization,
        accelerator: Accelerator,
        num_shard: int,
        workload: Workload,
    ) -> Speed:
        return speed.estimate(
            model, quantization, accelerator, num_shard, workload, self.name, self.version
        )
