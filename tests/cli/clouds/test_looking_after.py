"""The everyday commands on a deployment that stands: by the real engine, on the stand-ins."""

import json

import pytest

from cli.clouds.conftest import DEPLOY, MODEL
from standins.aws import faults
from standins.hub import TOKEN

pytestmark = pytest.mark.engine


def deploy(user, cloud):
    done = user(*DEPLOY[cloud])
    assert done.code == 0, done.err
    return done.out.strip()


def told(user, *arguments):
    """What a command prints that goes well."""
    done = user(*arguments)
    assert done.code == 0, done.err
    return done.out


def kept(user):
    """All that a deployment leaves on this machine."""
    return [each for each in (user.folder / "state-dir").rglob("*") if each.is_file()]


def looked_after(user, cloud):
    """From a deployment to nothing; gives what `status` said of it."""
    url = deploy(user, cloud)
    (listed,) = json.loads(told(user, "list", "--json"))
    status = json.loads(told(user, "status", "chat", "--json"))
    assert (listed["name"], listed["cloud"], listed["state"]) == ("chat", cloud, "running")
    assert listed["usd_per_hour"] > 0
    assert (status["state"], status["instances"], status["differences"]) == ("running", 1, [])
    assert told(user, "endpoint", "chat") == f"{url}\n"
    assert told(user, "invoke", "chat", "Hi") == "Hello there.\n"
    assert told(user, "logs", "chat", "--tail", "1").count("\n") == 1
    assert [each.name for each in kept(user) if TOKEN.encode() in each.read_bytes()] == []
    assert user("destroy", "chat").code == 2
    assert "has nothing of it any more" in user("destroy", "chat", "--yes", "--weights").err
    assert user.remains() == []
    assert told(user, "list", "--json") == "[]\n"
    return status


@pytest.mark.engine_smoke
def test_an_endpoint_of_sagemaker_is_looked_after_to_its_end(on_aws):
    status = looked_after(on_aws, "aws")

    assert (status["auth"], status["api_key_required"]) == ("sigv4", False)


@pytest.mark.engine_smoke
def test_an_endpoint_of_azure_ml_is_looked_after_to_its_end(on_azure):
    status = looked_after(on_azure, "azure")

    assert (status["auth"], status["api_key_required"]) == ("key", True)
    assert status["slot"].startswith("llm-")


def test_what_may_not_be_removed_is_named_and_a_second_destroy_goes_on(on_aws):
    deploy(on_aws, "aws")
    on_aws.cloud.faults.append(faults.denied("DeleteRole"))

    first = on_aws("destroy", "chat", "--yes")
    on_aws.cloud.faults.clear()
    second = on_aws("destroy", "chat", "--yes")
    (staged,) = on_aws.remains()
    third = on_aws("destroy", "chat", "--weights")

    assert first.code == 9
    assert "role chat-role" in first.err
    assert "llamactl destroy chat goes on" in first.err
    assert second.code == 0
    assert f"weights stay in {staged.removeprefix('weights ')}, " in second.err
    assert "a month" in second.err
    assert third.code == 0, third.err
    assert on_aws.remains() == []


def test_credentials_that_expired_begin_nothing(on_aws):
    deploy(on_aws, "aws")
    before = on_aws.remains()
    on_aws.cloud.faults.append(faults.expired())

    listed = on_aws("list")
    done = on_aws("destroy", "chat", "--yes")

    assert "unknown" in listed.out
    assert done.code == 10
    assert on_aws.remains() == before


def test_what_a_killed_deploy_left_is_removed_when_its_lock_is_cleared(on_aws):
    on_aws.cloud.faults.append(faults.slow_start(delay_s=20))
    deploying = ("deploy", MODEL, "--name", "chat", "--cloud", "aws", "--yes")
    on_aws.kill(on_aws.start_until("CreateEndpoint", *deploying))

    (listed,) = json.loads(told(on_aws, "list", "--json"))
    locked = on_aws("destroy", "chat", "--yes")
    done = on_aws("destroy", "chat", "--yes", "--unlock", "--weights")

    assert listed["state"] == "deploying"
    assert locked.code == 5
    assert "locked by a run that is gone" in locked.err
    assert done.code == 0, done.err
    assert on_aws.remains() == []
