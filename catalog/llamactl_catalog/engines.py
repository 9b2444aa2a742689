"""The engines that a plan knows, and the arithmetic that answers for each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from llamactl_catalog import memory as tgi_memory
from llamactl_catalog import sharding, speed
from llamactl_catalog.candidates import Arithmetic
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.fields import did_you_mean
from llamactl_catalog.hardware import Accelerator
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Memory, Quantization, Speed
from llamactl_catalog.quantization import unavailable_because
from llamactl_catalog.workload import Workload

RENTED = ("tgi",)
_VERSION = re.compile(r"\d+(\.\d+){0,2}")
# Under a license that forbids paid hosting. Source: huggingface/text-generation-inference, LICENSE
# of the tags v1.0.0 to v1.4.5 (HFOIL 1.0); v1.4.6 and later are Apache-2.0.
_NOT_FOR_HOSTING = ((1, 0, 0), (1, 4, 5))


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
        first, last = _NOT_FOR_HOSTING
        if self.version is not None and first <= _numbers(self.version) <= last:
            yield (
                f"engine license: {self.name} {self.version} may not be hosted for pay; "
                "deploy refuses it"
            )


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


def _numbers(version: str) -> tuple[int, ...]:
    parts = [int(part) for part in version.split(".")]
    return (*parts, *[0] * (3 - len(parts)))
