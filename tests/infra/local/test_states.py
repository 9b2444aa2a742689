from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from llamactl_infra.local.claims import Holder
from llamactl_infra.local.processes import ProcessIdentity
from llamactl_infra.local.records import Record, Runtime
from llamactl_infra.local.states import Sight, exit_text, judge

NOW = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
THEN = NOW - timedelta(seconds=12)
SUPERVISOR, ENGINE, COMMAND = (ProcessIdentity(pid, 1.0) for pid in (10, 11, 12))
RUNTIME = Runtime("abc", "listening", THEN, SUPERVISOR, (ENGINE,), port=8000)


@pytest.fixture
def running(spec) -> Sight:
    return Sight(
        record=Record(spec, THEN, "abc", ("engine",), 5.0),
        runtime=RUNTIME,
        is_being_removed=False,
        supervisor_lives=True,
        engine_lives=True,
        holder=None,
        now=NOW,
    )


def with_phase(seen: Sight, phase: str, **changes) -> Sight:
    dead = replace(seen, supervisor_lives=False, engine_lives=False)
    return replace(dead, runtime=replace(RUNTIME, phase=phase, **changes))


def test_two_living_processes_and_a_port_are_running(running):
    assert judge(running) == ("running", None)


def test_a_killed_engine_is_told_with_its_signal_and_when(running):
    seen = with_phase(running, "exited", exit_code=-9)

    assert judge(seen) == ("failed", "the engine was killed by signal 9 (SIGKILL) 12.0 s ago")


def test_a_dead_supervisor_is_told(running):
    state, reason = judge(replace(running, supervisor_lives=False))

    assert state == "failed"
    assert "its supervisor is gone" in reason


def test_an_engine_that_is_gone_before_its_supervisor_says_so_is_told(running):
    state, reason = judge(replace(running, engine_lives=False))

    assert state == "failed"
    assert "its engine is gone" in reason


def test_a_failed_start_keeps_its_reason(running):
    seen = with_phase(running, "failed", failure="internal", message="no luck")

    assert judge(seen) == ("failed", "no luck, 12.0 s ago")


def test_what_was_asked_to_leave_is_stopped(running):
    assert judge(with_phase(running, "stopped")) == ("stopped", "it was stopped 12.0 s ago")


def test_an_engine_that_loads_for_a_killed_command_is_still_deploying(running):
    seen = replace(running, runtime=replace(RUNTIME, phase="loading"))

    assert judge(seen) == ("deploying", "the engine has been loading for 12.0 s")


@pytest.mark.parametrize("phase", ["starting", "loading"])
def test_a_start_whose_supervisor_is_gone_was_interrupted(running, phase):
    state, reason = judge(with_phase(running, phase))

    assert state == "failed"
    assert "interrupted while the engine was loading" in reason


def test_a_record_alone_was_interrupted_before_anything_was_started(running):
    state, reason = judge(replace(running, runtime=None, supervisor_lives=False))

    assert state == "failed"
    assert "interrupted before anything was started" in reason


def test_a_removal_without_its_command_was_interrupted(running):
    state, reason = judge(replace(running, is_being_removed=True))

    assert state == "failed"
    assert "removal was interrupted" in reason


def test_a_command_at_work_is_named(running):
    holder = Holder(COMMAND, THEN, "deployed")
    seen = replace(running, runtime=None, holder=holder)

    assert judge(seen) == ("deploying", "being deployed by process 12 for 12.0 s")
    assert judge(replace(seen, holder=replace(holder, purpose="destroyed"))) == (
        "stopped",
        "being destroyed by process 12 for 12.0 s",
    )


def test_a_second_deploy_does_not_make_a_running_one_look_otherwise(running):
    holder = Holder(COMMAND, THEN, "deployed")

    assert judge(replace(running, holder=holder)) == ("running", None)


@pytest.mark.parametrize(
    ("exit_code", "text"),
    [
        (-9, "was killed by signal 9 (SIGKILL)"),
        (-11, "was killed by signal 11 (SIGSEGV)"),
        (-250, "was killed by signal 250"),
        (0, "ended with exit code 0"),
        (3221225477, "ended with exit code 3221225477"),
        (None, "ended"),
    ],
)
def test_an_exit_code_is_told_in_words(exit_code, text):
    assert exit_text(exit_code) == text
