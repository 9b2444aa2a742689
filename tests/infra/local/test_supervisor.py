"""The supervisor and its engine, each killed, asked to leave, or left without a record."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import psutil
import pytest

from llamactl_catalog.progress import silent
from llamactl_infra.local.layout import StateFolder
from llamactl_infra.local.records import Record, read_runtime, write_record
from llamactl_infra.local.supervisor_command import CANNOT_WRITE, supervisor_command

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


def supervisor_pid(state_dir) -> int:
    return read_runtime(StateFolder(state_dir).folder("demo")).supervisor.pid


def test_a_killed_engine_is_told_and_deploy_repairs_it_on_the_same_port(
    make_target, spec, await_state
):
    target = make_target()
    before = target.deploy(spec, silent, timeout_s=10)

    os.kill(before.pid, signal.SIGKILL)
    failed = await_state(target, "demo", "failed")
    after = target.deploy(spec, silent, timeout_s=10)

    assert "the engine was killed by signal 9 (SIGKILL)" in failed.reason
    assert failed.endpoint is None
    assert failed.pid is None
    assert after.state == "running"
    assert after.endpoint == before.endpoint
    assert after.pid != before.pid
    assert after.created_at == before.created_at


def test_an_engine_that_crashes_later_is_told(make_target, spec, await_state):
    target = make_target("--crash-after-s", "0.3")
    target.deploy(spec, silent, timeout_s=10)

    failed = await_state(target, "demo", "failed")

    assert "was killed by signal 11 (SIGSEGV)" in failed.reason


def test_the_engine_leaves_when_its_supervisor_is_killed(
    make_target, spec, state_dir, await_state, await_nothing_runs
):
    target = make_target()
    target.deploy(spec, silent, timeout_s=10)

    os.kill(supervisor_pid(state_dir), signal.SIGKILL)
    failed = await_state(target, "demo", "failed")

    assert "its supervisor is gone" in failed.reason
    await_nothing_runs()
    assert target.deploy(spec, silent, timeout_s=10).state == "running"


def test_an_engine_that_outlives_its_supervisor_is_ended_by_destroy(make_target, spec, state_dir):
    target = make_target("--deaf")
    engine = target.deploy(spec, silent, timeout_s=10).pid
    os.kill(supervisor_pid(state_dir), signal.SIGKILL)

    target.destroy("demo", silent)

    assert not _lives(engine)


def test_an_engine_that_does_not_leave_is_killed(make_target, spec):
    target = make_target("--deaf")
    engine = target.deploy(spec, silent, timeout_s=10).pid

    target.destroy("demo", silent)

    assert not _lives(engine)


def test_a_supervisor_that_is_asked_to_leave_stops_its_engine(
    make_target, spec, state_dir, await_state, await_nothing_runs
):
    target = make_target()
    target.deploy(spec, silent, timeout_s=10)

    os.kill(supervisor_pid(state_dir), signal.SIGTERM)
    await_nothing_runs()

    assert target.deployment("demo").state == "stopped"
    assert list(target.logs("demo", tail=1, follow=False)) == ["leaving"]


def test_the_end_of_a_terminal_and_its_ctrl_c_do_not_reach_a_deployment(
    make_target, spec, state_dir
):
    target = make_target()
    before = target.deploy(spec, silent, timeout_s=10)

    for pid in (supervisor_pid(state_dir), before.pid):
        os.kill(pid, signal.SIGHUP)
        os.kill(pid, signal.SIGINT)

    assert target.deployment("demo") == before


def test_a_supervisor_whose_folder_is_gone_leaves(make_target, spec, state_dir, await_nothing_runs):
    make_target().deploy(spec, silent, timeout_s=10)

    (state_dir / "deployments").rename(state_dir / "elsewhere")

    await_nothing_runs()


@pytest.fixture
def written(state_dir, spec, engine_command):
    folder = StateFolder(state_dir).folder("demo")
    folder.path.mkdir(parents=True)
    write_record(folder, Record(spec, datetime.now(UTC), "abc", tuple(engine_command), 1.0))
    return folder


@pytest.mark.parametrize(("said", "instance_id"), [(b"", "abc"), (b"go\n", "another")])
def test_a_supervisor_that_is_not_told_to_go_or_not_wanted_starts_nothing(
    written, said, instance_id
):
    command = supervisor_command(written, instance_id)

    done = subprocess.run(command, input=said, capture_output=True, timeout=20, check=True)

    assert done.stderr == b""
    assert not written.runtime.exists()
    assert not written.log.exists()


def test_a_supervisor_that_cannot_write_leaves_no_engine_behind(written, await_nothing_runs):
    (written.path / ".runtime.json.new").mkdir()

    done = subprocess.run(
        supervisor_command(written, "abc"),
        input=b"go\n",
        capture_output=True,
        timeout=20,
        check=False,
    )

    assert done.returncode == CANNOT_WRITE
    await_nothing_runs()


def _lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
