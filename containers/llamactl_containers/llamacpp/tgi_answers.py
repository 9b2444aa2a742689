"""Answers on TGI's routes: `/generate`, `/generate_stream`, and both behind `/`."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from llamactl_containers.llamacpp.completion import Completion
from llamactl_containers.llamacpp.engine import Engine
from llamactl_containers.llamacpp.generation import Finish, FinishReason, Piece
from llamactl_containers.llamacpp.tally import Tally
from llamactl_containers.llamacpp.tgi_request import GenerateRequest

_REASONS: Mapping[FinishReason, str] = {
    "length": "length",
    "end": "eos_token",
    "stop": "stop_sequence",
}


async def generate(engine: Engine, request: GenerateRequest, tally: Tally) -> dict[str, Any]:
    """Generate a whole answer, as `/generate` gives it."""
    completion, size = await _fitted(engine, request)
    pieces, finish = await engine.answer(completion, size, tally)
    tally.count(finish.prompt_tokens, finish.completion_tokens)
    answer: dict[str, Any] = {"generated_text": _full_text(request, pieces, finish)}
    if request.details:
        tokens = [_token(piece) for piece in pieces]
        if finish.reason == "end" and tokens:
            tokens[-1]["text"] = engine.eos_text
        answer["details"] = {
            "finish_reason": _REASONS[finish.reason],
            "generated_tokens": finish.completion_tokens,
            "seed": request.seed,
            "prefill": [],
            "tokens": tokens,
        }
        if request.top_n_tokens:
            answer["details"]["top_tokens"] = [_top_tokens(piece, request) for piece in pieces]
    return answer


async def generate_stream(
    engine: Engine, request: GenerateRequest, tally: Tally
) -> AsyncGenerator[bytes, None]:
    """Generate an answer as server-sent events; the last one holds the last token and all text."""
    completion, size = await _fitted(engine, request)
    texts: list[str] = []
    held: list[Piece] = []
    async with engine.generation(completion, size, tally) as generation:
        async for batch in generation.batches():
            ready = [*held, *batch]
            held = [ready.pop()] if ready[-1].is_last else []
            yield b"".join([_event(piece, index) for index, piece in enumerate(ready, len(texts))])
            texts += [piece.text for piece in ready]
        finish = generation.finish
    if finish is not None:
        tally.count(finish.prompt_tokens, finish.completion_tokens)
        last = held[0] if held else Piece("", None)
        yield _last_event(request, last, [*texts, last.text], finish, engine)


def tokens_of(inputs: bytes, pieces: Sequence[tuple[int, bytes]]) -> list[dict[str, Any]]:
    """Give tokens as `/tokenize` does: ids, texts, and where each stands in the input, in bytes."""
    out, start = [], 0
    for token_id, piece in pieces:
        # Tokens that the tokenizer adds, BOS and the like, stand for nothing in the input.
        stop = start + len(piece) if inputs.startswith(piece, start) else start
        text = piece.decode("utf-8", "replace")
        out.append({"id": token_id, "text": text, "start": start, "stop": stop})
        start = stop
    return out


async def _fitted(engine: Engine, request: GenerateRequest) -> tuple[Completion, int]:
    completion = request.completion
    if request.truncate is not None:
        tokens = await engine.tokens(request.inputs)
        completion = replace(completion, prompt=tuple(tokens[-request.truncate :]))
    return await engine.sized(completion)


def _event(piece: Piece, index: int) -> bytes:
    event: dict[str, Any] = {"index": index + 1, "token": _token(piece)}
    if piece.token is not None and len(piece.token["top_logprobs"]) > 1:
        event["top_tokens"] = [_plain(each) for each in piece.token["top_logprobs"]]
    event["generated_text"] = None
    event["details"] = None
    return b"data: %b\n\n" % orjson.dumps(event)


def _last_event(
    request: GenerateRequest, piece: Piece, texts: Sequence[str], finish: Finish, engine: Engine
) -> bytes:
    details = {
        "finish_reason": _REASONS[finish.reason],
        "generated_tokens": finish.completion_tokens,
        "seed": request.seed,
        "input_length": finish.prompt_tokens,
    }
    event: dict[str, Any] = {"index": len(texts), "token": _token(piece)}
    if finish.reason == "end":
        event["token"]["text"] = engine.eos_text
    if request.top_n_tokens:
        event["top_tokens"] = _top_tokens(piece, request)
    pieces = [Piece(text, None) for text in texts]
    event["generated_text"] = _full_text(request, pieces, finish)
    event["details"] = details if request.details else None
    return b"data: %b\n\n" % orjson.dumps(event)


def _full_text(request: GenerateRequest, pieces: Sequence[Piece], finish: Finish) -> str:
    text = "".join([piece.text for piece in pieces])
    if finish.reason == "stop":
        text = _cut(text, request.completion.stop_after)
    return request.inputs + text if request.return_full_text else text


def _cut(text: str, sequences: Sequence[str]) -> str:
    """End a text behind the first stop sequence in it, which TGI keeps."""
    ends = [text.find(each) + len(each) for each in sequences if each and each in text]
    return text[: min(ends)] if ends else text


def _token(piece: Piece) -> dict[str, Any]:
    if piece.token is None:
        return {"id": 0, "text": piece.text, "logprob": None, "special": piece.text == ""}
    return {
        "id": piece.token["id"],
        "text": piece.text,
        "logprob": piece.token["logprob"],
        "special": piece.text == "",
    }


def _top_tokens(piece: Piece, request: GenerateRequest) -> list[dict[str, Any]]:
    if piece.token is None:
        return []
    return [_plain(each) for each in piece.token["top_logprobs"][: request.top_n_tokens]]


def _plain(token: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": token["id"],
        "text": token["token"],
        "logprob": token["logprob"],
        "special": not token["bytes"],
    }
