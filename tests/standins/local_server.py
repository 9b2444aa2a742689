"""The frame of a server of the tests on 127.0.0.1: it runs in a thread while its block does."""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class LocalServer:
    """`owner` of each handler's `server` is this object; who hangs up is no error."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.owner = self
        self.host = f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """Where callers of the server begin."""
        return f"http://{self.host}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class SilentHandler(BaseHTTPRequestHandler):
    """A handler that writes no log."""

    server: "_Server"

    def log_message(self, *_args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    owner: Any
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
