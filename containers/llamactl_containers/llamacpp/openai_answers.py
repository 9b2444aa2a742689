"""Answers on OpenAI's routes, whole and streamed."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, TypeVar

import orjson

from llamactl_containers.llamacpp.engine import Engine
from llamactl_containers.llamacpp.generation import Finish, Generation, Piece
from llamactl_containers.llamacpp.openai_choices import new_choice
from llamactl_containers.llamacpp.openai_request import OpenAIRequest
from llamactl_containers.llamacpp.tally import Tally

T = TypeVar("T")

DONE = b"data: [DONE]\n\n"
_FINGERPRINT = "llamactl-llamacpp"


async def complete(engine: Engine, request: OpenAIRequest, tally: Tally) -> dict[str, Any]:
    """Generate all choices, as `/v1/chat/completions` or `/v1/completions` gives them."""
    fitted = [await engine.sized(each) for each in request.completions]
    answers = await _all([engine.answer(*each, tally) for each in fitted])
    choices = [
        new_choice(request, index).whole(pieces, finish)
        for index, (pieces, finish) in enumerate(answers)
    ]
    usage = _usage(request, [finish for _, finish in answers], tally)
    return {**_head(engine, request, chunk=False), "choices": choices, "usage": usage}


async def complete_stream(
    engine: Engine, request: OpenAIRequest, tally: Tally
) -> AsyncGenerator[bytes, None]:
    """Generate all choices as server-sent events, up to `[DONE]`."""
    fitted = [await engine.sized(each) for each in request.completions]
    head = orjson.dumps(_head(engine, request, chunk=True))[:-1]
    tail = b',"usage":null}\n\n' if request.include_usage else b"}\n\n"
    frame = b"data: %b,%%b%b" % (head.replace(b"%", b"%%"), tail)
    finishes: dict[int, Finish] = {}
    async with AsyncExitStack() as stack:
        generations = [
            await stack.enter_async_context(engine.generation(*each, tally)) for each in fitted
        ]
        choices = [new_choice(request, index) for index in range(len(generations))]
        batches = await stack.enter_async_context(aclosing(_interleaved(generations)))
        async for index, batch, finish in batches:
            deltas = choices[index].deltas(batch)
            if finish is not None:
                deltas += choices[index].last(finish)
                finishes[index] = finish
            yield b"".join([frame % b'"choices":[%b]' % delta for delta in deltas])
    usage = _usage(request, [finishes[index] for index in sorted(finishes)], tally)
    if request.include_usage:
        yield b'data: %b,"choices":[],"usage":%b}\n\n%b' % (head, orjson.dumps(usage), DONE)
    else:
        yield DONE


async def _interleaved(
    generations: Sequence[Generation],
) -> AsyncGenerator[tuple[int, Sequence[Piece], Finish | None], None]:
    """Give the batches of all answers as they come, each with its answer's index."""
    if len(generations) == 1:
        async for batch in generations[0].batches():
            yield 0, batch, None
        yield 0, (), generations[0].finish
        return
    arrived: asyncio.Queue[tuple[int, Sequence[Piece], Finish | None]] = asyncio.Queue()
    collecting = asyncio.create_task(
        _all([_collect(index, each, arrived) for index, each in enumerate(generations)])
    )
    try:
        unfinished = len(generations)
        while unfinished:
            getting = asyncio.create_task(arrived.get())
            await asyncio.wait((getting, collecting), return_when=asyncio.FIRST_COMPLETED)
            if collecting.done() and arrived.empty() and not getting.done():
                getting.cancel()
                collecting.result()
            item = await getting
            unfinished -= item[2] is not None
            yield item
    finally:
        collecting.cancel()


async def _all(running: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all at once; the first one that is refused stops the others."""
    if len(running) == 1:
        return [await running[0]]
    tasks = [asyncio.create_task(each) for each in running]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def _collect(
    index: int,
    generation: Generation,
    arrived: "asyncio.Queue[tuple[int, Sequence[Piece], Finish | None]]",
) -> None:
    async for batch in generation.batches():
        arrived.put_nowait((index, batch, None))
    arrived.put_nowait((index, (), generation.finish))


def _head(engine: Engine, request: OpenAIRequest, *, chunk: bool) -> dict[str, Any]:
    chat_kind = "chat.completion.chunk" if chunk else "chat.completion"
    return {
        "id": f"{'chatcmpl' if request.is_chat else 'cmpl'}-{secrets.token_hex(12)}",
        "object": chat_kind if request.is_chat else "text_completion",
        "created": int(time.time()),
        "model": engine.settings.model_id,
        "system_fingerprint": _FINGERPRINT,
    }


def _usage(request: OpenAIRequest, finishes: Sequence[Finish], tally: Tally) -> Mapping[str, int]:
    """Count each prompt once, and the tokens of all choices."""
    prompt_tokens = sum(finish.prompt_tokens for finish in finishes[:: request.per_prompt])
    completion_tokens = sum(finish.completion_tokens for finish in finishes)
    tally.count(prompt_tokens, completion_tokens)
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }
