"""HTTP around an answer: the body's limit, the caller's leaving, errors in the caller's shape."""

import asyncio
import hmac
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from llamactl_containers.llamacpp.fields import parse_object
from llamactl_containers.llamacpp.metrics import Metrics
from llamactl_containers.llamacpp.refusal import Refused
from llamactl_containers.llamacpp.tally import COMPUTE_TYPE, Tally

_JSON = (b"content-type", b"application/json")
_STREAM_START: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-cache"),
        (b"x-accel-buffering", b"no"),
        (b"x-compute-type", COMPUTE_TYPE),
    ],
}
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that goes out as server-sent events."""

    frames: AsyncGenerator[bytes, None]


# What a route makes of a request's body: something to write as JSON now, or a stream. It counts
# what it takes in the tally.
Answerer = Callable[[Mapping[str, Any], Tally], Awaitable[Any | Stream]]


class AnswerRoute:
    """The ASGI app of one route that generates. `api_key` None lets everybody in."""

    def __init__(
        self, answerer: Answerer, metrics: Metrics, *, max_body_bytes: int, api_key: str | None
    ) -> None:
        self._answerer = answerer
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes
        self._api_key = api_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and stop as soon as the caller has gone."""
        self._metrics.requests.inc()
        exchange = _Exchange(scope["path"], send, self._metrics, Tally())
        try:
            await self._answer(exchange, Request(scope, receive))
        except ClientDisconnect:
            exchange.tally.is_whole = False
        _LOG.info("%s", exchange.tally.line(exchange.path))

    async def _answer(self, exchange: "_Exchange", request: Request) -> None:
        try:
            check_key(request, self._api_key)
            body = await _body(request, self._max_body_bytes)
        except Refused as refusal:
            await exchange.refuse(refusal)
            return
        await _unless_gone(request.receive, self._respond(exchange, body))

    async def _respond(self, exchange: "_Exchange", body: bytes) -> None:
        try:
            answer = await self._answerer(parse_object(body), exchange.tally)
            if isinstance(answer, Stream):
                await exchange.stream(answer.frames)
                return
        except Refused as refusal:
            await exchange.refuse(refusal)
        else:
            await exchange.give(answer)


class _Exchange:
    """One request and what is sent for it."""

    def __init__(self, path: str, send: Send, metrics: Metrics, tally: Tally) -> None:
        self.path = path
        self.tally = tally
        self._send = send
        self._metrics = metrics

    async def give(self, answer: Any) -> None:
        """Send a whole answer."""
        self.tally.status = 200
        await send_json(self._send, 200, answer, self.tally.headers())
        self.tally.is_whole = True

    async def refuse(self, refusal: Refused) -> None:
        """Send an error."""
        self.tally.status, body = self._failed(refusal)
        await send_json(self._send, self.tally.status, body)
        self.tally.is_whole = True

    async def stream(self, frames: AsyncGenerator[bytes, None]) -> None:
        """Send frame by frame; an error on the way is an event too.

        Raises:
            Refused: before there was a first frame.
        """
        send, started = self._send, False
        async with aclosing(frames):
            try:
                async for frame in frames:
                    if not started:
                        started = True
                        self.tally.status = 200
                        await send(_STREAM_START)
                    await send({"type": "http.response.body", "body": frame, "more_body": True})
            except Refused as refusal:
                if not started:
                    raise
                frame = b"data: %b\n\n" % orjson.dumps(self._failed(refusal)[1])
                await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        self.tally.is_whole = True

    def _failed(self, refusal: Refused) -> tuple[int, dict[str, object]]:
        self._metrics.refused(refusal)
        self.tally.failure = refusal.kind
        return refusal.shaped(self.path)


async def send_json(
    send: Send, status: int, value: Any, headers: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """Send a whole response."""
    body = orjson.dumps(value)
    headers = [_JSON, (b"content-length", b"%d" % len(body)), *headers]
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
