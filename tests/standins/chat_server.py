"""An OpenAI-compatible server on 127.0.0.1 that says what a test tells it to."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from standins.local_server import LocalServer, SilentHandler


@dataclass(frozen=True)
class Reply:
    """An answer in pieces, or with another status than 200 the text of a refusal."""

    pieces: tuple[str, ...] = ("Hello", " there.")
    finish_reason: str | None = "stop"
    prompt_tokens: int = 12
    gap_s: float = 0.0
    endless: bool = False
    status: int = 200
    refusal: str = ""
    raw_lines: tuple[str, ...] = ()
    cut_off: bool = False


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    path: str
    authorization: str | None
    body: dict[str, Any]


class ChatServer(LocalServer):
    """`reply` decides each answer; `hung_up` is set when a client leaves in the middle of one."""

    def __init__(self, reply: Callable[[Request], Reply] | Reply = Reply()) -> None:
        self.reply = reply
        self.requests: list[Request] = []
        self.hung_up = threading.Event()
        super().__init__(_Handler)

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        return self.reply if isinstance(self.reply, Reply) else self.reply(request)


class _Handler(SilentHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        request = Request(self.path, self.headers.get("authorization"), body)
        reply = self.server.owner.answer(request)
        self.close_connection = True
        try:
            if reply.status != 200:
                self._send_whole(reply.status, reply.refusal)
            elif request.body.get("stream"):
                self._stream(request, reply)
            else:
                self._answer_whole(request, reply)
        except OSError:
            self.server.owner.hung_up.set()

    def _answer_whole(self, request: Request, reply: Reply) -> None:
        time.sleep(reply.gap_s)
        choice = _choice(request, "".join(reply.pieces), reply.finish_reason)
        if "delta" in choice:
            choice["message"] = choice.pop("delta")
        answer = {"choices": [choice], "usage": _usage(reply)}
        self._send_whole(200, "".join(reply.raw_lines) or json.dumps(answer))

    def _send_whole(self, status: int, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, request: Request, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for line in reply.raw_lines:
            self._send(line)
        self._say(request, reply)
        while reply.endless:
            self._say(request, reply)
        if reply.cut_off:
            return
        last = [_choice(request, "", reply.finish_reason)]
        self._event({"choices": last})
        if (request.body.get("stream_options") or {}).get("include_usage"):
            self._event({"choices": [], "usage": _usage(reply)})
        self._send("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _say(self, request: Request, reply: Reply) -> None:
        for piece in reply.pieces:
            time.sleep(reply.gap_s)
            self._event({"choices": [_choice(request, piece, None)]})

    def _event(self, value: object) -> None:
        # Like the engines, characters beyond ASCII as they are, U+2028 among them.
        self._send(f"data: {json.dumps(value, ensure_ascii=False)}\n\n")

    def _send(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


def _choice(request: Request, text: str, reason: str | None) -> dict[str, object]:
    is_chat = "messages" in request.body  # as /invocations tells them apart
    said = {"delta": {"content": text}} if is_chat else {"text": text}
    return {"index": 0, "finish_reason": reason, **said}


def _usage(reply: Reply) -> dict[str, int]:
    return {"prompt_tokens": reply.prompt_tokens, "completion_tokens": len(reply.pieces)}
