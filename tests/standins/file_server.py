"""Servers of files on 127.0.0.1, with ranges, and all that goes wrong with a transfer."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from standins.local_server import LocalServer, SilentHandler


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with one request: a status, a connection that ends early, other bytes.

    Without a status, the headers are said in place of the right ones.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    ends_after_bytes: int | None = None
    wrong: bool = False
    whole: bool = False
    more: bytes = b""
    delay_s: float = 0.0


@dataclass
class Asked:
    """A request as it came in."""

    server: str
    method: str
    path: str
    headers: dict[str, str]


# Given the request and how many of that path came before: what goes wrong with it.
Troubles = Callable[[Asked, int], Trouble | None]


def no_trouble(_asked: Asked, _number: int) -> Trouble | None:
    """Let everything go well."""
    return None


class FileServers:
    """Some servers of one origin each; what is asked of them is kept, and may go wrong."""

    def __init__(self, handlers: Mapping[str, type["Handler"]], trouble: Troubles) -> None:
        self.trouble = trouble
        self.asked: list[Asked] = []
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._servers = [_Origin(self, name, each) for name, each in handlers.items()]
        self.urls = {each.name: each.url for each in self._servers}

    def __enter__(self) -> Self:
        for each in self._servers:
            self._open.enter_context(each)
        return self

    def __exit__(self, *_exc: object) -> None:
        self._open.close()

    def asked_of(self, server: str, method: str = "GET") -> list[Asked]:
        """Give the requests that one of the servers got."""
        return [each for each in self.asked if (each.server, each.method) == (server, method)]

    def note(self, asked: Asked) -> Trouble | None:
        """Keep a request, and say what is to go wrong with it."""
        with self._lock:
            key = f"{asked.server} {asked.method} {urlsplit(asked.path).path}"
            number = self._counts[key]
            self._counts[key] += 1
            self.asked.append(asked)
        return self.trouble(asked, number)


class _Origin(LocalServer):
    def __init__(self, files: FileServers, name: str, handler: type["Handler"]) -> None:
        self.files, self.name = files, name
        super().__init__(handler)


class Handler(SilentHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: the second would wait 40 ms for the first

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        origin: _Origin = self.server.owner
        self.owner = origin.files
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.asked = Asked(origin.name, self.command, self.path, headers)
        trouble = self.owner.note(self.asked)
        if trouble is not None and trouble.status is not None:
            self.give(trouble.status, dict(trouble.headers), trouble.body)
        else:
            self.serve(trouble)

    def serve(self, trouble: Trouble | None) -> None:
        raise NotImplementedError

    def give(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
            self.wfile.flush()

    def content(self, body: bytes, headers: Mapping[str, str], trouble: Trouble | None) -> None:
        """Give a file, or the range of it that is asked for."""
        trouble = trouble or Trouble()
        time.sleep(trouble.delay_s)
        asked = self.asked.headers.get("range")
        start, end, status, said = 0, len(body) - 1, 200, dict(headers)
        if asked is not None and not trouble.whole:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or len(body) - 1), len(body) - 1)
            status = 206
            said["content-range"] = f"bytes {start}-{end}/{len(body)}"
        part = body[start : end + 1]
        if trouble.wrong:
            part = bytes(each ^ 1 for each in part)
        part += trouble.more
        said |= {"content-length": str(len(part)), **trouble.headers}
        self.send_response(status)
        for name, value in said.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if trouble.ends_after_bytes is not None and len(part) > trouble.ends_after_bytes:
            self.wfile.write(part[: trouble.ends_after_bytes])
            self.wfile.flush()
            self.connection.close()
            self.close_connection = True
            return
        self.wfile.write(part)
        self.wfile.flush()

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, ValueError):  # the client has left, or was left
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except (ConnectionError, ValueError):
            return
