"""Reads `/generate` bodies with TGI's limits and TGI's words for what is wrong.

Source: TGI 3.3.7, router/src/validation.rs and lib.rs (`GenerateParameters`).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llamactl_containers.llamacpp.completion import SEEDS, Completion, Sampling
from llamactl_containers.llamacpp.constraint_fields import refuse_constraints
from llamactl_containers.llamacpp.fields import Fields, parse_json
from llamactl_containers.llamacpp.grammar import Constraint, json_constraint, regex_constraint
from llamactl_containers.llamacpp.refusal import Refused

MAX_STOP_SEQUENCES = 4
MAX_TOP_N_TOKENS = 5
_PENALTY_LIMIT = 2.0
_NO_PARAMETERS = {"do_sample": True}  # TGI's default where the whole object is absent


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """One `/generate` request. `seed` is None where nothing is drawn."""

    inputs: str
    completion: Completion
    truncate: int | None
    return_full_text: bool
    details: bool
    top_n_tokens: int
    seed: int | None


def read_generate(
    values: Mapping[str, Any], *, streamed: bool, context_tokens: int, full_text: bool = False
) -> GenerateRequest:
    """Read and check a body. `full_text` is what `return_full_text` is where nobody says.

    Raises:
        Refused: with TGI's message.
    """
    fields = Fields(values)
    inputs = fields.text("inputs")
    given = fields.object("parameters")
    parameters = Fields(_NO_PARAMETERS if given is None else given)
    refuse_constraints(fields)
    refuse_constraints(parameters, "grammar")
    _refuse_unsupported(parameters, streamed=streamed)
    sampling, drawn = _sampling(parameters)
    max_new_tokens = _max_new_tokens(parameters)
    stop = parameters.texts("stop")
    _require(
        len(stop) <= MAX_STOP_SEQUENCES,
        f"`stop` supports up to {MAX_STOP_SEQUENCES} stop sequences. Given: {len(stop)}",
    )
    top_n_tokens = _top_n_tokens(parameters)
    if inputs is None:
        raise Refused("validation", "missing field `inputs`", param="inputs")
    _require(bool(inputs), "`inputs` cannot be empty")
    details = parameters.flag("details")
    return_full_text = parameters.flag("return_full_text", default=full_text)
    completion = Completion(
        prompt=inputs,
        max_tokens=max_new_tokens,
        sampling=sampling,
        stop_after=stop,
        top_logprobs=top_n_tokens if details or streamed else None,
        constraint=_constraint(parameters),
        streamed=streamed,
        counted=streamed,
    )
    truncate = _truncate(parameters, context_tokens)
    seed = sampling.seed if drawn else None
    return GenerateRequest(
        inputs, completion, truncate, return_full_text, details, top_n_tokens, seed
    )


def _sampling(fields: Fields) -> tuple[Sampling, bool]:
    temperature, top_k = fields.number("temperature"), fields.whole("top_k")
    top_p, typical_p = fields.number("top_p"), fields.number("typical_p")
    repetition_penalty = fields.number("repetition_penalty")
    frequency_penalty = fields.number("frequency_penalty")
    _require(temperature is None or temperature > 0, "`temperature` must be strictly positive")
    _require(
        repetition_penalty is None or repetition_penalty > 0,
        "`repetition_penalty` must be strictly positive",
    )
    _require(
        frequency_penalty is None or abs(frequency_penalty) <= _PENALTY_LIMIT,
        "`frequency_penalty` must be >= -2.0 and <= 2.0",
    )
    _require(top_p is None or 0 < top_p < 1, "`top_p` must be > 0.0 and < 1.0")
    _require(typical_p is None or 0 < typical_p < 1, "`typical_p` must be > 0.0 and < 1.0")
    _require(top_k is None or top_k > 0, "`top_k` must be strictly positive")
    drawn = fields.flag("do_sample") or any(
        value is not None for value in (temperature, top_k, top_p, typical_p)
    )
    heat = temperature if temperature is not None else 1.0
    sampling = Sampling(
        temperature=heat if drawn else 0.0,
        top_k=top_k if top_k is not None else 0,
        top_p=top_p if top_p is not None else 1.0,
        typical_p=typical_p if typical_p is not None else 1.0,
        repetition_penalty=repetition_penalty if repetition_penalty is not None else 1.0,
        frequency_penalty=frequency_penalty if frequency_penalty is not None else 0.0,
        seed=read_seed(fields),
    )
    return sampling, drawn


def read_seed(fields: Fields) -> int:
    """Read a seed, or draw one; llama.cpp takes 32 bits of it.

    Raises:
        Refused: it is negative.
    """
    seed = fields.whole("seed")
    _require(seed is None or seed >= 0, "`seed` must not be negative")
    return secrets.randbelow(SEEDS) if seed is None else seed % SEEDS


def _constraint(fields: Fields) -> Constraint | None:
    given = fields.object("grammar")
    if given is None:
        return None
    value = given.get("value")
    match given.get("type"):
        case "json":
            return _json_constraint(value)
        case "json_schema" if isinstance(value, dict):
            return _json_constraint(value.get("schema"))
        case "regex" if isinstance(value, str) and value:
            return regex_constraint(value, "grammar")
    raise fields.wrong("grammar", "of type json, json_schema or regex, with its value")


def _json_constraint(value: Any) -> Constraint:
    if isinstance(value, str):
        try:
            value = parse_json(value)
        except ValueError as error:
            raise Refused("validation", f"grammar is not valid: {error}") from error
    _require(isinstance(value, dict), "grammar is not supported")
    _require("properties" in value, "grammar is not valid: Grammar must have a 'properties' field")
    return json_constraint(value, "grammar")


def _max_new_tokens(fields: Fields) -> int | None:
    tokens = fields.whole("max_new_tokens")
    _require(tokens is None or tokens > 0, "`max_new_tokens` must be strictly positive")
    return tokens


def _top_n_tokens(fields: Fields) -> int:
    count = fields.whole("top_n_tokens") or 0
    _require(
        0 <= count <= MAX_TOP_N_TOKENS,
        f"`top_n_tokens` must be >= 0 and <= {MAX_TOP_N_TOKENS}. Given: {count}",
    )
    return count


def _truncate(fields: Fields, context_tokens: int) -> int | None:
    tokens = fields.whole("truncate")
    most = context_tokens - 1
    _require(
        tokens is None or 0 < tokens <= most,
        f"`truncate` must be strictly positive and less than {most}. Given: {tokens}",
    )
    return tokens


def _refuse_unsupported(fields: Fields, *, streamed: bool) -> None:
    best_of = fields.whole("best_of")
    where = "supported when streaming tokens" if streamed else "allowed for this endpoint"
    _require(best_of in (None, 1), f"`best_of` != 1 is not {where}")
    _require(not fields.flag("watermark"), "`watermark` is not supported by this engine")
    _require(
        not fields.flag("decoder_input_details"),
        "`decoder_input_details` == true is not supported by this engine",
    )
    _require(fields.text("adapter_id") is None, "`adapter_id` is not supported by this engine")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise Refused("validation", message)
