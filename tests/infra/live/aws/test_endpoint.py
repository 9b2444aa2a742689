"""How an endpoint is, in words for whoever waits for it."""

from dataclasses import replace

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.live.aws.making import Changer, made
from infra.sagemaker.creation import Creator
from infra.sagemaker.declared import declared, spec_of
from llamactl_catalog.errors import NoPermission, Throttled
from standins.aws.faults import ALWAYS, denied, expired, failed_health, slow_start, throttled


def test_where_there_is_none_it_is_absent(live):
    assert live.endpoint(spec_of()).state == "absent"


def test_one_that_runs_has_its_url_type_and_count(aws, live):
    made(aws, spec_of(instances=2))

    found = live.endpoint(spec_of(instances=2))

    assert (found.state, found.instances, found.instance_type) == ("running", 2, "ml.g5.2xlarge")
    host = "https://runtime.sagemaker.us-east-1.amazonaws.com"
    assert found.url == f"{host}/endpoints/chat/invocations"
    assert found.reason is None
    assert found.created_at.tzinfo is not None


def test_one_that_is_made_tells_what_it_waits_for(aws, live):
    aws.faults.append(slow_start(steps=100))

    declared(spec_of(), Creator(aws))

    found = live.endpoint(spec_of())
    assert found.state == "creating"
    assert found.doing == "starts instances, image and weights: 0 of 1 in service"


@pytest.mark.parametrize(
    ("line", "doing"),
    [
        ("Starting check and download process for meta-llama/Llama-2-7b", "fetches the weights"),
        (
            "INFO shard-manager: text_generation_launcher: Starting shard rank=0",
            "loads the weights",
        ),
        ("INFO text_generation_launcher: Shard ready in 8.1s rank=0", "has loaded the weights"),
        ("INFO text_generation_router_v3: Warming up model", "warms up"),
    ],
)
def test_one_whose_container_runs_tells_how_far_it_is(aws, live, line, doing):
    aws.faults.append(slow_start(steps=100))
    declared(spec_of(), Creator(aws))

    aws.say("chat", "Args { model_id: ... }", line, "something else")

    assert live.endpoint(spec_of()).doing == f"the container runs: {doing}"


def test_an_update_is_no_further_for_what_the_older_instances_say(aws, live):
    made(aws, spec_of())
    aws.faults.append(slow_start(steps=100))
    declared(spec_of(instance_type="ml.g5.12xlarge"), Changer(aws))

    aws.say("chat", "INFO generate: a request is answered")
    before = live.endpoint(spec_of())
    aws.say("chat", "INFO text_generation_router_v3: Warming up model")
    after = live.endpoint(spec_of())

    assert before.state == "updating"
    assert before.doing.startswith("starts instances")
    assert after.doing == "the container runs: warms up"


def test_whoever_may_not_read_the_log_is_told_the_rest(aws, live):
    aws.faults += [slow_start(steps=100), denied("FilterLogEvents")]
    declared(spec_of(), Creator(aws))

    assert live.endpoint(spec_of()).doing.startswith("starts instances")


def test_one_that_failed_tells_the_reason_that_sagemaker_gives(aws, live):
    aws.faults.append(failed_health())

    made(aws, spec_of())

    found = live.endpoint(spec_of())
    assert found.state == "failed"
    assert "did not pass the ping health check" in found.reason


def test_one_that_is_removed_is_deleting_and_then_absent(aws, live):
    made(aws, spec_of())
    aws.endpoints.delay_s = 60

    aws.client("sagemaker").delete_endpoint(EndpointName="chat")

    assert live.endpoint(spec_of()).state == "deleting"


def test_another_region_has_none(aws, live):
    made(aws, spec_of())

    assert live.endpoint(replace(spec_of(), region="eu-west-1")).state == "absent"


def test_credentials_that_expired_are_told_as_such(aws, live):
    aws.faults.append(expired())

    with pytest.raises(NoPermission, match="expired") as told:
        live.endpoint(spec_of())

    assert "aws sso login" in told.value.hint


def test_what_is_throttled_once_is_asked_again(aws, live):
    made(aws, spec_of())
    aws.faults.append(throttled("DescribeEndpoint"))

    assert live.endpoint(spec_of()).state == "running"


def test_what_stays_throttled_is_said_to_be(aws, live):
    aws.faults.append(throttled("DescribeEndpoint", ALWAYS))

    with pytest.raises(Throttled, match="AWS slows calls down at sagemaker:DescribeEndpoint"):
        live.endpoint(spec_of())


def test_what_is_denied_names_the_permission(aws, live):
    aws.faults.append(denied("DescribeEndpoint"))

    with pytest.raises(NoPermission) as told:
        live.endpoint(spec_of())

    assert "grant sagemaker:DescribeEndpoint" in told.value.hint


def test_callers_show_no_key(live):
    assert live.api_key(spec_of()) is None
