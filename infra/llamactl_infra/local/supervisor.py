"""The supervisor: a background process that starts one engine, keeps its log and says how it is.

`python -m llamactl_infra.local.supervisor FOLDER INSTANCE`. It waits for `go` on its stdin before
it does anything: who starts it writes it down first, and where that command is killed before, the
pipe closes and the supervisor leaves. It does not start an engine again that ended: `llamactl
deploy` does. The engine leaves when its stdin closes, thus also when the supervisor is killed.
"""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from llamactl_catalog.errors import CleanupIncomplete, InvalidFile
from llamactl_containers.file_trust import DubiousOwner, require_own_state
from llamactl_infra.local import engines
from llamactl_infra.local.events import EngineEvent, Failed, Listening, Loading, parse_event
from llamactl_infra.local.layout import Folder
from llamactl_infra.local.log import RotatingLog
from llamactl_infra.local.processes import child_options, identify, root_folder
from llamactl_infra.local.records import (
    Record,
    Runtime,
    read_instance_id,
    read_record,
    write_runtime,
)
from llamactl_infra.local.states import exit_text
from llamactl_infra.local.supervisor_command import CANNOT_WRITE, GO

KILL_MARGIN_S = 1.0  # how much longer than it may take to drain an engine is waited for
_LOOK_S = 1.0
_LAST_WORDS_S = 1.0  # the engine is gone; a child of it may still hold its pipes
_CHUNK_BYTES = 65536


@dataclass(frozen=True, slots=True)
class _Ended:
    exit_code: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """To leave."""


_News = EngineEvent | _Ended | _Asked


def main(arguments: list[str]) -> int:
    """Supervise the engine of a folder until it ends or until asked to leave."""
    folder, instance_id = Folder(Path(arguments[0])), arguments[1]
    if sys.stdin.buffer.readline() != GO:
        return 0
    try:
        # STATE/deployments/NAME: what is written there is run.
        for kept in (folder.path.parent.parent, folder.path.parent, folder.path):
            require_own_state(kept)
        record = read_record(folder)
    except (InvalidFile, DubiousOwner):
        return CANNOT_WRITE
    me = identify(os.getpid())
    if record is None or record.instance_id != instance_id or me is None:
        return 0
    runtime = Runtime(instance_id, "starting", datetime.now(UTC), supervisor=me)
    try:
        _Supervisor(folder, record, runtime).run()
    except OSError:
        return CANNOT_WRITE
    return 0


class _Supervisor:
    def __init__(self, folder: Folder, record: Record, runtime: Runtime) -> None:
        self._folder = folder
        self._record = record
        self._runtime = runtime
        self._log = RotatingLog(folder.log)
        # SimpleQueue: its put may be called in a signal handler.
        self._news: SimpleQueue[_News] = SimpleQueue()
        self._readers: tuple[threading.Thread, ...] = ()

    def run(self) -> None:
        _on_signals(self._news)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._say(f"starting {self._record.spec.model} at {now}")
        engine = self._start()
        try:
            me = identify(engine.pid)
            self._write(phase="loading", engines=() if me is None else (me,))
            self._watch(engine)
        finally:
            # Also where the runtime could not be written: an engine that nobody knows must not be.
            self._end(engine)
            self._sweep()
            self._log.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        engine = subprocess.Popen(  # noqa: S603 - the engine's command of our own record
            [*self._record.command, str(self._folder.launch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=root_folder(),
            **child_options(sys.platform),
        )
        pump = threading.Thread(target=self._pump, args=(engine.stderr,), daemon=True)
        listen = threading.Thread(target=self._listen, args=(engine, pump), daemon=True)
        self._readers = (pump, listen)
        for each in self._readers:
            each.start()
        return engine

    def _watch(self, engine: "subprocess.Popen[bytes]") -> None:
        while True:
            match self._next(_LOOK_S):
                case None:
                    if not self._is_wanted():
                        return
                case Loading():
                    continue
                case Listening() as event:
                    self._write(phase="listening", port=event.port, engines=self._engines(event))
                case Failed() as event:
                    self._write(phase="failed", failure=event.reason, message=event.message)
                case _Ended() as event:
                    self._ended(event.exit_code)
                    return
                case _Asked():
                    self._end(engine)
                    if self._runtime.phase != "failed":
                        self._write(phase="stopped")
                    return

    def _next(self, timeout_s: float) -> _News | None:
        try:
            return self._news.get(timeout=timeout_s)
        except Empty:
            return None

    def _is_wanted(self) -> bool:
        try:
            instance_id = read_instance_id(self._folder)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return instance_id in (None, self._record.instance_id)

    def _engines(self, event: Listening) -> tuple[object, ...]:
        reported = None if event.pid is None else identify(event.pid)
        known = self._runtime.engines
        return known if reported is None or reported in known else (*known, reported)

    def _ended(self, exit_code: int) -> None:
        self._say(f"the engine {exit_text(exit_code)}")
        if self._runtime.phase == "listening":
            self._write(phase="exited", exit_code=exit_code)
        elif self._runtime.phase != "failed":
            message = f"the engine {exit_text(exit_code)} before it was ready"
            self._write(phase="failed", failure="internal", message=message, exit_code=exit_code)

    def _end(self, engine: "subprocess.Popen[bytes]") -> None:
        if engine.stdin is not None:
            engine.stdin.close()
        # There is nothing to drain before it listens, and a loading llama.cpp hears nothing.
        drain_s = self._record.drain_s if self._runtime.phase == "listening" else 0.0
        try:
            engine.wait(drain_s + KILL_MARGIN_S)
        except subprocess.TimeoutExpired:
            self._say("the engine does not leave: killing it")
            engine.kill()
            engine.wait()
        for each in self._readers:
            each.join(_LAST_WORDS_S)

    def _sweep(self) -> None:
        if self._record.instance_id is None:
            return
        try:
            engines.sweep(self._record.spec, self._record.instance_id)
        except CleanupIncomplete as error:
            self._say(error.message)

    def _write(self, **changes: object) -> None:
        changed_at = datetime.now(UTC)
        self._runtime = replace(self._runtime, changed_at=changed_at, **changes)  # type: ignore[arg-type]  # the fields of Runtime
        try:
            write_runtime(self._folder, self._runtime)
        except (FileNotFoundError, NotADirectoryError):
            self._news.put(_Asked())  # the folder is gone: nobody wants this server

    def _say(self, text: str) -> None:
        self._log.write([f"llamactl: {text}\n".encode()])

    def _pump(self, stream: IO[bytes]) -> None:
        rest = b""
        while chunk := os.read(stream.fileno(), _CHUNK_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            self._log.write(line + b"\n" for line in lines)
        if rest:
            self._log.write([rest + b"\n"])

    def _listen(self, engine: "subprocess.Popen[bytes]", pump: threading.Thread) -> None:
        for line in engine.stdout or ():
            event = parse_event(line)
            if event is None:
                self._log.write([line])
            else:
                self._news.put(event)
        exit_code = engine.wait()
        pump.join(_LAST_WORDS_S)  # the last lines of the log before the news
        self._news.put(_Ended(exit_code))


def _on_signals(news: "SimpleQueue[_News]") -> None:
    def leave(_number: int, _frame: object) -> None:
        news.put(_Asked())

    signal.signal(signal.SIGTERM, leave)
    # A terminal's Ctrl-C or end is for the command, not for what outlives it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
