"""What stands between an endpoint and its role, and between its instance type and its scaling."""

import threading

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.sagemaker.creation import Creator
from infra.sagemaker.declared import declared, spec_of
from llamactl_infra.clouds.aws.lifecycle import LifecycleProvider
from standins.aws import Aws
from standins.aws.faults import denied, slow_end

PROVIDER = LifecycleProvider()
PROPS = {
    "endpoint": "chat",
    "region": "us-east-1",
    "instance_type": "ml.g5.2xlarge",
    "variant": "endpoint/chat/variant/AllTraffic",
}


@pytest.fixture
def aws(monkeypatch):
    with Aws() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        running.endpoints.delay_s = 0
        declared(spec_of(), Creator(running))
        yield running


def test_another_type_replaces_it_and_what_depends_on_it_goes_first():
    other = PROPS | {"instance_type": "ml.g5.12xlarge"}

    found = PROVIDER.diff("chat/lifecycle", PROPS, other)

    assert (found.changes, found.replaces) == (True, ["instance_type"])
    assert found.delete_before_replace
    assert not PROVIDER.diff("chat/lifecycle", PROPS, PROPS).changes


def test_an_endpoint_that_stays_is_not_waited_for(aws):
    PROVIDER.delete("chat/lifecycle", PROPS)

    assert aws.everything()


def test_one_that_is_being_deleted_is_waited_for(aws):
    aws.client("sagemaker").describe_endpoint(EndpointName="chat")
    aws.faults.append(slow_end(delay_s=1))
    aws.client("sagemaker").delete_endpoint(EndpointName="chat")

    PROVIDER.delete("chat/lifecycle", PROPS)

    assert not [each for each in aws.everything() if each.startswith("endpoint ")]


def test_what_is_not_told_is_not_waited_for(aws):
    aws.faults.append(denied("DescribeEndpoint"))
    waiting = threading.Thread(target=PROVIDER.delete, args=("chat/lifecycle", PROPS))

    waiting.start()
    waiting.join()

    assert "DescribeEndpoint" in aws.operations()
