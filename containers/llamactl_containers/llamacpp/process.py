"""The engine process's dealings with its supervisor: events out, the port, and the order to leave.

Standard output carries one JSON object a line and nothing else: `loading`, then `listening` or
`failed`. Standard input holds the process up: at its end the process drains and leaves. SIGTERM
does the same where there is such a signal; SIGINT is ignored, for the terminal belongs to whoever
started the supervisor.
"""

import contextlib
import errno
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from llamactl_containers.llamacpp.launch import FAILED_EXIT_CODE, FailedReason, LaunchSettings

STDIN_FD = 0
_BACKLOG = 2048  # uvicorn's own default
# What Windows says of a port that another process holds for itself.
_WSAEACCES = 10013


def announce(event: str, **details: Any) -> None:
    """Tell the supervisor what happened."""
    # The supervisor may be gone; then standard input ends too, and that is what counts.
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps({"event": event, **details}) + "\n")
        sys.stdout.flush()


def fail(reason: FailedReason, message: str) -> NoReturn:
    """Tell the supervisor why there is nothing to serve, and leave."""
    announce("failed", reason=reason, message=message)
    leave(FAILED_EXIT_CODE)


def leave(code: int) -> NoReturn:
    """End the process at once.

    llama.cpp's own way out hangs with answers in flight (xllamacpp 2026.10.11549, tried).
    """
    with contextlib.suppress(OSError):  # the supervisor, who reads it, may have been killed
        sys.stderr.flush()
    os._exit(code)


def bind(settings: LaunchSettings) -> socket.socket:
    """Take the port, before the model is loaded; who connects meanwhile waits.

    Raises:
        OSError: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":
        # A port whose last connections still fade away may be taken again.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    else:
        # On Windows SO_REUSEADDR would let others take the port while it is in use.
        listener.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE"), 1)  # noqa: B009 - absent elsewhere
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def bind_failure(error: OSError) -> FailedReason:
    """Say why a port could not be had: somebody has it, it is not for this user, or else."""
    if error.errno == errno.EADDRINUSE or getattr(error, "winerror", None) == _WSAEACCES:
        return "port-taken"
    return "port-forbidden" if error.errno == errno.EACCES else "internal"


def on_leave(order: Callable[[], None]) -> None:
    """Call `order` once, when standard input ends or SIGTERM comes. Main thread only."""
    given = threading.Lock()

    def once() -> None:
        if given.acquire(blocking=False):
            order()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Windows has the name but never sends it: TerminateProcess gives no notice.
    signal.signal(signal.SIGTERM, lambda *_: once())
    threading.Thread(target=_watch_stdin, args=(once,), name="stdin", daemon=True).start()


def _watch_stdin(ended: Callable[[], None]) -> None:
    # os.read and not sys.stdin: a thread in the latter's buffer aborts the interpreter at exit.
    with contextlib.suppress(OSError):
        while os.read(STDIN_FD, 1):
            continue
    ended()
