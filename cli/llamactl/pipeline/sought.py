"""What an order asks to be planned; what it leaves open is as the deployment that stands."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from llamactl.pipeline.cloud_order import ANY, HUB, CloudOrder
from llamactl.pipeline.plan_file import SavedPlan
from llamactl.planning_options import CONCURRENCY, INPUT_TOKENS, OUTPUT_TOKENS
from llamactl.ranking import Sought, workload_of
from llamactl_catalog.engines import TGI, Engine, deployed
from llamactl_catalog.engines import engine as engine_of
from llamactl_catalog.limits import Limits
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Layout, Quantization
from llamactl_catalog.quantization import PREPARED
from llamactl_catalog.selection import Selection
from llamactl_infra.capacity import Capacity, Schedule
from llamactl_infra.given_settings import schedules_in
from llamactl_infra.spec import Cloud, Spec


@dataclass(frozen=True, slots=True)
class Scaling:
    """What an order says of the instance counts beyond the replicas that carry the load.

    `most` is what the autoscaler may take at the most; None: it takes none.
    """

    most: int | None = None
    schedules: tuple[Schedule, ...] = ()

    def capacity(self, replicas: int) -> Capacity:
        """Return the instance counts of a placement with so many replicas."""
        most = self.most if self.most is not None else replicas
        return Capacity(replicas, replicas, max(replicas, most), self.schedules)


def scaling_of(order: CloudOrder, stored: Spec | None) -> Scaling:
    """Return how an order scales: as it says, else as the deployment does that stands.

    Raises:
        InvalidFile: its schedules are malformed.
    """
    schedules = schedules_in(order.settings)
    if schedules is None:
        schedules = () if stored is None else stored.schedules
    if order.replicas is not None or order.max_instances is not None:
        return Scaling(order.max_instances, schedules)
    return Scaling(None if stored is None else stored.max_instances, schedules)


def sought_by(
    order: CloudOrder,
    model: Model,
    stored: Spec | None,
    saved: SavedPlan | None,
    clouds: tuple[Cloud, ...],
) -> Sought:
    """Give what is to be planned: as ordered, as the saved plan has it, or as it stands."""
    replicas = _replicas(order, stored)
    if saved is not None:
        workload = saved.workload
    else:
        workload = workload_of(
            model,
            order.input_tokens if order.input_tokens is not None else INPUT_TOKENS,
            order.output_tokens if order.output_tokens is not None else OUTPUT_TOKENS,
            _concurrency(order, stored, replicas),
            _context(order, stored),
        )
    return Sought(
        model=model,
        workload=workload,
        selection=selection_of(order, stored, clouds),
        today=datetime.now(UTC).date(),
        quantizations=_quantizations(order, stored),
        engine=_engine(order, stored),
        layout=Layout(_num_shard(order, stored, saved)),
        objective=order.objective,
        limits=Limits(order.max_usd_per_hour),
        instances=replicas,
    )


def _replicas(order: CloudOrder, stored: Spec | None) -> int | None:
    """Say how many instances are to carry the load; None: as few as do."""
    if order.replicas is not None:
        return order.replicas
    if order.min_instances is not None:
        return order.min_instances
    if stored is None or order.concurrency is not None:
        return None
    return stored.min_instances if stored.min_instances is not None else stored.instances


def _num_shard(order: CloudOrder, stored: Spec | None, saved: SavedPlan | None) -> int | None:
    """Say how a replica is split; a deployment keeps its shards with its type and weights."""
    if order.num_shard is not None or saved is not None:
        return order.num_shard if saved is None else saved.num_shard
    is_other = order.instance_types or order.gpus or order.quantizations or order.concurrency
    return None if stored is None or is_other else stored.num_shard


def _engine(order: CloudOrder, stored: Spec | None) -> Engine:
    if order.engine is not None:
        return deployed(engine_of(order.engine))
    if stored is not None and stored.engine_version is not None:
        return engine_of(f"{stored.engine}@{stored.engine_version}")
    return TGI


def _concurrency(order: CloudOrder, stored: Spec | None, replicas: int | None) -> int:
    if order.concurrency is not None:
        return order.concurrency
    if stored is not None:
        return stored.parallel * (replicas if replicas is not None else 1)
    return CONCURRENCY


def _context(order: CloudOrder, stored: Spec | None) -> int | None:
    if order.context_tokens is not None or stored is None:
        return order.context_tokens
    return stored.context_tokens


def selection_of(order: CloudOrder, stored: Spec | None, clouds: tuple[Cloud, ...]) -> Selection:
    """Select what is asked for; where nothing is, what stands."""
    if stored is None or stored.region is None or stored.instance_type is None:
        named = clouds if order.cloud in {None, ANY} else (str(order.cloud),)
        return Selection(named, order.regions, order.instance_types, order.gpus)
    types = order.instance_types
    if not types and not order.gpus:
        types = (stored.instance_type,)
    regions = order.regions or (stored.region,)
    return Selection((stored.cloud,), regions, types, order.gpus)


def _quantizations(order: CloudOrder, stored: Spec | None) -> tuple[Quantization, ...]:
    if order.quantizations:
        # Weights that must be quantized beforehand are no choice where none are named.
        direct = tuple(each for each in order.quantizations if each not in PREPARED)
        return direct if direct and order.weights in {None, HUB} else order.quantizations
    known = {} if stored is None else stored.environment
    name = known.get("QUANTIZE", known.get("HF_MODEL_QUANTIZE", "none"))
    return tuple(each for each in get_args(Quantization) if each == name) or ("none",)
