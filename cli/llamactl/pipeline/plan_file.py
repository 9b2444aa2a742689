"""A saved plan: what it chose, for which load, and whether a plan of today chooses the same."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from llamactl_catalog.errors import InvalidFile, InvalidInput, NotFound
from llamactl_catalog.placement import Objective, Placement, Quantization
from llamactl_catalog.workload import Workload

_PLACEMENT: dict[str, type] = {
    "cloud": str,
    "region": str,
    "instance_type": str,
    "replicas": int,
    "engine": str,
    "quantization": str,
    "num_shard": int,
}
_MAKE = "llamactl plan MODEL --json > FILE writes one"
_CENT = 0.005


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """The chosen placement of a saved plan; `most` and `engine_version` where it names them."""

    path: Path
    model: str
    workload: Workload
    objective: Objective
    cloud: str
    region: str
    instance_type: str
    replicas: int
    engine: str
    quantization: Quantization
    num_shard: int
    usd_per_hour: float
    most: int | None = None
    engine_version: str | None = None

    @property
    def engine_option(self) -> str | None:
        """The engine as --engine takes it; None: the usual version."""
        return None if self.engine_version is None else f"{self.engine}@{self.engine_version}"

    def differences(self, now: Placement) -> Iterator[str]:
        """Say in what the placement of today is another one."""
        offer = now.offer
        for name, was, there_is in (
            ("instance type", self.instance_type, offer.instance_type.name),
            ("region", self.region, offer.price.region),
            ("replicas", self.replicas, now.replicas),
            ("engine", self.engine, now.engine),
            ("quantization", self.quantization, now.quantization),
            ("shards", self.num_shard, now.num_shard),
        ):
            if was != there_is:
                yield f"{name}: {was} in the plan, {there_is} today"
        if abs(self.usd_per_hour - now.usd_per_hour) >= _CENT:
            yield f"$/hour: {self.usd_per_hour:.4g} in the plan, {now.usd_per_hour:.4g} today"


def read_plan(path: Path) -> SavedPlan:
    """Read what `plan --json` or `deploy --dry-run --json` printed.

    Raises:
        NotFound: there is no such file.
        InvalidFile: it is no plan, or none that chose a placement.
    """
    try:
        told = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise NotFound(f"the plan {path} cannot be read: {error.strerror}", hint=_MAKE) from error
    except ValueError as error:
        raise InvalidFile(str(path), ["is no JSON"], hint=_MAKE) from error
    try:
        return _saved(path, told)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        why = "none is chosen" if isinstance(error, StopIteration) else str(error)
        problem = f"is no plan with a chosen placement: {why}"
        raise InvalidFile(str(path), [problem], hint=_MAKE) from error


def refuse_differences(saved: SavedPlan, now: Placement | None, reason: str | None) -> None:
    """Refuse a saved plan that is not what there is today.

    Raises:
        InvalidInput: with all that differs.
    """
    if now is None:
        problems = [f"{saved.instance_type} in {saved.region}: {reason}"]
    else:
        problems = list(saved.differences(now))
    if problems:
        message = "\n  ".join([f"{saved.path} no longer holds:", *problems])
        raise InvalidInput(message, hint=f"llamactl plan {saved.model} --json makes it anew")


def _saved(path: Path, told: Mapping[str, Any]) -> SavedPlan:
    whole = told.get("plan", told)
    chosen = next(each for each in whole["placements"] if each["chosen"])
    of_placement = {name: _typed(chosen, name, kind) for name, kind in _PLACEMENT.items()}
    if of_placement["quantization"] not in get_args(Quantization):
        raise ValueError(f"no quantization '{of_placement['quantization']}'")
    if whole.get("objective", "cost") not in get_args(Objective):
        raise ValueError(f"no objective '{whole['objective']}'")
    return SavedPlan(
        path=path,
        model=_typed(whole, "model", str),
        workload=_workload(whole["workload"]),
        objective=whole.get("objective", "cost"),
        usd_per_hour=float(chosen["usd_per_hour"]),
        most=told.get("max_instances") if "plan" in told else None,
        engine_version=told.get("engine_version") if "plan" in told else None,
        **of_placement,
    )


def _workload(load: Mapping[str, Any]) -> Workload:
    return Workload(
        input_tokens=_typed(load, "input_tokens", int),
        output_tokens=_typed(load, "output_tokens", int),
        concurrency=_typed(load, "concurrency", int),
        context_tokens=_typed(load, "context_tokens", int),
        utilization=float(load.get("utilization", 1.0)),
    )


def _typed(row: Mapping[str, Any], name: str, kind: type) -> Any:
    value = row[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}")
    return value
