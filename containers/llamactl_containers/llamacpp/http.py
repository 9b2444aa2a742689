"""HTTP around an answer: the body's limit, the caller's leaving, errors in the caller's shape."""

import asyncio
import hmac
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from llamactl_containers.llamacpp.fields import parse_object
from llamactl_containers.llamacpp.metrics import Metrics
from llamactl_containers.llamacpp.refusal import Refused

_JSON = (b"content-type", b"application/json")
_SSE_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that goes out as server-sent events."""

    frames: AsyncGenerator[bytes, None]


# What a route makes of a request's body: something to write as JSON now, or a stream.
Answerer = Callable[[Mapping[str, Any]], Awaitable[Any | Stream]]


class AnswerRoute:
    """The ASGI app of one route that generates. `api_key` None lets everybody in."""

    def __init__(
        self,
        answerer: Answerer,
        metrics: Metrics,
        *,
        max_body_bytes: int,
        api_key: str | None,
        is_openai: bool,
    ) -> None:
        self._answerer = answerer
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes
        self._api_key = api_key
        self._is_openai = is_openai

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and stop as soon as the caller has gone."""
        self._metrics.requests.inc()
        request = Request(scope, receive)
        try:
            check_key(request, self._api_key)
            body = await _body(request, self._max_body_bytes)
        except Refused as refusal:
            await self._refuse(send, refusal)
            return
        await _unless_gone(receive, self._respond(send, body))

    async def _respond(self, send: Send, body: bytes) -> None:
        try:
            answer = await self._answerer(parse_object(body))
            if isinstance(answer, Stream):
                await self._respond_stream(send, answer.frames)
                return
        except Refused as refusal:
            await self._refuse(send, refusal)
        else:
            await send_json(send, 200, answer)

    async def _respond_stream(self, send: Send, frames: AsyncGenerator[bytes, None]) -> None:
        started = False
        async with aclosing(frames):
            try:
                async for frame in frames:
                    if not started:
                        started = True
                        await send(
                            {"type": "http.response.start", "status": 200, "headers": _SSE_HEADERS}
                        )
                    await send({"type": "http.response.body", "body": frame, "more_body": True})
            except Refused as refusal:
                if not started:
                    raise
                self._metrics.refused(refusal)
                frame = b"data: %b\n\n" % orjson.dumps(self._shaped(refusal)[1])
                await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _refuse(self, send: Send, refusal: Refused) -> None:
        self._metrics.refused(refusal)
        await send_json(send, *self._shaped(refusal))

    def _shaped(self, refusal: Refused) -> tuple[int, dict[str, object]]:
        return refusal.as_openai() if self._is_openai else refusal.as_tgi()


async def send_json(send: Send, status: int, value: Any) -> None:
    """Send a whole response."""
    body = orjson.dumps(value)
    headers = [_JSON, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def check_key(request: Request, api_key: str | None) -> None:
    """Let a request in that carries the key.

    Raises:
        Refused: it carries none, or another one.
    """
    if api_key is None:
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    # Headers are read as Latin-1; a key may have been sent as UTF-8.
    same = hmac.compare_digest(given.strip().encode("latin-1"), api_key.encode())
    if not same or scheme.lower() != "bearer":
        raise Refused("unauthorized", "Incorrect API key: send it as `Authorization: Bearer KEY`")


async def _body(request: Request, max_bytes: int) -> bytes:
    too_large = Refused("payload_too_large", f"the body may have at most {max_bytes} bytes")
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > max_bytes:
        raise too_large
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > max_bytes:
            raise too_large
        parts.append(part)
    return b"".join(parts)


async def _unless_gone(receive: Receive, responding: Coroutine[Any, Any, None]) -> None:
    """Run to the end, or until the caller closes the connection."""
    task = asyncio.create_task(responding)
    gone = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        if not task.done():
            task.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)
    if not task.cancelled():
        task.result()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
