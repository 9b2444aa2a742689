"""What every engine in a container gives: launch settings, routes, the published image."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from llamactl_catalog.compatibility import quantization_refusal
from llamactl_catalog.engine_models import check_loads
from llamactl_catalog.engine_versions import EngineVersion
from llamactl_catalog.errors import InvalidInput, NoCapacity
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Quantization
from llamactl_catalog.serving_contracts import ServingContract
from llamactl_catalog.sharding import refusal
from llamactl_catalog.workload import Workload

ARGUMENTS = "LLAMACTL_ARGUMENTS"
"""The variable that carries arguments, one a line, where a platform passes an environment alone."""

_LEAVE_BEFORE_S = 5


@dataclass(frozen=True, slots=True)
class LaunchOrder:
    """A model to be served: split how, for which load, by which version, on which platform.

    `workload` is the share of one replica. `max_kv_tokens` is the planner's: the tokens in flight
    that there is memory for. `weights` is a Hub repository or a path in the container; None: they
    lie where the platform puts them. A `revision` is of a Hub repository.
    """

    model: Model
    quantization: Quantization
    num_shard: int
    workload: Workload
    max_kv_tokens: int
    version: EngineVersion
    contract: ServingContract
    weights: str | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """How an engine is started: its environment, and its arguments."""

    environment: Mapping[str, str]
    arguments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "environment", MappingProxyType(dict(self.environment)))

    def as_environment(self) -> dict[str, str]:
        """Give all of it as an environment, for a platform that passes no arguments."""
        carried = {ARGUMENTS: "\n".join(self.arguments)} if self.arguments else {}
        return {**self.environment, **carried}


@dataclass(frozen=True, slots=True)
class Routes:
    """Where an engine answers on its port; None: it does not answer such requests there."""

    generate: str | None
    chat: str | None
    completions: str | None
    health: str
    metrics: str | None
    port: int = field(default=80)


class ContainerEngine(Protocol):
    """One serving program that comes as a container image."""

    @property
    def name(self) -> str:
        """Give its name, by which the table of versions has it."""

    def launch_settings(self, order: LaunchOrder) -> LaunchSettings:
        """Say how to start it so that it takes no more memory than was planned.

        Raises:
            InvalidInput: this version cannot serve the model so.
            NoCapacity: the planned memory has no room for one whole context.
        """

    def routes(self, version: EngineVersion, contract: ServingContract) -> Routes:
        """Say where it answers on a platform."""


def check_order(order: LaunchOrder) -> None:
    """Refuse what no settings can make right.

    Raises:
        InvalidInput: the version does not load the model or has no such quantization, or the model
            does not split so.
        NoCapacity: the planned memory has no room for one whole context.
    """
    version = order.version
    check_loads(order.model, version)
    lacking = quantization_refusal(version, order.quantization)
    if lacking is not None:
        raise InvalidInput(lacking, hint=f"it has {', '.join(version.quantizations)}")
    why = refusal(order.model, order.quantization, order.num_shard)
    if why is not None:
        hint = f"llamactl plan {order.model.id} ranks placements that work"
        raise InvalidInput(f"{order.model.id}: {why}", hint=hint)
    if order.workload.context_tokens > order.max_kv_tokens:
        raise NoCapacity(
            f"a context of {order.workload.context_tokens:,} tokens, and memory for "
            f"{order.max_kv_tokens:,}",
            hint="a shorter --context, fewer bits or larger GPUs",
        )


def stop_s(contract: ServingContract) -> int:
    """Give how long an engine may take to finish its answers: it ends before it is killed."""
    return max(1, contract.stop_s - _LEAVE_BEFORE_S)
