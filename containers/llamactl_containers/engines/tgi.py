"""Text Generation Inference: its settings and routes. All is set by environment."""

from typing import Final

from llamactl_catalog.engine_versions import EngineVersion
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.prefill import prefill_tokens
from llamactl_catalog.serving_contracts import ServingContract
from llamactl_containers.engines.engine import (
    LaunchOrder,
    LaunchSettings,
    Routes,
    check_order,
    stop_s,
)

# TGI's own default: more requests than run wait their turn, and beyond it are refused with 429.
# Source: text-generation-inference, docs/source/reference/launcher.md.
_LEAST_WAITING = 128
# A cloud's ready image has an entry script of its own, which asks for these names.
# Source: text-generation-inference, sagemaker-entrypoint.sh of v2.0.0 to v3.3.6.
_READY_NAMES = {
    "MODEL_ID": "HF_MODEL_ID",
    "REVISION": "HF_MODEL_REVISION",
    "NUM_SHARD": "SM_NUM_GPUS",
    "QUANTIZE": "HF_MODEL_QUANTIZE",
}


class Tgi:
    """TGI, any version of the table."""

    name: Final = "tgi"

    def launch_settings(self, order: LaunchOrder) -> LaunchSettings:
        """Say how to start it; the memory is that of `llamactl_catalog.memory`, which see.

        The weights' own type is kept (no DTYPE): TGI holds each of these models in 16 bit.
        """
        check_order(order)
        shape, context = order.model.architecture, order.workload.context_tokens
        prefill = prefill_tokens(shape, context)
        # Before it cuts prompts up, TGI does not start with less than the longest prompt.
        longest = context - 1 if order.version.prefill_in_pieces else min(context - 1, prefill)
        if order.workload.input_tokens > longest and not order.version.prefill_in_pieces:
            raise InvalidInput(
                f"tgi {order.version.version} takes prompts of at most {longest} tokens, and the "
                f"load has {order.workload.input_tokens}: it does not cut prompts up",
                hint="--engine tgi@3.0.1 or later, or fewer --input-tokens",
            )
        values = {
            # Up to 3.3.6 it counts one GPU where it sees all.
            "NUM_SHARD": str(order.num_shard),
            "MAX_INPUT_TOKENS": str(longest),
            "MAX_TOTAL_TOKENS": str(context),
            "MAX_BATCH_PREFILL_TOKENS": str(prefill),
            "MAX_CONCURRENT_REQUESTS": str(max(_LEAST_WAITING, 2 * order.workload.concurrency)),
            "CUDA_MEMORY_FRACTION": "1.0",
            "USAGE_STATS": "off",
        }
        if shape.kind == "mpt":  # without paged attention TGI does not find it by itself
            values["MAX_BATCH_TOTAL_TOKENS"] = str(order.max_kv_tokens)
        if order.quantization != "none":
            values["QUANTIZE"] = order.quantization
        if order.weights is not None:
            values["MODEL_ID"] = order.weights
        if order.revision is not None:
            values["REVISION"] = order.revision
        if order.version.stop_setting is not None:
            values[order.version.stop_setting] = str(stop_s(order.contract))
        return LaunchSettings(values)

    def routes(self, version: EngineVersion, contract: ServingContract) -> Routes:
        """Say where it answers; where all goes one way, chat needs version 2.4."""
        if contract.invoke:
            openai = contract.invoke if version.messages_on_invocations else None
            return Routes(
                contract.invoke, openai, openai, contract.health, None, port=contract.port
            )
        return Routes(
            "/generate",
            "/v1/chat/completions",
            "/v1/completions",
            contract.health,
            "/metrics",
            port=contract.port,
        )


def for_ready_image(settings: LaunchSettings, contract: ServingContract) -> LaunchSettings:
    """Give the same settings by the names that a cloud's ready image takes."""
    values = {_READY_NAMES.get(name, name): text for name, text in settings.environment.items()}
    if "HF_MODEL_ID" not in values and contract.model_dir is not None:
        values["HF_MODEL_ID"] = contract.model_dir
    return LaunchSettings(values)
