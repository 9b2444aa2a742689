"""An AWS account on this machine, and the cloud that asks it."""

import time

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from llamactl_infra.live.aws.cloud import LiveAws
from llamactl_infra.live.aws.log import Clock
from standins.aws import Aws


class Passing:
    """Pauses that take no time; in each of them the next thing of `meanwhile` happens."""

    def __init__(self):
        self.ahead_s = 0
        self.pauses_s = []
        self.meanwhile = []

    def now(self):
        return time.time() + self.ahead_s

    def pause(self, seconds):
        self.pauses_s.append(seconds)
        if self.meanwhile:
            self.meanwhile.pop(0)()


@pytest.fixture
def aws(monkeypatch):
    """An account with nothing in it, that this process's environment leads to."""
    with Aws() as account:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
            monkeypatch.delenv(name, raising=False)
        for name, value in account.environment.items():
            monkeypatch.setenv(name, value)
        yield account
        assert account.problems == []


@pytest.fixture
def passing():
    return Passing()


@pytest.fixture
def live(aws, passing):
    cloud = LiveAws(Clock(passing.now, passing.pause))
    yield cloud
    cloud.close()
