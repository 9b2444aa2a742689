"""Runs that are stopped, killed, or meet another: in the real engine."""

import os
import signal
import time

import psutil
import pytest

from infra.stacks.conftest import run_of, spec_of

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from llamactl_infra.stacks.locks import StackLocked
from llamactl_infra.stacks.place import stack_place
from llamactl_infra.stacks.stack import open_stack

pytestmark = pytest.mark.engine
RUN = """
import os, sys
from pathlib import Path
from llamactl_infra.stacks.place import stack_place
from llamactl_infra.stacks.stack import Stopped, open_stack
folder = Path(sys.argv[1])
place = stack_place(folder / "state", folder, os.environ, lambda step: None)
stack = open_stack("chat", place)
try:
    stack.up("aws", lambda step: print(step.text, flush=True))
except Stopped as stopped:
    print(f"stopped after {stopped.done}", flush=True)
    sys.exit(130)
"""


@pytest.fixture
def stack(engine, tmp_path):
    place = stack_place(tmp_path / "state", tmp_path, os.environ, lambda _step: None)
    opened = open_stack("chat", place)
    opened.configure(spec_of())
    return opened


@pytest.fixture
def slow_run(stack, cloud, tmp_path):
    """A run of its own that is at the endpoint, which takes its time."""
    yield from run_at(cloud, tmp_path, "create")


@pytest.fixture
def run_past_the_creation(stack, cloud, tmp_path):
    """A run of its own whose endpoint is made, which the engine has not yet heard of."""
    yield from run_at(cloud, tmp_path, "after-create")


def run_at(cloud, tmp_path, moment):
    cloud.is_slow("sagemaker/endpoint:Endpoint", moment, 8)
    with run_of(RUN, tmp_path, cloud, "sagemaker/endpoint:Endpoint") as run:
        yield run


def test_an_interrupt_lets_the_engine_finish_what_it_began(slow_run, stack, cloud):
    slow_run.send_signal(signal.SIGINT)
    out, _ = slow_run.communicate(timeout=60)

    assert slow_run.returncode == 130
    assert "stopping: what has begun is finished" in out
    assert "stopped after" in out
    assert {each.operation for each in stack.up("aws")} <= {"create"}
    assert stack.up("aws") == ()


def test_a_second_run_says_who_is_there(slow_run, stack):
    with pytest.raises(StackLocked) as error:
        stack.up("aws")

    assert error.value.owner is not None
    assert error.value.owner.runs is True
    assert not error.value.is_left_over


def killed(run):
    """End a run as a power cut does: its engine, and that one's plug-ins, with it."""
    for each in [*psutil.Process(run.pid).children(recursive=True), psutil.Process(run.pid)]:
        each.kill()
    run.wait()


def continued(stack):
    with pytest.raises(StackLocked) as error:
        stack.up("aws")
    assert error.value.is_left_over
    stack.unlock()
    stack.up("aws")


def test_after_a_power_cut_the_lock_is_known_as_left_over_and_the_run_continues(
    slow_run, stack, cloud
):
    killed(slow_run)

    continued(stack)

    assert stack.up("aws") == ()
    assert len(cloud.names("sagemaker_endpoint_Endpoint")) == 1


def test_what_was_made_and_not_heard_of_is_taken_over(run_past_the_creation, stack, cloud):
    time.sleep(1)
    killed(run_past_the_creation)

    continued(stack)

    assert stack.up("aws") == ()
    made = [line for line in cloud.operations() if "create aws:sagemaker/endpoint:" in line]
    assert len(made) == 1
    stack.destroy("aws")
    assert cloud.everything() == []
