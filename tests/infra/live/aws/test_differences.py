"""What runs is compared with what was asked for, since InService says nothing of it."""

from dataclasses import replace

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.live.aws.making import changed, made
from infra.sagemaker.declared import spec_of
from infra.sagemaker.declared_goldens import SPECS
from llamactl_catalog.errors import NoPermission
from llamactl_infra.spec import SageMakerSpec, Schedule
from standins.aws.faults import denied, taken_back

SCALED = {"min_instances": 1, "max_instances": 3}


@pytest.mark.parametrize("name", SPECS)
def test_what_was_just_made_is_as_asked_for(aws, live, name):
    made(aws, SPECS[name])

    assert live.differences(SPECS[name]) == ()


def test_what_was_updated_is_as_asked_for(aws, live):
    made(aws, spec_of())
    bigger = spec_of(instance_type="ml.g5.12xlarge", environment={"MAX_INPUT_TOKENS": "2048"})

    changed(aws, bigger)

    assert live.differences(bigger) == ()


def test_an_update_that_is_taken_back_is_told_though_the_endpoint_says_in_service(aws, live):
    made(aws, spec_of())
    aws.faults.append(taken_back("it did not pass the ping health check"))
    wanted = spec_of(instance_type="ml.g5.12xlarge")

    changed(aws, wanted)

    assert live.endpoint(wanted).state == "running"
    first, *rest = live.differences(wanted)
    assert first.startswith("SageMaker has taken the update back by itself (chat-")
    assert first.endswith(": it did not pass the ping health check")
    assert "instance type: ml.g5.2xlarge, and ml.g5.12xlarge was asked for" in rest


def test_an_update_taken_back_is_told_too_when_the_engine_removed_what_runs(aws, live):
    made(aws, spec_of())
    (before,) = aws.client("sagemaker").list_endpoint_configs()["EndpointConfigs"]
    aws.faults.append(taken_back("it did not pass the ping health check"))
    wanted = spec_of(instance_type="ml.g5.12xlarge")
    changed(aws, wanted)

    aws.client("sagemaker").delete_endpoint_config(EndpointConfigName=before["EndpointConfigName"])

    assert aws.problems.pop().startswith("configuration chat-")
    first, second = live.differences(wanted)
    assert first.startswith("SageMaker has taken the update back by itself (chat-")
    assert second.endswith("which runs, is no longer there: deploy again")


def test_each_thing_that_differs_is_named_with_both_values(aws, live):
    made(aws, spec_of(environment={"MAX_INPUT_TOKENS": "1024", "EXTRA": "kept to itself"}))

    told = live.differences(
        spec_of(
            image=spec_of().image.replace("ab", "cd"),
            weights_uri="s3://weights/other/",
            environment={"MAX_INPUT_TOKENS": "2048"},
            health_timeout_s=900,
            sagemaker=SageMakerSpec(inference_ami="al2023-ami-sagemaker-inference-gpu-4-1"),
        )
    )

    (first, *_) = told
    assert first.startswith("another configuration is in force: chat-")
    assert "environment MAX_INPUT_TOKENS: 1024, and 2048 was asked for" in told
    assert "environment EXTRA: is there, and was not asked for" in told
    assert any(each.startswith("host image: al2-ami") for each in told)
    assert "weights: s3://weights/llama-2-7b-chat/, and s3://weights/other/ was asked for" in told
    assert any(each.startswith("image: ") and "cdcd" in each for each in told)
    assert any(each.startswith("start-up timeout, in seconds: ") for each in told)
    assert "kept to itself" not in "".join(told)


def test_an_endpoint_that_is_not_there_is_told(live):
    assert live.differences(spec_of()) == ("there is no endpoint chat in us-east-1",)


def test_another_role_is_told(aws, live):
    made(aws, spec_of())
    given = SageMakerSpec(execution_role="arn:aws:iam::123456789012:role/given")

    told = live.differences(spec_of(sagemaker=given))

    assert any("role/given was asked for" in each for each in told)


def test_isolation_and_a_network_that_nobody_asked_for_are_told(aws, live):
    own = SageMakerSpec(subnets=("subnet-a",), security_groups=("sg-a",), network_isolation=True)
    made(aws, spec_of(sagemaker=own))

    told = live.differences(spec_of())

    assert "VpcConfig: is there, and was not asked for" in told
    assert "EnableNetworkIsolation: is there, and was not asked for" in told


def test_a_count_that_autoscaling_made_is_no_difference(aws, live):
    spec = spec_of(**SCALED)
    made(aws, spec)

    capacity = {"VariantName": "AllTraffic", "DesiredInstanceCount": 3}
    aws.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName="chat", DesiredWeightsAndCapacities=[capacity]
    )

    assert live.differences(spec) == ()


def test_where_it_scales_the_count_that_it_started_with_is_no_difference(aws, live):
    made(aws, spec_of(**SCALED))

    assert live.differences(spec_of(**SCALED, instances=2)) == ()


def test_a_count_beyond_the_bounds_is_told(aws, live):
    made(aws, spec_of(instances=2))

    assert "instances: 2, not 1 instance" in live.differences(spec_of())


def test_autoscaling_that_is_not_as_asked_for_is_told(aws, live):
    made(aws, spec_of(**SCALED))

    wider = live.differences(spec_of(min_instances=1, max_instances=5))
    none = live.differences(spec_of())

    assert wider == ("autoscaling: from 1 to 3, and 1 to 5 was asked for",)
    assert none == ("autoscaling: from 1 to 3, and none was asked for",)


def test_autoscaling_that_is_missing_is_told(aws, live):
    made(aws, spec_of())

    assert live.differences(spec_of(**SCALED)) == ("autoscaling: none, and 1 to 3 was asked for",)


def test_bounds_that_a_schedule_set_are_no_difference(aws, live):
    night = Schedule("night", "0 20 * * *", 2, 4)
    spec = spec_of(**SCALED, schedules=(night,))
    made(aws, spec)

    aws.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/chat/variant/AllTraffic",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=2,
        MaxCapacity=4,
    )

    assert live.differences(spec) == ()


def test_what_may_not_be_read_is_an_error_and_no_difference(aws, live):
    made(aws, spec_of())
    aws.faults.append(denied("DescribeEndpointConfig"))

    with pytest.raises(NoPermission) as told:
        live.differences(spec_of())

    assert "sagemaker:DescribeEndpointConfig" in told.value.message
    assert told.value.exit_code == 10


def test_another_license_or_owner_is_no_difference(aws, live):
    made(aws, spec_of())

    assert live.differences(replace(spec_of(), owner="others", usd_per_hour=3.0)) == ()
