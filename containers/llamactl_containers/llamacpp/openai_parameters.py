"""Reads the parameters that OpenAI's two routes share.

Limits: OpenAI's API reference, 2026-10. Beyond it `repetition_penalty`, `top_k` and `typical_p` are
taken.
"""

import re
from typing import Any

from llamactl_containers.llamacpp.completion import Sampling
from llamactl_containers.llamacpp.fields import Fields
from llamactl_containers.llamacpp.refusal import Refused
from llamactl_containers.llamacpp.tgi_request import read_seed

_MOST_STOPS = 4
_MOST_TOP_LOGPROBS = 20
_MOST_BIAS = 100
_MOST_PROMPTS = 32  # of one request; TGI's MAX_CLIENT_BATCH_SIZE is 4 to 32
_TOKEN_ID = re.compile("[0-9]{1,9}")  # llama.cpp's are of 32 bits


def read_sampling(fields: Fields) -> Sampling:
    """Read how tokens are chosen; OpenAI's defaults take the model's own distribution.

    Raises:
        Refused: naming the field and what is wrong with it.
    """
    temperature = _within(fields, "temperature", 0.0, 2.0)
    penalty = fields.number("repetition_penalty")
    if penalty is not None and penalty <= 0:
        message = "`repetition_penalty` must be strictly positive"
        raise Refused("validation", message, param="repetition_penalty")
    return Sampling(
        temperature=1.0 if temperature is None else temperature,
        top_k=whole_within(fields, "top_k", 0, 2**31 - 1) or 0,
        top_p=_or(_within(fields, "top_p", 0.0, 1.0), 1.0),
        typical_p=_or(_within(fields, "typical_p", 0.0, 1.0), 1.0),
        repetition_penalty=_or(penalty, 1.0),
        frequency_penalty=_or(_within(fields, "frequency_penalty", -2.0, 2.0), 0.0),
        presence_penalty=_or(_within(fields, "presence_penalty", -2.0, 2.0), 0.0),
        seed=read_seed(fields),
        logit_bias=_logit_bias(fields),
    )


def _or(value: float | None, default: float) -> float:
    return value if value is not None else default


def _within(fields: Fields, name: str, least: float, most: float) -> float | None:
    value = fields.number(name)
    if value is not None and not least <= value <= most:
        message = f"`{name}` must be between {least:g} and {most:g}. Given: {value:g}"
        raise Refused("validation", message, param=name)
    return value


def whole_within(fields: Fields, name: str, least: int, most: int) -> int | None:
    """Read a whole number in a range, both ends in it.

    Raises:
        Refused: naming the field and what is wrong with it.
    """
    value = fields.whole(name)
    if value is not None and not least <= value <= most:
        message = f"`{name}` must be between {least} and {most}. Given: {value}"
        raise Refused("validation", message, param=name)
    return value


def read_max_tokens(fields: Fields, *names: str) -> int | None:
    """Read the first of these fields that is there; at least 1.

    Raises:
        Refused: naming the field and what is wrong with it.
    """
    for name in names:
        tokens = fields.whole(name)
        if tokens is not None and tokens < 1:
            raise Refused("validation", f"`{name}` must be at least 1. Given: {tokens}", param=name)
        if tokens is not None:
            return tokens
    return None


def read_choices(fields: Fields, most: int) -> int:
    """Read `n`: how many answers.

    Raises:
        Refused: naming the field and what is wrong with it.
    """
    return whole_within(fields, "n", 1, most) or 1


def read_stop(fields: Fields) -> tuple[str, ...]:
    """Read `stop`: a string, or up to four.

    Raises:
        Refused: naming the field and what is wrong with it.
    """
    value = fields.values.get("stop")
    stops = (value,) if isinstance(value, str) else fields.texts("stop")
    if len(stops) > _MOST_STOPS or "" in stops:
        message = f"`stop` must be up to {_MOST_STOPS} strings, none of them empty"
        raise Refused("validation", message, param="stop")
    return stops


def read_chat_logprobs(fields: Fields) -> int | None:
    """Read `logprobs` and `top_logprobs`; None asks for none.

    Raises:
        Refused: naming the field and what is wrong with it.
    """
    top = whole_within(fields, "top_logprobs", 0, _MOST_TOP_LOGPROBS)
    if fields.flag("logprobs"):
        return top if top is not None else 0
    if top:
        message = "`top_logprobs` needs `logprobs` to be true"
        raise Refused("validation", message, param="top_logprobs")
    return None


def _logit_bias(fields: Fields) -> tuple[tuple[int, float], ...]:
    given = fields.object("logit_bias") or {}
    pairs = []
    for token, bias in given.items():
        if not _TOKEN_ID.fullmatch(token) or type(bias) not in (int, float):
            raise fields.wrong("logit_bias", "an object of numbers by token id")
        if abs(bias) > _MOST_BIAS:
            message = f"`logit_bias` must be between -{_MOST_BIAS} and {_MOST_BIAS}. Given: {bias}"
            raise Refused("validation", message, param="logit_bias")
        pairs.append((int(token), float(bias)))
    return tuple(pairs)


def read_include_usage(fields: Fields, *, streamed: bool) -> bool:
    """Read `stream_options.include_usage`.

    Raises:
        Refused: naming the field and what is wrong with it.
    """
    options = fields.object("stream_options")
    if options is None:
        return False
    if not streamed:
        message = "`stream_options` needs `stream` to be true"
        raise Refused("validation", message, param="stream_options")
    return Fields(options, "stream_options.").flag("include_usage")


def read_prompts(fields: Fields) -> list[str | tuple[int, ...]]:
    """Read `prompt`: a string, strings, token ids, or arrays of token ids.

    Raises:
        Refused: naming the field and what is wrong with it.
    """
    value = fields.values.get("prompt")
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not value:
        raise fields.wrong("prompt", "a string, or an array of strings or of token ids")
    if all(isinstance(each, int) and not isinstance(each, bool) for each in value):
        value = [value]
    prompts = [_prompt(fields, each) for each in value]
    if len(prompts) > _MOST_PROMPTS:
        message = f"`prompt` must hold at most {_MOST_PROMPTS}. Given: {len(prompts)}"
        raise Refused("validation", message, param="prompt")
    return prompts


def _prompt(fields: Fields, value: Any) -> str | tuple[int, ...]:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, list) and value and all(type(each) is int for each in value):
        return tuple(value)
    raise fields.wrong("prompt", "a string, or an array of strings or of token ids, none empty")
