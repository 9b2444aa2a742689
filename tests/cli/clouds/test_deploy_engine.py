"""Whole deployments by the real engine: again, by the engine's own command, and with patience."""

import shlex
import shutil

import pytest

from cli.clouds.conftest import IMAGE, MODEL
from standins.aws.faults import slow_start, throttled

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
pytestmark = pytest.mark.engine


def deploy(user, *more):
    return user("deploy", MODEL, "--cloud", user.name, *IMAGE[user.name], "--yes", *more)


def record_pulumi(user):
    """Have every command of Pulumi's that is run from now on written into a file."""
    log, program = user.folder / "commands", user.folder / "bin" / "pulumi"
    log.touch()
    real = shlex.quote(str(shutil.which("pulumi")))
    text = f'#!/bin/sh\necho "$@" >> {shlex.quote(str(log))}\nexec {real} "$@"\n'
    program.write_text(text)
    program.chmod(0o755)
    return log


@pytest.mark.engine_smoke
def test_the_same_command_and_the_engines_own_alternate_without_a_change(user):
    user.checkout()
    assert deploy(user).code == 0
    there = user.remains()

    by_hand = user.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    again = deploy(user)
    preview = user.pulumi("preview", "--expect-no-changes")

    assert by_hand.code == 0, by_hand.out + by_hand.err
    assert again.code == 0, again.err
    assert "nothing had to be changed" in again.err
    assert preview.code == 0, preview.out + preview.err
    assert user.remains() == there

    log = record_pulumi(user)
    unchanged = deploy(user)

    assert unchanged.code == 0, unchanged.err
    # Azure's settings have a secret, which Pulumi alone can read.
    ran = {word for line in log.read_text().splitlines() for word in line.split()}
    assert ran & {"up", "preview", "refresh", "import"} == set()


def test_what_takes_long_and_is_slowed_down_comes_to_stand_all_the_same(on_aws):
    on_aws.cloud.faults += [slow_start(steps=4), throttled("DescribeEndpoint", 2)]

    assert deploy(on_aws).code == 0
