"""How each engine is started, written to `golden/launch.txt`.

To write it anew: PYTHONPATH=tests python tests/containers/engines/launch_goldens.py
"""

from pathlib import Path

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.engine_versions import engine_version
from llamactl_catalog.hardware_tables import load_accelerators
from llamactl_catalog.memory import memory
from llamactl_catalog.replica import Replica
from llamactl_catalog.serving_contracts import serving_contract
from llamactl_catalog.workload import Workload
from llamactl_containers.engines.choice import CONTAINER_ENGINES
from llamactl_containers.engines.engine import LaunchOrder
from llamactl_containers.engines.tgi import for_ready_image

GOLDEN = Path(__file__).parent / "golden" / "launch.txt"
_GPUS = load_accelerators()
_CATALOG = load_catalog()
_LOAD = Workload(512, 256, concurrency=4, context_tokens=4096)
CASES = (
    ("llama-2-7b-chat", "none", "a10g", 1),
    ("llama-2-13b-chat", "none", "a10g", 4),
    ("llama-2-70b-chat", "none", "a100-sxm-80gb", 4),
    ("llama-2-70b-chat", "gptq", "a10g", 4),
    ("mpt-7b-instruct", "none", "a100-sxm-40gb", 1),
)


def launch_order(  # noqa: PLR0913, PLR0917 - a placement
    model, quantization, gpu, num_shard, contract, engine="tgi", workload=_LOAD, **options
):
    """An order of the planner's memory."""
    known = _CATALOG.model(model)
    planned = memory(Replica(known, quantization, _GPUS[gpu], num_shard), workload)
    return LaunchOrder(
        known,
        quantization,
        num_shard,
        workload,
        planned.max_kv_tokens,
        engine_version(engine),
        serving_contract(contract),
        **options,
    )


def settings(order):
    """What the engine of an order is started with."""
    return CONTAINER_ENGINES[order.version.engine].launch_settings(order)


def lines(found):
    """Settings as they are read: sorted variables, then the arguments, an option a line."""
    yield from (f"  {name}={found.environment[name]}" for name in sorted(found.environment))
    pairs = zip(found.arguments[::2], found.arguments[1::2], strict=True)
    yield from (f"  {option} {value}" for option, value in pairs)


def text():
    """The whole golden file."""
    parts = []
    for engine in CONTAINER_ENGINES:
        for contract in ("sagemaker", "azureml"):
            for model, quantization, gpu, num_shard in CASES:
                order = launch_order(model, quantization, gpu, num_shard, contract, engine)
                title = f"{order.version.engine} {order.version.version} on {contract}: {model}"
                split = f"{quantization}, {num_shard} of {gpu}, room for {order.max_kv_tokens:,}"
                parts += [f"{title} ({split})", *lines(settings(order)), ""]
    ready = launch_order(*CASES[1], "sagemaker", "tgi@3.3.6")
    parts += [
        "the ready image of tgi 3.3.6 on sagemaker: llama-2-13b-chat",
        *lines(for_ready_image(settings(ready), ready.contract)),
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    GOLDEN.write_text(text(), "utf-8")
