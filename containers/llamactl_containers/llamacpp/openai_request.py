"""Reads bodies of OpenAI's `/v1/chat/completions` and `/v1/completions`.

Fields that nobody here knows are ignored, as TGI does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from llamactl_catalog.prompts import stop_strings
from llamactl_containers.llamacpp.chat_messages import chat_prompt, read_messages
from llamactl_containers.llamacpp.completion import SEEDS, Completion
from llamactl_containers.llamacpp.constraint_fields import read_constraint
from llamactl_containers.llamacpp.fields import Fields
from llamactl_containers.llamacpp.launch import LaunchSettings
from llamactl_containers.llamacpp.openai_parameters import (
    read_chat_logprobs,
    read_choices,
    read_include_usage,
    read_max_tokens,
    read_prompts,
    read_sampling,
    read_stop,
    whole_within,
)
from llamactl_containers.llamacpp.refusal import Refused
from llamactl_containers.llamacpp.tools import read_tools

# The names that clients of TGI send when they are told none: text-generation 0.7 and TGI's own
# documentation say "tgi", huggingface_hub 0.36 says "dummy".
_ANY_MODEL = ("tgi", "dummy")
_MOST_COMPLETION_LOGPROBS = 5


@dataclass(frozen=True, slots=True)
class OpenAIRequest:
    """One request: an answer for each of `completions`, in the order of the choices.

    There are `per_prompt` choices of each prompt, one after the other.
    """

    completions: tuple[Completion, ...]
    per_prompt: int
    is_chat: bool
    has_tools: bool
    streamed: bool
    include_usage: bool
    top_logprobs: int | None


def read_chat(values: Mapping[str, Any], settings: LaunchSettings) -> OpenAIRequest:
    """Read and check a chat body.

    Raises:
        Refused: naming the field and what is wrong with it.
    """
    fields = Fields(values)
    _check_model(fields, settings.model_id)
    messages = read_messages(values.get("messages"))
    for old in ("functions", "function_call"):
        if values.get(old) is not None:
            raise Refused("validation", f"`{old}` is not supported: use `tools`", param=old)
    tools = read_tools(fields)
    constraint = read_constraint(fields)
    if tools is not None and constraint is not None:
        raise Refused("tool_error", "Grammar and tools are mutually exclusive")
    if tools is not None:
        constraint = tools.constraint
    prompt = chat_prompt(settings.prompt_format, messages, tools.instruction if tools else "")
    format_stops = stop_strings(settings.prompt_format) if settings.prompt_format else ()
    streamed = fields.flag("stream")
    top_logprobs = read_chat_logprobs(fields)
    completion = Completion(
        prompt=prompt,
        max_tokens=read_max_tokens(fields, "max_completion_tokens", "max_tokens"),
        sampling=read_sampling(fields),
        stop=(*read_stop(fields), *format_stops),
        top_logprobs=top_logprobs,
        constraint=constraint,
        streamed=streamed,
    )
    choices = read_choices(fields, settings.parallel)
    return OpenAIRequest(
        completions=_copies(completion, choices),
        per_prompt=choices,
        is_chat=True,
        has_tools=tools is not None,
        streamed=streamed,
        include_usage=read_include_usage(fields, streamed=streamed),
        top_logprobs=top_logprobs,
    )


def read_completion(values: Mapping[str, Any], settings: LaunchSettings) -> OpenAIRequest:
    """Read and check a completion body.

    Raises:
        Refused: naming the field and what is wrong with it.
    """
    fields = Fields(values)
    _check_model(fields, settings.model_id)
    if fields.flag("echo"):
        raise Refused("validation", "`echo` is not supported", param="echo")
    if fields.text("suffix"):
        raise Refused("validation", "`suffix` is not supported", param="suffix")
    if fields.whole("best_of") not in (None, 1, fields.whole("n")):
        raise Refused("validation", "`best_of` is not supported", param="best_of")
    streamed = fields.flag("stream")
    top_logprobs = whole_within(fields, "logprobs", 0, _MOST_COMPLETION_LOGPROBS)
    completion = Completion(
        prompt="",
        max_tokens=read_max_tokens(fields, "max_tokens"),
        sampling=read_sampling(fields),
        stop=read_stop(fields),
        top_logprobs=top_logprobs,
        constraint=read_constraint(fields),
        streamed=streamed,
    )
    choices = read_choices(fields, settings.parallel)
    completions = [
        each
        for prompt in read_prompts(fields)
        for each in _copies(replace(completion, prompt=prompt), choices)
    ]
    return OpenAIRequest(
        completions=tuple(completions),
        per_prompt=choices,
        is_chat=False,
        has_tools=False,
        streamed=streamed,
        include_usage=read_include_usage(fields, streamed=streamed),
        top_logprobs=top_logprobs,
    )


def _copies(completion: Completion, count: int) -> tuple[Completion, ...]:
    """Give each choice a seed of its own, in a row from the one that was asked for."""
    seeds = [(completion.sampling.seed + index) % SEEDS for index in range(count)]
    samplings = [replace(completion.sampling, seed=seed) for seed in seeds]
    return tuple(replace(completion, sampling=each) for each in samplings)


def _check_model(fields: Fields, model_id: str) -> None:
    model = fields.text("model")
    if model not in (None, model_id, *_ANY_MODEL):
        message = f"The model '{model}' does not exist: this endpoint serves '{model_id}'"
        raise Refused("model_not_found", message, param="model")
