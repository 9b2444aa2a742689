import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from llamactl_infra.local.processes import (
    CREATE_BREAKAWAY_FROM_JOB,
    CREATE_NEW_PROCESS_GROUP,
    CREATE_NO_WINDOW,
    DETACHED_PROCESS,
    ProcessIdentity,
    child_options,
    detached_options,
    find,
    identify,
    is_alive,
    kill_all,
    spawn_detached,
    terminate,
    wait_gone,
)

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]


@pytest.fixture
def sleeper():
    with subprocess.Popen(SLEEP, stdout=subprocess.PIPE) as process:
        # Once it has said something, it is the program that was asked for and no copy of this one.
        assert process.stdout.readline() == b"up\n"
        yield process
        process.kill()


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_on_posix_a_detached_process_has_a_session_of_its_own(platform):
    assert detached_options(platform) == {"start_new_session": True}
    assert child_options(platform) == {}


def test_on_windows_a_detached_process_has_no_console_no_group_and_no_job():
    flags = detached_options("win32")["creationflags"]

    assert flags == (
        DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW | CREATE_BREAKAWAY_FROM_JOB
    )


def test_on_windows_a_job_that_forbids_breakaway_is_stayed_in():
    flags = detached_options("win32", breakaway=False)["creationflags"]

    assert not flags & CREATE_BREAKAWAY_FROM_JOB
    assert flags & DETACHED_PROCESS


def test_on_windows_a_child_opens_no_window():
    assert child_options("win32") == {"creationflags": CREATE_NO_WINDOW}


@pytest.mark.skipif(sys.platform != "win32", reason="the names are there on Windows only")
def test_the_flags_are_those_of_the_platform():
    assert DETACHED_PROCESS == subprocess.DETACHED_PROCESS
    assert CREATE_NEW_PROCESS_GROUP == subprocess.CREATE_NEW_PROCESS_GROUP
    assert CREATE_NO_WINDOW == subprocess.CREATE_NO_WINDOW
    assert CREATE_BREAKAWAY_FROM_JOB == subprocess.CREATE_BREAKAWAY_FROM_JOB


def test_a_process_is_known_again(sleeper):
    identity = identify(sleeper.pid)

    assert identity is not None
    assert is_alive(identity)


def test_a_later_process_with_the_same_pid_is_another(sleeper):
    identity = identify(sleeper.pid)

    assert not is_alive(ProcessIdentity(identity.pid, identity.born_s - 1))


def test_a_zombie_is_dead(sleeper):
    identity = identify(sleeper.pid)

    sleeper.kill()  # nobody waits for it yet: it stays as a zombie

    assert wait_gone([identity], patience_s=5) == ()
    assert psutil.pid_exists(sleeper.pid)


def test_a_pid_that_nobody_has_is_nobody():
    assert identify(2**22 + 1) is None


def test_a_question_to_leave_does_not_hit_another_process_with_the_pid(sleeper):
    identity = identify(sleeper.pid)

    terminate(ProcessIdentity(identity.pid, identity.born_s + 1))

    assert is_alive(identity)


def test_what_does_not_leave_is_killed(sleeper):
    identity = identify(sleeper.pid)

    assert kill_all([identity]) == ()
    assert not is_alive(identity)


def test_a_process_is_found_by_its_command_line(sleeper):
    found = find(lambda command: list(command) == SLEEP)

    assert identify(sleeper.pid) in found


def test_a_detached_process_does_not_hold_what_the_caller_prints_to(tmp_path: Path):
    # What `$(llamactl deploy …)` does: it reads until nobody holds the pipe any more.
    script = (
        "import sys; from pathlib import Path;"
        "from llamactl_infra.local.processes import spawn_detached;"
        f"p = spawn_detached({SLEEP!r}, output=Path({str(tmp_path / 'out')!r}));"
        "p.returncode = 0; print(p.pid)"
    )
    started = time.monotonic()

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    identity = identify(int(done.stdout))
    assert identity is not None
    assert time.monotonic() - started < 30
    kill_all([identity])


def test_a_detached_process_pins_no_folder(tmp_path: Path):
    process = spawn_detached(SLEEP, output=tmp_path / "out")

    assert psutil.Process(process.pid).cwd() == Path(sys.executable).anchor
    process.kill()
    process.stdin.close()
    process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sessions of terminals")
def test_a_detached_process_survives_the_end_of_the_terminal(tmp_path: Path):
    process = spawn_detached(SLEEP, output=tmp_path / "out")

    assert psutil.Process(process.pid).terminal() is None
    assert os.getsid(process.pid) == process.pid
    process.kill()
    process.stdin.close()
    process.wait()
