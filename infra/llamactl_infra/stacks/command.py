"""The engine's program: found, run in a group of its own, and asked to stop when we are."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from pulumi.automation import CommandResult, InvalidVersionError, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from llamactl_catalog.errors import ProgramMissing
from llamactl_catalog.progress import Report, Step
from llamactl_infra.stacks.installed import installed_engine
from llamactl_infra.stacks.place import PASSPHRASE, PASSPHRASE_FILE

# Windows has neither sessions nor SIGINT for another process, but groups and an event of their own.
_OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
_INTERRUPT: int = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT)
_LISTEN_EVERY_S = 0.2
_HOW = "llamactl doctor --install-pulumi, or see pulumi.com/docs/install"


def engine_command(report: Report) -> "EngineCommand":
    """Find the engine on PATH, or else the one that `doctor --install-pulumi` has fetched.

    Raises:
        ProgramMissing: it is not there, or does not go with this release of its library.
    """
    root = None
    if shutil.which("pulumi") is None:
        root = installed_engine(os.environ)
        if root is None:
            raise ProgramMissing("the program 'pulumi' is not installed, or not on PATH", hint=_HOW)
    try:
        return EngineCommand(report, root)
    except InvalidVersionError as error:
        raise ProgramMissing(str(error), hint=_HOW) from error
    except (OSError, subprocess.SubprocessError) as error:
        raise ProgramMissing(f"the program 'pulumi' does not run: {error}", hint=_HOW) from error


def _names_no_version(root: Path | None) -> bool:
    program = "pulumi" if root is None else str(root / "bin" / "pulumi")
    command = [program, "version"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - as above
    return not told.stdout.strip()


class EngineCommand(PulumiCommand):
    """Runs the engine where a Ctrl-C reaches it once, from here, so that it can stop cleanly.

    The first asks it to finish what it has begun and to write its state; a second one to leave.
    """

    def __init__(self, report: Report, root: Path | None = None) -> None:
        own = None if root is None else str(root)
        super().__init__(root=own, skip_version_check=_names_no_version(root))
        if self.version is None:
            # A build from source: taken to be of the library's age.
            self.version = VersionInfo.parse(version("pulumi"))
        self.report = report
        self.interrupts = 0

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        """Run it to its end, also where it is asked to stop before.

        Raises:
            CommandError: it failed.
            KeyboardInterrupt: it was asked to stop, whether it then failed or not.
        """
        environment = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        if PASSPHRASE_FILE in additional_env:  # a phrase of the user's environment would win
            environment.pop(PASSPHRASE, None)
        folder = Path(self.command).parent
        if folder.is_absolute():  # the engine's own plug-ins are beside it
            environment["PATH"] = os.pathsep.join([str(folder), environment.get("PATH", "")])
        process = subprocess.Popen(  # noqa: S603 - the user's own engine
            [self.command, "--non-interactive", *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environment,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            creationflags=_OWN_GROUP,
        )
        with process, self._interrupts_passed_on(process):
            out = _Reader(process.stdout, on_output)
            err = _Reader(process.stderr, on_error)
            out.wait()
            err.wait()
            code = process.wait()
        if self.interrupts:
            raise KeyboardInterrupt
        result = CommandResult(stdout="\n".join(out.lines), stderr="\n".join(err.lines), code=code)
        if code != 0:
            raise create_command_error(result)
        return result

    @contextmanager
    def _interrupts_passed_on(self, process: subprocess.Popen[str]) -> Iterator[None]:
        self.interrupts = 0
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def pass_on(_number: int, _frame: object) -> None:
            self.interrupts += 1
            process.send_signal(_INTERRUPT)
            text = "stopping: what has begun is finished" if self.interrupts == 1 else "leaving"
            self.report(Step(text))

        before = {each: signal.signal(each, pass_on) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Reader(threading.Thread):
    """Reads a stream to its end, line by line."""

    def __init__(self, stream: IO[str] | None, told: Callable[[str], Any] | None) -> None:
        super().__init__(daemon=True)
        self.lines: list[str] = []
        self._stream = stream
        self._told = told
        self.start()

    def wait(self) -> None:
        """Wait for its end in pieces: within one, Windows lets no Ctrl-C through."""
        while self.is_alive():
            self.join(_LISTEN_EVERY_S)

    def run(self) -> None:
        for line in self._stream if self._stream is not None else ():
            text = line.rstrip()
            self.lines.append(text)
            if self._told is not None:
                self._told(text)
