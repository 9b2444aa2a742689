"""Which models run on GPUs that one has in mind."""

from collections.abc import Callable, Sequence

from llamactl_catalog.engines import TGI
from llamactl_catalog.hardware import Accelerator
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Quantization
from llamactl_catalog.replica import Replica
from llamactl_catalog.workload import Workload

# One request of this context, or of the model's own where that is less.
CONTEXT_TOKENS = 2048


def fitting(
    accelerator: Accelerator, count: int, quantizations: Sequence[Quantization] = ("none",)
) -> Callable[[Model], bool]:
    """Give the question whether a model fits up to `count` such GPUs, by TGI's arithmetic."""
    arithmetic = TGI.arithmetic()

    def fits(model: Model) -> bool:
        context = min(CONTEXT_TOKENS, model.architecture.context_tokens)
        alone = Workload(context - 1, 1, concurrency=1, context_tokens=context)
        return any(
            arithmetic.memory(Replica(model, stored, accelerator, num_shard), alone).fits
            for stored in quantizations
            for num_shard in arithmetic.shard_counts(model, stored, count)
        )

    return fits
