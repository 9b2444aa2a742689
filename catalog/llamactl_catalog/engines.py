"""The engines that a plan knows, and the arithmetic that answers for each."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from llamactl_catalog import memory as tgi_memory
from llamactl_catalog import sharding, speed, vllm_memory
from llamactl_catalog.candidates import Arithmetic
from llamactl_catalog.compatibility import incompatible_because, quantization_refusal
from llamactl_catalog.engine_versions import EngineVersion, engine_lines, engine_version, numbers
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.fields import did_you_mean
from llamactl_catalog.hardware import Accelerator, InstanceType
from llamactl_catalog.memory import shortage
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Layout, Memory, Quantization, Speed
from llamactl_catalog.quantization import file_bytes, unavailable_because
from llamactl_catalog.replica import Replica
from llamactl_catalog.speed.calibration import Calibration
from llamactl_catalog.workload import Workload

RENTED = ("tgi", "vllm")
DEPLOYED = ("tgi",)
# Source: TGI 3.3.6, launcher/src/main.rs, max_concurrent_requests.
_TGI_IN_FLIGHT = 128
# Its max_num_seqs; 1,024 on GPUs of 70 GiB and more. Source: vLLM 0.33.0, engine/arg_utils.py.
_VLLM_IN_FLIGHT = 256
_VERSION = re.compile(r"\d+(\.\d+){0,2}")


@dataclass(frozen=True, slots=True)
class Engine:
    """A serving program; `version` None: the one that llamactl deploys."""

    name: str
    version: str | None = None

    @property
    def holds_several(self) -> bool:
        """Whether one container can hold several replicas.

        vLLM runs them itself behind one port (--data-parallel-size); TGI is one replica a process,
        and a container of SageMaker or Azure ML answers on one port. Source: vLLM 0.33.0,
        docs/serving/data_parallel_deployment.md; TGI 3.3.6, launcher/src/main.rs, num_shard.
        """
        return self.name == "vllm"

    def arithmetic(self) -> Arithmetic:
        """Give what answers for this engine."""
        version = self.on_record()
        calibration = speed.load_calibration(self.name, version.version)
        if self.name == "vllm":
            return _EngineArithmetic(
                version,
                calibration,
                vllm_memory.unavailable_because,
                vllm_memory.shard_counts,
                self.holds_several,
                _VLLM_IN_FLIGHT,
                vllm_memory.VllmMemory(numbers(version.version)).memory,
            )
        return _EngineArithmetic(
            version,
            calibration,
            unavailable_because,
            sharding.shard_counts,
            self.holds_several,
            _TGI_IN_FLIGHT,
            tgi_memory.memory,
        )

    def on_record(self) -> EngineVersion:
        """Give the version that is on record: this one, else the next older, else the oldest."""
        line = engine_lines()[self.name]
        wanted = self.version if self.version is not None else line.default
        if wanted in line.versions:
            return line.versions[wanted]
        by_age = sorted(line.versions.values(), key=lambda each: numbers(each.version))
        older = [each for each in by_age if numbers(each.version) <= numbers(wanted)]
        return older[-1] if older else by_age[0]

    def incompatible_because(self, instance_type: InstanceType) -> str | None:
        """Say why it does not run on an instance type, in whatever region; None: it does."""
        return incompatible_because(self.on_record(), instance_type)


TGI = Engine("tgi")


def remembered(
    question: Callable[[InstanceType], str | None],
) -> Callable[[InstanceType], str | None]:
    """Ask once of each instance type, which is offered in many regions; they must outlive it."""
    known: dict[int, str | None] = {}  # by identity: to hash all its fields takes as long

    def answer(instance_type: InstanceType) -> str | None:
        key = id(instance_type)
        if key not in known:
            known[key] = question(instance_type)
        return known[key]

    return answer


def engine(text: str) -> Engine:
    """Read NAME or NAME@VERSION.

    Raises:
        InvalidInput: there is no such engine, the version is not written like 3.3.5, or it is not
            on record.
        LicenseRefused: the version's own license forbids paid hosting.
    """
    name, at, version = text.partition("@")
    if name not in RENTED:
        close = did_you_mean(name, RENTED)
        message = f"no engine '{name}' for rented GPUs{close}"
        raise InvalidInput(message, hint=f"there is {', '.join(RENTED)}")
    if at and not _VERSION.fullmatch(version):
        raise InvalidInput(f"'{version}' is no version", hint=f"write it like {name}@3.3.5")
    if at:
        engine_version(text)  # a plan of what deploy refuses would be of no use
    return Engine(name, version if at else None)


def check_layout(engine: Engine, layout: Layout) -> None:
    """Refuse several replicas in one container of an engine that holds one.

    Raises:
        InvalidInput: it is asked for.
    """
    asked = layout.replicas_per_instance
    if asked is not None and asked > 1 and not engine.holds_several:
        raise InvalidInput(
            f"--replicas-per-instance {asked}: {engine.name} serves one replica per instance",
            hint="--engine vllm holds several in one container; or more instances: --replicas",
        )


def deployed(engine: Engine) -> Engine:
    """The engine, if llamactl deploys it to a cloud.

    Raises:
        InvalidInput: it is one that only `plan`, `compare` and `image` know.
    """
    if engine.name not in DEPLOYED:
        raise InvalidInput(
            f"llamactl does not deploy {engine.name} yet",
            hint=f"deploy with --engine {' or '.join(DEPLOYED)}; plan and compare know both",
        )
    return engine


@dataclass(frozen=True, slots=True)
class _EngineArithmetic:
    """The arithmetic of a version that is on record, with what differs between engines."""

    version: EngineVersion
    calibration: Calibration
    kernels_refusal: Callable[[Model, Quantization, Accelerator], str | None]
    shard_counts: Callable[[Model, Quantization, int], tuple[int, ...]]
    holds_several: bool
    most_in_flight: int
    memory: Callable[[Replica, Workload], Memory]

    def unavailable_because(
        self, model: Model, quantization: Quantization, accelerator: Accelerator
    ) -> str | None:
        lacking = quantization_refusal(self.version, quantization)
        if lacking is not None:
            return lacking
        return self.kernels_refusal(model, quantization, accelerator)

    def disk_bytes(self, model: Model, quantization: Quantization) -> int:
        return file_bytes(model, quantization) + _image_bytes(self.version)

    def replicas_per_instance(self, num_shard: int, accelerators: int) -> int:
        return accelerators // num_shard if self.holds_several else 1

    def shortage(self, replica: Replica, workload: Workload) -> str:
        return shortage(self.memory(replica, workload), replica.num_shard)

    def speed(self, replica: Replica, workload: Workload, max_kv_tokens: int) -> Speed:
        return speed.estimate(self.calibration, replica, workload, max_kv_tokens)


def _image_bytes(version: EngineVersion) -> int:
    return engine_lines()[version.engine].image_bytes(version.version)
