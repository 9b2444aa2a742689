"""Running a tool to its end: its lines as they come, its log, and its end when we are ended."""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from llamactl_catalog.errors import ProgramMissing
from llamactl_containers.builders.failures import build_failure
from llamactl_containers.disk import told

_KEPT_LINES = 60
_END_S = 10.0
_PRIVATE = 0o600
_VERSION_TIMEOUT_S = 30.0


def run_tool(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    on_line: Callable[[str], None],
) -> None:
    """Run a command; each line goes to the log and to `on_line`.

    The tool is a process group of its own: a Ctrl-C reaches us alone, and we end all of it.

    Raises:
        LlamactlError: it failed, with why.
    """
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    process = _start(command, environment)
    try:
        with told(log, "--state-dir"), _opened(log) as file:
            file.write(f"$ {' '.join(command)}\n")
            for line in process.stdout or ():
                file.write(line)
                file.flush()
                last.append(line)
                on_line(line.rstrip("\n"))
        exit_code = process.wait()
    except BaseException:
        _end(process)
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()
    if exit_code != 0:
        raise build_failure(Path(command[0]).name, last, exit_code, log)


def answer_of(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a command that answers at once, and give what it prints.

    Raises:
        ProgramMissing: it is not here, or fails.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_VERSION_TIMEOUT_S,
            check=False,
            env=dict(environment),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProgramMissing(f"{command[0]} does not answer: {error}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        why = said[-1] if said else f"exit code {done.returncode}"
        raise ProgramMissing(f"{' '.join(command)} fails: {why}")
    return done.stdout.strip()


def _start(command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(  # noqa: S603 - our own arguments, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=dict(environment),
            start_new_session=True,
        )
    except OSError as error:
        message = f"{command[0]} cannot be started: {error.strerror}"
        raise ProgramMissing(message, hint="install it, or name another with --tool") from error


def _opened(log: Path) -> TextIO:
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _PRIVATE)
    return os.fdopen(descriptor, "w", encoding="utf-8")


def _end(process: "subprocess.Popen[str]") -> None:
    """Ask the tool and its children to leave, so that they clean up; then insist."""
    _signal(process, signal.SIGTERM)
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)


def _signal(process: "subprocess.Popen[str]", number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "nt":
            process.terminate()
        else:
            os.killpg(process.pid, number)
