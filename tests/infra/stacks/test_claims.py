"""The claim of a stack: one run of this machine at a time, and none of one that was killed."""

import subprocess
import sys

import pytest

from llamactl_infra.stacks.claims import claimed
from llamactl_infra.stacks.locks import StackLocked

HOLD = """
import sys
from pathlib import Path
from llamactl_infra.stacks.claims import claimed
with claimed(Path(sys.argv[1]), "chat"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds 'chat'."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_refused_with_who_holds_it(tmp_path, other):
    with pytest.raises(StackLocked) as error, claimed(tmp_path, "chat"):
        pass

    assert error.value.exit_code == 5
    assert f"process {other.pid}, since " in error.value.message
    assert error.value.message.endswith("which is running")
    assert not error.value.may_be_cleared(forced=True)


def test_another_name_is_free(tmp_path, other):
    with claimed(tmp_path, "guard"):
        pass


def test_a_run_that_was_killed_holds_nothing(tmp_path, other):
    other.kill()
    other.wait()

    with claimed(tmp_path, "chat"):
        pass


def test_a_claim_that_ended_leaves_no_file(tmp_path):
    with claimed(tmp_path, "chat"):
        told = sorted(each.name for each in (tmp_path / "claims").iterdir())

    assert told == ["chat.json", "chat.lock"]
    assert list((tmp_path / "claims").iterdir()) == []
