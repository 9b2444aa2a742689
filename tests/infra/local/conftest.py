"""A local target in a folder of its own, with the stand-in engine; afterwards nothing may run."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from llamactl_infra.deployment import Deployment
from llamactl_infra.local.target import LocalTarget
from llamactl_infra.spec import Spec

STANDINS = Path(__file__).parents[2] / "standins"

MakeTarget = Callable[..., LocalTarget]


@pytest.fixture
def standins() -> Path:
    """Where the stand-in programs are."""
    return STANDINS


@pytest.fixture
def engine_command() -> list[str]:
    """The command of the stand-in engine, to which a test adds faults."""
    return [sys.executable, str(STANDINS / "engine.py")]


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """A state folder; whatever still runs out of it is ended, and told as a failure."""
    yield tmp_path / "state"
    left = processes_of(tmp_path)
    for each in left:
        each.kill()
    assert not left, f"still running: {left}"


@pytest.fixture
def make_target(state_dir: Path, engine_command: list[str]) -> Iterator[MakeTarget]:
    """Make a target, with faults for its engine; all deployments are destroyed in the end."""

    def make(*faults: str, command: list[str] | None = None) -> LocalTarget:
        chosen = command if command is not None else [*engine_command, *faults]
        return LocalTarget(state_dir, engine_command=chosen, drain_s=0.2)

    yield make
    target = make()
    for each in target.deployments():
        target.destroy(each.name, lambda _step: None)


@pytest.fixture
def spec() -> Spec:
    """What most tests deploy."""
    return Spec(
        name="demo",
        model="tiny",
        cloud="local",
        engine="llama.cpp",
        weights="/weights/tiny.gguf",
        context_tokens=128,
        parallel=1,
    )


@pytest.fixture
def await_state() -> Callable[..., Deployment]:
    """Wait until a deployment is in a state."""

    def wait(target: LocalTarget, name: str, state: str, *, timeout_s: float = 5.0) -> Deployment:
        deadline = time.monotonic() + timeout_s
        while (found := target.deployment(name)).state != state:
            assert time.monotonic() < deadline, found
            time.sleep(0.02)
        return found

    return wait


@pytest.fixture
def running(state_dir: Path) -> Callable[[], list[psutil.Process]]:
    """Find the processes of the state folder."""
    return lambda: processes_of(state_dir)


@pytest.fixture
def await_nothing_runs(state_dir: Path) -> Callable[[], None]:
    """Wait until no process of the state folder is there."""

    def wait() -> None:
        deadline = time.monotonic() + 5
        while left := processes_of(state_dir):
            assert time.monotonic() < deadline, left
            time.sleep(0.02)

    return wait


def processes_of(folder: Path) -> list[psutil.Process]:
    """Find living processes with a path under a folder in their command line."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        is_ours = any(part.startswith(str(folder)) for part in process.info["cmdline"] or ())
        if is_ours and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found
