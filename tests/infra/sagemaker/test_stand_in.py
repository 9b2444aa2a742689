"""The stand-in of an AWS account refuses what AWS refuses; its endpoints live as SageMaker's do."""

import pytest

from standins.aws import Aws
from standins.aws.faults import failed_health, slow_end, slow_start, taken_back, throttled

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tgi:3"
ROLE = "arn:aws:iam::123456789012:role/llamactl"
TYPE = "ml.g5.2xlarge"


@pytest.fixture
def aws():
    with Aws() as account:
        account.endpoints.delay_s = 0
        yield account


@pytest.fixture
def sagemaker(aws):
    """SageMaker with a model, and configurations for one instance and for two."""
    client = aws.client("sagemaker")
    client.create_model(
        ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}, Tags=[]
    )
    for name, count in (("one", 1), ("two", 2)):
        variant = {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": TYPE}
        variant["InitialInstanceCount"] = count
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    return client


def endpoint(sagemaker):
    return sagemaker.describe_endpoint(EndpointName="chat")


def test_what_the_services_own_model_does_not_allow_is_refused_and_kept(aws, sagemaker):
    with pytest.raises(sagemaker.exceptions.ClientError, match="does not fit"):
        sagemaker.create_endpoint(EndpointName="no_underscores", EndpointConfigName="one")

    assert len(aws.problems) == 1


def test_an_endpoint_is_made_as_often_as_it_is_looked_at(aws, sagemaker):
    aws.faults.append(slow_start(steps=2))

    sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="one")

    states = [endpoint(sagemaker)["EndpointStatus"] for _ in range(3)]
    assert states == ["Creating", "Creating", "InService"]


def test_a_quota_is_told_and_enforced_and_an_update_needs_both_fleets(aws, sagemaker):
    aws.quotas[TYPE] = 2
    sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="one")
    endpoint(sagemaker)

    with pytest.raises(sagemaker.exceptions.ResourceLimitExceeded, match="is 2 Instances, with"):
        sagemaker.update_endpoint(EndpointName="chat", EndpointConfigName="two")
    quotas = aws.client("service-quotas")
    told = quotas.get_service_quota(ServiceCode="sagemaker", QuotaCode="L-9614C779")
    assert told["Quota"]["Value"] == 2


def test_an_update_that_fails_goes_back_and_says_that_all_is_in_service(aws, sagemaker):
    sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="one")
    endpoint(sagemaker)
    aws.faults.append(taken_back())

    sagemaker.update_endpoint(EndpointName="chat", EndpointConfigName="two")

    found = endpoint(sagemaker)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "one")


def test_one_is_seen_to_be_taken_back_where_it_takes_a_while(aws, sagemaker):
    sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="one")
    endpoint(sagemaker)
    aws.faults.append(taken_back(back_s=3600))

    sagemaker.update_endpoint(EndpointName="chat", EndpointConfigName="two")

    found = endpoint(sagemaker)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("RollingBack", "one")


def test_an_update_is_refused_where_the_configuration_in_force_is_gone(aws, sagemaker):
    sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="one")
    endpoint(sagemaker)
    sagemaker.delete_endpoint_config(EndpointConfigName="one")

    with pytest.raises(sagemaker.exceptions.ClientError, match="Could not find endpoint config"):
        sagemaker.update_endpoint(EndpointName="chat", EndpointConfigName="two")
    assert aws.problems == ["configuration one was deleted while chat needs it"]


def test_an_endpoint_at_work_takes_no_deletion_and_one_at_rest_is_deleting_for_a_while(
    aws, sagemaker
):
    aws.faults += [slow_start(steps=1), slow_end(delay_s=3600, times=2)]
    sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="one")

    with pytest.raises(sagemaker.exceptions.ClientError, match="in-progress"):
        sagemaker.delete_endpoint(EndpointName="chat")
    endpoint(sagemaker)
    endpoint(sagemaker)
    sagemaker.delete_endpoint(EndpointName="chat")
    assert endpoint(sagemaker)["EndpointStatus"] == "Deleting"


def test_a_target_keeps_its_type_and_goes_with_its_endpoint_and_its_rules(aws, sagemaker):
    scaling = aws.client("application-autoscaling")
    of = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/chat/variant/AllTraffic"}
    of["ScalableDimension"] = "sagemaker:variant:DesiredInstanceCount"
    with pytest.raises(scaling.exceptions.ClientError, match="is not in service"):
        scaling.register_scalable_target(**of, MinCapacity=1, MaxCapacity=2)
    sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="one")
    endpoint(sagemaker)
    scaling.register_scalable_target(**of, MinCapacity=1, MaxCapacity=2)
    variant = {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": "ml.g5.12xlarge"}
    variant["InitialInstanceCount"] = 1
    sagemaker.create_endpoint_config(EndpointConfigName="big", ProductionVariants=[variant])

    with pytest.raises(sagemaker.exceptions.ClientError, match="must be deregistered"):
        sagemaker.update_endpoint(EndpointName="chat", EndpointConfigName="big")
    sagemaker.delete_endpoint(EndpointName="chat")
    assert not [each for each in aws.everything() if each.startswith("scalable target")]


def test_an_endpoint_that_failed_has_its_log_and_takes_no_update(aws, sagemaker):
    aws.faults.append(failed_health(["CUDA out of memory"]))
    sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="one")
    assert endpoint(sagemaker)["EndpointStatus"] == "Failed"

    with pytest.raises(sagemaker.exceptions.ClientError, match="Failed"):
        sagemaker.update_endpoint(EndpointName="chat", EndpointConfigName="two")
    group = "/aws/sagemaker/Endpoints/chat"
    events = aws.client("logs").filter_log_events(logGroupName=group)["events"]
    assert [each["message"] for each in events] == ["CUDA out of memory"]


def test_a_call_that_is_slowed_down_goes_well_when_it_is_made_again(aws, sagemaker):
    aws.faults.append(throttled("ListModels"))

    assert [each["ModelName"] for each in sagemaker.list_models()["Models"]] == ["m"]
    assert aws.operations().count("ListModels") == 2
