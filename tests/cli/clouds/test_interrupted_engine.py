"""Runs that meet another one of their name, or a Ctrl-C: nothing is left half done."""

import json
import signal

import pytest

from cli.clouds.conftest import DEPLOY, whole_deployment
from standins.aws import faults as of_aws
from standins.azure import faults as of_azure

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
pytestmark = pytest.mark.engine
CREATION = {"aws": "CreateEndpoint", "azure": "PUT deployments"}


def creating(user, delay_s):
    """Begin a deployment; it is at its last part, which takes so long."""
    is_azure = user.name == "azure"
    fault = of_azure.slow_start(delay_s) if is_azure else of_aws.slow_start(delay_s=delay_s)
    user.cloud.faults.append(fault)
    return user.start_until(CREATION[user.name], *DEPLOY[user.name])


def test_a_second_run_is_refused_and_leaves_the_settings_of_the_first(user):
    first = creating(user, 12)

    second = user(*DEPLOY[user.name], "--context", "2048")
    unlocked = user(*DEPLOY[user.name], "--context", "2048", "--unlock", "--force-unlock")
    removal = user("destroy", "chat", "--yes")
    _, err = first.communicate(timeout=120)

    assert first.returncode == 0, err
    for refused in (second, unlocked, removal):
        assert refused.code == 5, refused.err
        assert "the stack 'chat' is locked by " in refused.err
        assert f"process {first.pid}, since " in refused.err
        assert "which is running" in refused.err
        assert "hint: wait until it ends" in refused.err
        assert "Traceback" not in refused.err
    whole_deployment(user)
    again = user(*DEPLOY[user.name])
    assert again.code == 0, again.err
    assert "nothing had to be changed" in again.err


def test_of_two_that_start_together_one_deploys_and_the_other_changes_nothing(user):
    runs = [user.start(*DEPLOY[user.name]) for _ in range(2)]

    ends = [(run.communicate(timeout=240), run.returncode) for run in runs]

    codes = sorted(code for _, code in ends)
    told = "\n".join(err for (_, err), _ in ends)
    assert codes in ([0, 0], [0, 5]), told
    assert "Traceback" not in told
    whole_deployment(user)
    (listed,) = json.loads(user("list", "--json").out)
    assert (listed["name"], listed["state"]) == ("chat", "running")
    done = user("destroy", "chat", "--yes", "--weights")
    assert done.code == 0, done.err
    assert user.remains() == []


def test_an_interrupt_stops_cleanly_says_what_stands_and_the_same_command_resumes(user):
    process = creating(user, 8)

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    again = user(*DEPLOY[user.name])

    assert process.returncode == 130, err
    assert "What stands of 'chat'" in err
    assert "llamactl destroy chat" in err
    assert "Traceback" not in err
    assert again.code == 0, again.err
    whole_deployment(user)
