"""What llama.cpp is asked for: one completion, as its `/v1/completions` body."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from llamactl_containers.llamacpp.grammar import Constraint

# HF's order, so that top-k and top-p see the probabilities that TGI's see. llama.cpp's own default
# puts the temperature last and adds min-p 0.05. Source: TGI 3.3.7 server/utils/logits_process.py.
_SAMPLERS = ("penalties", "temperature", "top_k", "top_p", "typ_p")
# The likeliest token alone, found in one pass: temperature 0 would weigh the whole vocabulary.
_GREEDY = ("penalties", "top_k")
# Penalties count over the whole context, as in TGI: the longest one of the catalog.
_WHOLE_CONTEXT = 131_072
# llama.cpp takes 32 bits of seed, the last value for "none". Source: llama.h, LLAMA_DEFAULT_SEED.
SEEDS = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen; the defaults take the model's own distribution.

    Temperature 0 takes the likeliest token. `top_k` 0 keeps all tokens.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    typical_p: float = 1.0
    repetition_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    seed: int = 0
    logit_bias: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer to generate.

    `stop` ends it before the string, which is left out; `stop_after` ends it behind the string.
    `top_logprobs` None asks for no logprobs, else for that many alternatives a token. `counted`
    tells with each piece whether it is the last one.
    """

    prompt: str | tuple[int, ...]
    max_tokens: int | None
    sampling: Sampling
    stop: tuple[str, ...] = ()
    stop_after: tuple[str, ...] = ()
    top_logprobs: int | None = None
    constraint: Constraint | None = None
    streamed: bool = False
    counted: bool = False

    def to_engine(self, prompt: Sequence[int], slot: int) -> bytes:
        """Give the body for llama.cpp: always a stream, so that it can be stopped at any token."""
        sampling = self.sampling
        body: dict[str, Any] = {
            "prompt": prompt,
            "id_slot": slot,
            "return_progress": True,
            "max_tokens": self.max_tokens,
            "stream": True,
            "min_p": 0.0,
            "seed": sampling.seed,
            "samplers": _SAMPLERS if sampling.temperature > 0 else _GREEDY,
        }
        if sampling.temperature > 0:
            body["temperature"] = sampling.temperature
            body["top_k"] = sampling.top_k
            body["top_p"] = sampling.top_p
            body["typical_p"] = sampling.typical_p
        else:
            body["top_k"] = 1
        body |= _penalties(sampling)
        if self.stop:
            body["stop"] = self.stop
        if self.stop_after or self.counted:
            body["timings_per_token"] = True
        if self.top_logprobs is not None:
            body["logprobs"] = max(1, self.top_logprobs)
        if self.constraint is not None:
            body["grammar"] = self.constraint.grammar
        return orjson.dumps(body)


def _penalties(sampling: Sampling) -> dict[str, Any]:
    body: dict[str, Any] = {
        "repeat_penalty": sampling.repetition_penalty,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
    }
    if body != {"repeat_penalty": 1.0, "frequency_penalty": 0.0, "presence_penalty": 0.0}:
        body["repeat_last_n"] = _WHOLE_CONTEXT
    if sampling.logit_bias:
        body["logit_bias"] = [list(pair) for pair in sampling.logit_bias]
    return body
