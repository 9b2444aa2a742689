"""`pulumi up` and the Automation API on one stack: the same program, so no diff."""

import os
import subprocess

import pytest

from infra.stacks.conftest import spec_of

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from llamactl_infra.stacks.place import stack_place
from llamactl_infra.stacks.stack import open_stack

pytestmark = pytest.mark.engine


@pytest.fixture
def place(engine, tmp_path):
    return stack_place(tmp_path / "state", tmp_path, os.environ, lambda _step: None)


@pytest.fixture
def by_hand(place, pulumi_program):
    """Run the engine's own command in the project's folder."""

    def run(*arguments):
        return subprocess.run(
            [pulumi_program, *arguments, "--stack", "chat", "--non-interactive", "--color=never"],
            cwd=place.folder,
            env={**os.environ, **place.environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_doors_alternate_without_a_diff(place, by_hand, cloud):
    stack = open_stack("chat", place)
    stack.configure(spec_of())
    stack.up("aws")
    made = cloud.operations()

    first = by_hand("up", "--yes", "--skip-preview", "--expect-no-changes")
    changes = stack.up("aws")
    second = by_hand("preview", "--expect-no-changes")

    assert first.returncode == 0, first.stdout + first.stderr
    assert changes == ()
    assert second.returncode == 0, second.stdout + second.stderr
    assert cloud.operations() == made


def test_a_change_by_hand_is_the_stacks_own(place, by_hand, cloud):
    stack = open_stack("chat", place)
    stack.configure(spec_of())
    stack.up("aws")
    by_hand("config", "set", "llamactl:log_days", "7")

    done = by_hand("up", "--yes", "--skip-preview")

    assert done.returncode == 0, done.stdout + done.stderr
    assert stack.spec() == spec_of(log_days=7)
    assert stack.up("aws") == ()


def test_the_engine_lets_nobody_around_the_license(place, by_hand, cloud):
    stack = open_stack("chat", place)
    stack.configure(spec_of(model="llama-2-7b-chat", weights="meta-llama/Llama-2-7b-chat-hf"))

    done = by_hand("up", "--yes", "--skip-preview")

    assert done.returncode != 0
    assert "is not accepted" in done.stdout + done.stderr
    assert cloud.everything() == []
