"""Commands that are killed at any moment, or run at the same time, on one name."""

import json
import subprocess
import sys
import time

import pytest

from llamactl_catalog.errors import UnknownDeployment
from llamactl_catalog.progress import silent
from llamactl_infra.local.target import LocalTarget

COMMAND = """
import json, sys
from pathlib import Path
from llamactl_catalog.errors import LlamactlError
from llamactl_catalog.progress import silent
from llamactl_infra.local.target import LocalTarget
from llamactl_infra.spec import Spec
state_dir, config, engine, verb = map(json.loads, sys.argv[1:])
target = LocalTarget(Path(state_dir), engine_command=engine, drain_s=0.2)
sys.stdin.readline()
try:
    if verb == "deploy":
        print(target.deploy(Spec.from_config(config), silent, timeout_s=10).state)
    else:
        target.destroy("demo", silent)
except LlamactlError as error:
    print(error.exit_code, error.message)
"""


@pytest.fixture
def start_command(state_dir, spec, engine_command):
    started = []

    def start(verb: str = "deploy", *faults: str) -> subprocess.Popen:
        values = (str(state_dir), spec.to_config(), [*engine_command, *faults], verb)
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *map(json.dumps, values)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def go(*commands: subprocess.Popen) -> None:
    for each in commands:
        each.stdin.write("\n")
        each.stdin.flush()


@pytest.fixture
def check_nothing_is_hidden(state_dir, running):
    """Check that whatever runs or lies there is listed, and that destroy removes it."""
    return lambda target: _check(target, state_dir, running)


def _check(target: LocalTarget, state_dir, running) -> None:
    folders = [each for each in (state_dir / "deployments").glob("*") if each.is_dir()]
    listed = [each.name for each in target.deployments()]
    assert listed == [each.name for each in folders]
    assert listed or not running()
    try:
        target.destroy("demo", silent)
    except UnknownDeployment:
        assert listed == []
    assert running() == []
    left = [each for each in state_dir.rglob("*") if each.is_file()]
    assert [each for each in left if each.parent.name != "logs"] == []


@pytest.mark.parametrize("delay_ms", [0, 3, 8, 15, 25, 50, 90, 150, 250])
def test_a_deploy_killed_at_any_moment_leaves_nothing_hidden(
    make_target, start_command, check_nothing_is_hidden, delay_ms
):
    command = start_command("deploy", "--load-s", "0.1")
    time.sleep(0.15)  # its imports

    go(command)
    time.sleep(delay_ms / 1000)
    command.kill()
    command.wait()

    check_nothing_is_hidden(make_target())


@pytest.mark.parametrize("delay_ms", [0, 10, 25, 60])
def test_a_destroy_killed_at_any_moment_leaves_nothing_hidden(
    make_target, start_command, spec, check_nothing_is_hidden, delay_ms
):
    target = make_target()
    target.deploy(spec, silent, timeout_s=10)
    command = start_command("destroy")
    time.sleep(0.15)

    go(command)
    time.sleep(delay_ms / 1000)
    command.kill()
    command.wait()

    check_nothing_is_hidden(target)


def test_a_deploy_killed_while_it_waits_is_finished_by_its_supervisor(
    make_target, start_command, await_state
):
    target = make_target()
    command = start_command("deploy", "--load-s", "0.5")
    go(command)
    while not target.deployments():
        time.sleep(0.01)
    await_state(target, "demo", "deploying")
    time.sleep(0.2)
    command.kill()
    command.wait()

    found = await_state(target, "demo", "running")

    assert found.endpoint is not None


def test_a_deploy_after_a_killed_one_goes_on(make_target, start_command, spec):
    command = start_command("deploy", "--load-s", "30")
    go(command)
    time.sleep(0.6)
    command.kill()
    command.wait()

    assert make_target().deploy(spec, silent, timeout_s=10).state == "running"


def test_of_two_deploys_at_once_one_wins_and_the_other_is_told(make_target, start_command):
    commands = [start_command("deploy", "--load-s", "0.9") for _ in range(2)]
    time.sleep(0.3)

    go(*commands)
    answers = sorted(each.communicate()[0].strip() for each in commands)

    assert answers[1] == "running"
    assert answers[0].startswith("5 'demo' is being deployed by process ")
    assert len(make_target().deployments()) == 1
