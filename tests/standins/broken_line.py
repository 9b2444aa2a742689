"""A line to a server on this machine that breaks in the middle of what is sent."""

import select
import socket
import threading
from typing import Self

_PIECE_BYTES = 65_536


class BrokenLine:
    """Passes connections on to `host`; cuts each after so many bytes, so many times in all."""

    def __init__(self, host: str, *, cut_after_bytes: int, times: int) -> None:
        name, _, port = host.rpartition(":")
        self._target = (name, int(port))
        self._cut_after_bytes = cut_after_bytes
        self._times = times
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts = 0
        self.sent_bytes = 0

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(near,), daemon=True).start()

    def _pass_on(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._target) as far:
            passed = 0
            while True:
                for ready in select.select([near, far], [], [])[0]:
                    try:
                        piece = ready.recv(_PIECE_BYTES)
                        if not piece:
                            return
                        (far if ready is near else near).sendall(piece)
                    except OSError:
                        return
                    if ready is near:
                        passed += len(piece)
                        if self._cuts_now(passed, len(piece)):
                            return

    def _cuts_now(self, passed: int, piece_bytes: int) -> bool:
        with self._lock:
            self.sent_bytes += piece_bytes
            if passed < self._cut_after_bytes or self.cuts >= self._times:
                return False
            self.cuts += 1
            return True
