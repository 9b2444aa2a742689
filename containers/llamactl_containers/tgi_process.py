"""The TGI container as an engine process: `python -m llamactl_containers.tgi_process LAUNCH.json`.

It speaks the same protocol as every engine: events on stdout, the container's log on stderr, and it
leaves, with its container, when its stdin closes or on SIGTERM.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from llamactl_catalog.errors import CleanupIncomplete
from llamactl_containers import docker
from llamactl_containers.engines.tgi_docker import (
    TgiSettings,
    run_arguments,
    run_environment,
)
from llamactl_containers.health import HOST, answers
from llamactl_containers.llamacpp.launch import FAILED_EXIT_CODE, FailedReason

_PROBE_S = 0.2
_STDIN = 0
_LAST_LINES = 30
_SIGNS: tuple[tuple[str, FailedReason], ...] = (
    ("port is already allocated", "port-taken"),
    ("address already in use", "port-taken"),
    ("could not select device driver", "package-missing"),
    ("nvidia-container", "package-missing"),
    ("out of memory", "out-of-memory"),
    ("not enough memory", "out-of-memory"),
    ("gated repo", "model-unreadable"),
    ("repository not found", "model-unreadable"),
    ("unauthorized for url", "model-unreadable"),
)


def main(arguments: list[str]) -> int:
    """Run the container until it ends or until asked to leave; return the exit code."""
    settings = TgiSettings.from_json(Path(arguments[0]).read_text("utf-8"))
    leave = threading.Event()
    _watch_for_the_end(leave)
    port = settings.port if settings.port != 0 else _free_port()
    _tell({"event": "loading"})
    environment = run_environment(settings, os.environ)
    client = subprocess.Popen(  # noqa: S603 - our own arguments, no shell
        run_arguments(settings, port, environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
    )
    last: deque[str] = deque(maxlen=_LAST_LINES)
    pump = threading.Thread(target=_pump, args=(client.stdout, last), daemon=True)
    pump.start()
    try:
        return _serve(client, port, leave, pump, last)
    finally:
        _remove(settings, client)


def _serve(
    client: "subprocess.Popen[bytes]",
    port: int,
    leave: threading.Event,
    pump: threading.Thread,
    last: Sequence[str],
) -> int:
    is_listening = False
    while client.poll() is None:
        if leave.wait(_PROBE_S):
            return 0
        if not is_listening and answers(port, None, timeout_s=_PROBE_S):
            is_listening = True
            _tell({"event": "listening", "port": port, "pid": os.getpid()})
    if is_listening:
        return client.returncode
    pump.join(timeout=1.0)
    reason, message = diagnosis(last, client.returncode)
    _tell({"event": "failed", "reason": reason, "message": message})
    return FAILED_EXIT_CODE


def diagnosis(lines: Sequence[str], exit_code: int) -> tuple[FailedReason, str]:
    """Say why a container did not start, from the last lines of its log."""
    for line in reversed(lines):
        for sign, reason in _SIGNS:
            if sign in line.lower():
                return reason, line.strip()
    last = lines[-1].strip() if lines else "without a word"
    return "internal", f"the container ended with exit code {exit_code}: {last}"


def _remove(settings: TgiSettings, client: "subprocess.Popen[bytes]") -> None:
    if client.poll() is None:
        docker.stop_container(settings.container)
    try:
        docker.remove_containers(settings.instance_id)
    except CleanupIncomplete as error:
        sys.stderr.write(f"llamactl: {error.message}\n")
    if client.poll() is None:
        client.terminate()
    client.wait()


def _watch_for_the_end(leave: threading.Event) -> None:
    def on_signal(_number: int, _frame: object) -> None:
        leave.set()

    def on_closed_stdin() -> None:
        while os.read(_STDIN, 1):
            continue
        leave.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=on_closed_stdin, daemon=True).start()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _pump(stream: IO[bytes], last: deque[str]) -> None:
    for line in stream:
        last.append(line.decode("utf-8", "replace"))
        with suppress(OSError):  # the supervisor was killed: docker must not block on a full pipe
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()


def _tell(event: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
