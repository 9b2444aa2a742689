"""A leashed command ends with its parent, however the parent ends."""

import subprocess
import sys
import time

import psutil

from llamactl_containers.leash import leashed

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_the_exit_code_is_the_commands_own():
    command = leashed([sys.executable, "-c", "raise SystemExit(7)"])

    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        code = child.wait(timeout=30)

    assert code == 7


def test_the_command_ends_when_its_parent_is_killed():
    script = f"""
import subprocess, time
subprocess.Popen({leashed(SLEEP)!r}, stdin=subprocess.PIPE)
print("started", flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    parent.stdout.readline()
    children = _descendants(parent.pid, 2)

    parent.kill()
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs(children, timeout=10)

    assert not [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]


def _descendants(pid, count):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = psutil.Process(pid).children(recursive=True)
        if len(found) >= count:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{count} descendants did not start")
