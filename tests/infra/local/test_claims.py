import subprocess
import sys
import threading
from pathlib import Path

import pytest

from llamactl_catalog.errors import NoCapacity
from llamactl_infra.local.claims import claimed, holder
from llamactl_infra.local.layout import StateFolder

HOLD = """
import sys
from pathlib import Path
from llamactl_infra.local.claims import claimed
from llamactl_infra.local.layout import StateFolder
with claimed(StateFolder(Path(sys.argv[1])).folder("demo"), "deployed"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_command(tmp_path: Path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        yield process
        process.kill()


@pytest.fixture
def folder(tmp_path: Path):
    return StateFolder(tmp_path).folder("demo")


def test_the_second_of_two_commands_is_told_who_is_first(folder, other_command):
    expected = f"'demo' is being deployed by process {other_command.pid} since "

    with pytest.raises(NoCapacity, match=expected) as caught, claimed(folder, "destroyed"):
        pass  # pragma: no cover

    assert caught.value.exit_code == 5
    assert caught.value.hint == "wait for it to end, or end it, and try again"


def test_readers_see_who_holds_a_name(folder, other_command):
    found = holder(folder)

    assert found.process.pid == other_command.pid
    assert found.purpose == "deployed"


def test_the_claim_of_a_killed_command_is_nobodys(folder, other_command):
    other_command.kill()
    other_command.wait()

    assert holder(folder) is None
    with claimed(folder, "destroyed"):
        assert holder(folder).purpose == "destroyed"


def test_nothing_is_left_of_a_claim(folder):
    with claimed(folder, "deployed"):
        assert folder.lock.exists()

    assert list(folder.path.parent.iterdir()) == []


def test_only_one_at_a_time_though_the_lock_file_comes_and_goes(folder):
    inside, most, rounds = [], [], []

    def work():
        for _ in range(15):
            try:
                with claimed(folder, "deployed"):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
                    rounds.append(1)
            except NoCapacity:
                continue

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert max(most) == 1
    assert len(rounds) > 15


def test_an_unreadable_claim_is_nobodys(folder):
    folder.claim.parent.mkdir(parents=True)
    folder.claim.write_text('{"process": 1}')

    assert holder(folder) is None
