"""SageMaker has kept an update, has taken it back, or does not tell."""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.sagemaker.creation import Creator
from infra.sagemaker.declared import declared, spec_of
from llamactl_catalog.errors import StillBusy, Unhealthy
from llamactl_infra.clouds.aws.verification import VerificationProvider
from standins.aws import Aws
from standins.aws.faults import denied, expired, slow_start, taken_back, throttled

PROVIDER = VerificationProvider()
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@pytest.fixture
def aws(monkeypatch):
    """An account with an endpoint in service, where AWS's clients are led."""
    with Aws() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        running.endpoints.delay_s = 0
        declared(spec_of(), Creator(running))
        yield running
        assert running.problems == []


def props(configuration):
    return {"endpoint": "chat", "region": "us-east-1", "configuration": configuration}


def runs(aws):
    told = aws.client("sagemaker").describe_endpoint(EndpointName="chat")
    return told["EndpointConfigName"]


def update(aws, *faults):
    """Ask for another configuration."""
    client = aws.client("sagemaker")
    variants = client.describe_endpoint_config(EndpointConfigName=runs(aws))["ProductionVariants"]
    client.create_endpoint_config(EndpointConfigName="other", ProductionVariants=variants)
    aws.faults += faults
    client.update_endpoint(EndpointName="chat", EndpointConfigName="other")
    runs(aws)


def test_what_runs_as_asked_is_verified(aws):
    made = PROVIDER.create(props(runs(aws)))

    assert made.id == "chat/verification"
    assert made.outs == {**props(runs(aws)), "live": runs(aws)}


def test_an_update_that_was_taken_back_fails_with_the_reason_on_one_line(aws):
    update(aws, taken_back("No capacity.\nTry another type."))

    with pytest.raises(Unhealthy) as told:
        PROVIDER.update("", props(runs(aws)), props("other"))

    which = f"({runs(aws)} runs on, and not other)"
    reason = "No capacity. Try another type."
    assert str(told.value) == f"SageMaker has taken the update back {which}: {reason}"


def test_another_configuration_without_a_reason_fails_too(aws):
    with pytest.raises(Unhealthy, match="gives no reason"):
        PROVIDER.create(props("other"))


def test_an_update_that_is_under_way_ends_the_run_before_anything_old_is_deleted(aws):
    update(aws, slow_start(delay_s=3600))

    with pytest.raises(StillBusy, match="SageMaker is still updating chat"):
        PROVIDER.update("", props(runs(aws)), props("other"))


@pytest.mark.parametrize(
    "fault", [denied("DescribeEndpoint"), expired(), throttled("DescribeEndpoint", times=9)]
)
def test_what_is_not_told_is_not_known(aws, fault):
    aws.faults.append(fault)

    assert PROVIDER.create(props("other")).outs["live"] is None
    with pytest.raises(Unhealthy, match="which configuration chat runs is not known"):
        PROVIDER.update("", props("some"), props("other"))


def test_without_credentials_it_is_not_known(aws, monkeypatch):
    for name in KEYS:
        monkeypatch.delenv(name)
    asked = len(aws.requests)

    assert PROVIDER.create(props("other")).outs["live"] is None
    assert len(aws.requests) == asked


def test_without_a_network_it_is_not_known(aws, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    assert PROVIDER.create(props("other")).outs["live"] is None
    assert PROVIDER.update("", props("some"), props("other")).outs["live"] is None


def test_without_an_endpoint_it_is_not_known_and_there_is_nothing_to_read(aws):
    aws.client("sagemaker").delete_endpoint(EndpointName="chat")
    aws.everything()

    assert PROVIDER.create(props("other")).outs["live"] is None
    assert PROVIDER.read("chat/verification", props("other")).id == ""


def test_to_read_gives_what_runs_whatever_was_asked_for(aws):
    found = PROVIDER.read("chat/verification", props("other"))

    assert found.id == "chat/verification"
    assert found.outs == {**props("other"), "live": runs(aws)}


def test_to_read_leaves_what_is_not_told_as_it_was(aws):
    aws.faults.append(denied("DescribeEndpoint"))
    known = {**props("other"), "live": "other"}

    assert PROVIDER.read("chat/verification", known).outs == known


@pytest.mark.parametrize(
    ("live", "asked", "changes"),
    [
        ("a", "a", False),
        (None, "a", False),
        ("a", "b", True),
        ("b", "b", True),
    ],
)
def test_it_looks_again_where_something_else_is_asked_for_or_ran(live, asked, changes):
    known = {**props("a"), "live": live}

    found = PROVIDER.diff("chat/verification", known, {**props(asked), "live": None})

    assert (found.changes, found.replaces) == (changes, [])
