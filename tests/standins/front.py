"""What a cloud's platform is to an engine: a server on 127.0.0.1 that lets in and passes on.

What each platform asks of callers, and how it wraps answers, is in the modules that build on this.
"""

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from standins.local_server import LocalServer, SilentHandler


@dataclass(frozen=True)
class Call:
    """What a caller sent."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Refusal:
    """An answer that is none."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Front(LocalServer):
    """`fault` answers in place of the engine; `hung_up` is set when a caller leaves its answer."""

    def __init__(self, engine_url: str) -> None:
        self.engine = urlsplit(engine_url)
        self.fault: Refusal | None = None
        self.calls: list[Call] = []
        self.hung_up = threading.Event()
        super().__init__(_Handler)
        self.base = f"http://{self.host}"

    def refusal(self, call: Call) -> Refusal | None:
        """Why a caller is not let in."""
        raise NotImplementedError

    def inner_path(self, call: Call) -> str:
        """Where the engine is asked."""
        raise NotImplementedError

    def refused_by_engine(self, status: int, body: bytes) -> Refusal:
        """How the engine's own refusal is told."""
        raise NotImplementedError

    def content_type(self, call: Call, inner: str) -> str:
        """What an answer is sent as."""
        return inner

    def wrapped(self, call: Call, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """An answer's bytes as the platform sends them."""
        yield from chunks

    @contextmanager
    def asked(self, call: Call) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(self.engine.hostname, self.engine.port, timeout=30)
        try:
            # Nothing else that a caller sends comes to the container.
            headers = {"content-type": "application/json"}
            connection.request("POST", self.inner_path(call), call.body, headers)
            yield connection.getresponse()
        finally:
            connection.close()


class _Handler(SilentHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.path, headers, body)
        front = self.server.owner
        front.calls.append(call)
        self.close_connection = True
        refusal = front.refusal(call) or front.fault
        if refusal is not None:
            self._refuse(refusal)
            return
        with front.asked(call) as answer:
            if answer.status != 200:
                self._refuse(front.refused_by_engine(answer.status, answer.read()))
            else:
                self._pass_on(call, answer)

    def _refuse(self, refusal: Refusal) -> None:
        self.send_response(refusal.status)
        for name, value in refusal.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(refusal.body)))
        self.end_headers()
        self.wfile.write(refusal.body)

    def _pass_on(self, call: Call, answer: http.client.HTTPResponse) -> None:
        self.send_response(200)
        inner = answer.headers.get("content-type", "")
        self.send_header("content-type", self.server.owner.content_type(call, inner))
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            for piece in self.server.owner.wrapped(call, _chunks(answer)):
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except EngineGone:
            pass  # the caller's answer ends without its last chunk
        except OSError:
            self.server.owner.hung_up.set()


class EngineGone(Exception):
    """The engine left in the middle of its answer."""


def _chunks(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := answer.read1(65536):
            yield chunk
    except (http.client.HTTPException, OSError) as error:
        raise EngineGone from error
