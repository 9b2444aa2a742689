"""What is still there of a deployment is named, whoever made it."""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.live.aws.making import changed, made, removed
from infra.sagemaker.declared import spec_of
from llamactl_infra.live.cloud import Held
from standins.aws.faults import denied

SCALED = spec_of(min_instances=1, max_instances=3)


def test_of_a_deployment_that_is_there_everything_is_named(aws, live):
    made(aws, SCALED)

    told = live.remains(SCALED, ())

    kinds = [each.partition(" (")[0].rpartition(" ")[0] for each in told]
    assert sorted(kinds) == sorted(
        [
            *["alarm"] * 3,
            *["dashboard", "endpoint", "endpoint configuration", "log group", "model", "role"],
            "scaling target",
        ]
    )


def test_of_one_that_is_gone_nothing_is_named(aws, live):
    made(aws, SCALED)

    removed(aws, SCALED)

    assert live.remains(SCALED, ()) == ()


def test_what_the_state_held_is_looked_for_by_its_id(aws, live):
    made(aws, spec_of(name="another"))

    held = [
        Held("aws:cloudwatch/metricAlarm:MetricAlarm", "llamactl-another-disk"),
        Held("aws:iam/role:Role", "llamactl-another-us-east-1"),
        Held("aws:iam/role:Role", "llamactl-long-gone"),
        Held("pulumi:providers:aws", "0f3a"),
    ]

    told = [each.partition(" (")[0] for each in live.remains(spec_of(), held)]
    assert told == ["alarm llamactl-another-disk", "role llamactl-another-us-east-1"]


def test_a_log_group_that_sagemaker_made_anew_is_named(aws, live):
    made(aws, spec_of())
    removed(aws, spec_of())

    aws.say("chat", "SIGTERM received")

    group = "/aws/sagemaker/Endpoints/chat"
    command = f"aws logs delete-log-group --log-group-name {group} --region us-east-1"
    assert live.remains(spec_of(), ()) == (f"log group {group} ({command})",)


def test_configurations_of_earlier_updates_are_named(aws, live):
    made(aws, spec_of())
    changed(aws, spec_of(instance_type="ml.g5.12xlarge"))

    told = live.remains(spec_of(), ())

    assert len([each for each in told if each.startswith("endpoint configuration ")]) == 2


def test_nothing_of_a_deployment_whose_name_begins_alike_is_named(aws, live):
    made(aws, spec_of(name="chat-two"))

    assert live.remains(spec_of(), ()) == ()


def test_an_endpoint_of_that_name_that_is_anothers_is_not_named(aws, live):
    made(aws, spec_of(name="other"))
    (model,) = aws.client("sagemaker").list_models()["Models"]
    variant = {
        "VariantName": "v",
        "ModelName": model["ModelName"],
        "InstanceType": "ml.g5.2xlarge",
        "InitialInstanceCount": 1,
    }
    client = aws.client("sagemaker")
    client.create_endpoint_config(EndpointConfigName="by-hand", ProductionVariants=[variant])
    client.create_endpoint(EndpointName="chat", EndpointConfigName="by-hand")

    assert live.remains(spec_of(), ()) == ()


@pytest.mark.parametrize("operation", ["DescribeAlarms", "ListModels"])
def test_what_may_not_be_looked_for_is_not_said_to_be_gone(aws, live, operation):
    aws.faults.append(denied(operation))

    told = live.remains(spec_of(), ())

    assert told
    assert all(", perhaps: AWS refuses " in each and operation in each for each in told)
