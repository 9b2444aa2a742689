"""vLLM: its arguments and routes. It speaks OpenAI's routes alone."""

from typing import Final

from llamactl_catalog.engine_versions import EngineVersion
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.memory import RESERVE
from llamactl_catalog.placement import Quantization
from llamactl_catalog.prefill import prefill_tokens
from llamactl_catalog.serving_contracts import ServingContract
from llamactl_containers.engines.engine import (
    LaunchOrder,
    LaunchSettings,
    Routes,
    check_order,
)

# vLLM's own names. It takes the fastest kernel for gptq and awq weights by itself.
# Source: vllm-project/vllm, docs/features/quantization.
_QUANTIZATIONS: dict[Quantization, str] = {
    "gptq": "gptq",
    "awq": "awq",
    "bitsandbytes-nf4": "bitsandbytes",
    "fp8": "fp8",
}


class Vllm:
    """vLLM, any version of the table."""

    name: Final = "vllm"

    def launch_settings(self, order: LaunchOrder) -> LaunchSettings:
        """Say how to start it: as many requests at once as were planned, the rest wait.

        Raises:
            InvalidInput: it has no such quantization.
        """
        check_order(order)
        context = order.workload.context_tokens
        prefill = prefill_tokens(order.model.architecture, context)
        values = {
            "--served-model-name": order.model.id,
            "--tensor-parallel-size": order.num_shard,
            "--max-model-len": context,
            "--max-num-seqs": order.workload.concurrency,
            # It takes a token of each running request in every step, beside the prompts.
            "--max-num-batched-tokens": max(prefill, order.workload.concurrency),
            "--gpu-memory-utilization": f"{1 - RESERVE:.2f}",
        }
        if order.quantization != "none":
            values["--quantization"] = _quantization(order.quantization)
        if order.revision is not None:
            values["--revision"] = order.revision
        environment = {
            "NUM_SHARD": str(order.num_shard),
            "VLLM_NO_USAGE_STATS": "1",
            "DO_NOT_TRACK": "1",
        }
        if order.weights is not None:
            environment["MODEL_ID"] = order.weights
        arguments = [str(part) for pair in values.items() for part in pair]
        return LaunchSettings(environment, tuple(arguments))

    def routes(self, version: EngineVersion, contract: ServingContract) -> Routes:  # noqa: ARG002 - alike in all
        """Say where it answers."""
        if contract.invoke:
            return Routes(
                None, contract.invoke, contract.invoke, contract.health, None, port=contract.port
            )
        return Routes(
            None,
            "/v1/chat/completions",
            "/v1/completions",
            contract.health,
            "/metrics",
            port=contract.port,
        )


def _quantization(quantization: Quantization) -> str:
    if quantization not in _QUANTIZATIONS:
        hint = f"it has {', '.join(_QUANTIZATIONS)}"
        raise InvalidInput(f"vllm has no {quantization}", hint=hint)
    return _QUANTIZATIONS[quantization]
