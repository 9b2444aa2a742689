"""The resources of SageMaker endpoints as a whole, and what each option changes in them."""

import json
import re
from dataclasses import replace

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.sagemaker.declared import READY, declared, only, spec_of, variant
from infra.sagemaker.declared_goldens import GOLDEN, SPECS, text_of
from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.hardware_tables import load_accelerators, load_instance_types
from llamactl_infra.clouds.aws.disks import disk_of
from llamactl_infra.clouds.aws.names import content_name, is_name, role_name
from llamactl_infra.clouds.aws.schedules import cron_expression
from llamactl_infra.spec import SageMakerSpec, Schedule

TYPES = [each for each in load_instance_types(load_accelerators()) if each.cloud == "aws"]
NAMES = st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,40}", fullmatch=True)


@pytest.mark.parametrize("name", SPECS)
def test_the_declared_resources_are_those_on_record(name):
    assert text_of(SPECS[name]) == (GOLDEN / f"{name}.json").read_text()


@pytest.mark.parametrize("name", SPECS)
def test_every_resource_that_takes_tags_has_them(name):
    resources, _ = declared(SPECS[name])
    without = {"Policy", "RolePolicy", "Dashboard", "ScheduledAction", "Endpoint", "aws"} | {
        "EndpointVerification",
        "EndpointLifecycle",
    }

    untagged = {
        typ.rpartition(":")[2]
        for typ, _, inputs in resources
        if inputs.get("tags", {}).get("llamactl:stack") != "dev"
    }

    assert untagged <= without
    assert only([each for each in resources if "sagemaker" in each[0]], "Endpoint")["tags"]


@given(NAMES, st.text())
def test_names_of_content_are_names(name, content):
    made = content_name(name * 2, content)

    assert is_name(made)
    assert made == content_name(name * 2, content)


@given(NAMES, st.sampled_from(["us-east-1", "ap-southeast-1"]))
def test_names_of_roles_are_as_iam_takes_them(name, region):
    assert re.fullmatch(r"[\w+=,.@-]{1,64}", role_name(name * 2, region))


@given(
    st.sampled_from([each.name for each in TYPES]),
    st.integers(min_value=10**9, max_value=390 * 10**9),
)
@settings(max_examples=30, deadline=None)
def test_no_volume_is_asked_for_where_there_is_a_disk_and_the_host_is_always_named(of, size):
    own = SageMakerSpec(volume_gb=100) if "inf2" not in of and "trn" not in of else None
    ami = SageMakerSpec(inference_ami="al2-ami-sagemaker-inference-neuron-2")
    told = spec_of(instance_type=of, weights_bytes=size, sagemaker=own or ami)

    one = variant(declared(told)[0])

    assert ("volumeSizeInGb" in one) == (disk_of(of) == "volume")
    assert one["inferenceAmiVersion"]


def test_the_rule_of_disks_agrees_with_the_table():
    told = {each.name: each.disk_bytes is not None for each in TYPES}

    assert {name: disk_of(name) == "own" for name in told} == told


def configuration_name(spec):
    return only(declared(spec)[0], "EndpointConfiguration")["name"]


def test_what_is_verified_is_the_configuration_that_is_declared():
    made, _ = declared(spec_of())

    configuration = only(made, "EndpointConfiguration")["name"]
    assert only(made, "EndpointVerification")["configuration"] == configuration


CHANGES = {
    "instances": {"instances": 3},
    "instance_type": {"instance_type": "ml.g5.4xlarge"},
    "image": {"image": READY},
    "environment": {"environment": {"MAX_INPUT_TOKENS": "1"}},
    "weights_uri": {"weights_uri": "s3://weights/other/"},
    "health_timeout_s": {"health_timeout_s": 700},
    "isolation": {"sagemaker": SageMakerSpec(network_isolation=True)},
    "capture": {"sagemaker": SageMakerSpec(capture_uri="s3://captured/x")},
}
SAME = {
    "owner": {"owner": "jane"},
    "tags": {"tags": {"a": "b"}},
    "log_days": {"log_days": 7},
    "scaling": {"max_instances": 4},
    "price": {"usd_per_hour": 2.0},
    "alarms": {"alarms": False},
}


@pytest.mark.parametrize("what", CHANGES)
def test_other_content_is_another_configuration(what):
    assert configuration_name(spec_of(**CHANGES[what])) != configuration_name(spec_of())


@pytest.mark.parametrize("what", SAME)
def test_what_is_no_content_leaves_the_configuration(what):
    assert configuration_name(spec_of(**SAME[what])) == configuration_name(spec_of())


def test_the_role_reads_the_weights_and_pulls_the_image_and_nothing_else_of_theirs():
    policy = json.loads(only(declared(spec_of())[0], "RolePolicy")["policy"])
    told = {each["Sid"]: each["Resource"] for each in policy["Statement"]}

    assert told["ReadWeights"] == "arn:aws:s3:::weights/llama-2-7b-chat/*"
    assert told["PullImage"] == "arn:aws:ecr:us-east-1:111122223333:repository/llamactl/tgi"
    assert {sid for sid, resource in told.items() if resource == "*"} == {
        "LogInToRegistry",
        "PutMetrics",
    }


def test_a_given_role_is_used_and_none_is_made():
    role = "arn:aws:iam::111122223333:role/given"
    resources, _ = declared(spec_of(sagemaker=SageMakerSpec(execution_role=role)))

    assert only(resources, "Model")["executionRoleArn"] == role
    assert not [typ for typ, _, _ in resources if ":iam/" in typ]


def test_china_and_the_government_have_names_of_their_own():
    image = f"111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/tgi@sha256:{'ab' * 32}"
    resources, outputs = declared(spec_of(region="cn-north-1", image=image))

    assert outputs["url"].startswith("https://runtime.sagemaker.cn-north-1.amazonaws.com.cn/")
    assert "arn:aws-cn:ecr:cn-north-1" in only(resources, "RolePolicy")["policy"]


WRONG = {
    "name": ({"name": "a_b"}, "name: 'a_b' is no name there"),
    "region": ({"region": None}, "region: is missing"),
    "tag": ({"image": READY.partition("@")[0].replace("3.3.6", "9.9.9")}, "has no digest"),
    "elsewhere": ({"region": "eu-west-1"}, "is in us-east-1"),
    "token": ({"hub_token": "x"}, "llamactl weights stage"),
    "key": ({"environment": {"API_KEY": "x"}}, "locks it out"),
    "shards": ({"num_shard": None}, "counts GPUs wrongly"),
    "one instance": ({"update": "canary"}, "there is 1"),
    "days": ({"log_days": 31}, "log_days: 31 is not one of"),
    "isolation": (
        {"weights_uri": None, "sagemaker": SageMakerSpec(network_isolation=True)},
        "network_isolation",
    ),
    "eula": ({"weights_uri": "s3://jumpstart-private-cache-prod-us-east-1/a/"}, "accept_eula"),
    "network": ({"sagemaker": SageMakerSpec(subnets=("a",))}, "security_groups"),
    "owner": ({"owner": "Jane <jane>"}, "signs beyond"),
    "long start": (
        {"health_timeout_s": 99999},
        "99999 s, and SageMaker takes 60 to 3600 s (ContainerStartupHealthCheckTimeoutInSeconds)",
    ),
    "short start": ({"health_timeout_s": 59}, "59 s, and SageMaker takes 60 to 3600 s"),
    "long download": ({"download_timeout_s": 3601}, "download_timeout_s: 3601 s, and SageMaker"),
    "long bake": (
        {"sagemaker": SageMakerSpec(bake_s=3601)},
        "sagemaker.bake_s: 3601, and SageMaker takes at most 3600 (WaitIntervalInSeconds)",
    ),
    "long keep": ({"sagemaker": SageMakerSpec(keep_old_s=3601)}, "(TerminationWaitInSeconds)"),
    "async": (
        {"sagemaker": SageMakerSpec(async_output_uri="s3://a/b/", async_concurrency=1001)},
        "sagemaker.async_concurrency: 1001, and SageMaker takes at most 1000",
    ),
    "volume": ({"sagemaker": SageMakerSpec(volume_gb=513)}, "sagemaker.volume_gb: 513, and"),
    "weights": (
        {"weights_bytes": 450 * 10**9, "instance_type": "ml.p3.16xlarge"},
        "a volume for them, in GB: 580, and SageMaker takes at most 512 (VolumeSizeInGB)",
    ),
    "counts": (
        {"instances": 5, "min_instances": 1, "max_instances": 3},
        "instances: 5 is not within",
    ),
    "schedule": (
        {"schedules": (Schedule("day", "0 8 * * *", 3, 2),)},
        "schedules: day has min_instances 3, above its max_instances, 2",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_sagemaker_would_refuse_is_told_before(what):
    changes, words = WRONG[what]

    with pytest.raises(InvalidFile) as error:
        declared(spec_of(**changes))

    assert words in str(error.value)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(InvalidFile) as error:
        declared(replace(spec_of(), name="a_b", region=None, num_shard=None))

    assert len(error.value.problems) == 3


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        ("0 20 * * 1-5", "cron(0 20 ? * 2-6 *)"),
        ("30 6 * * *", "cron(30 6 * * ? *)"),
        ("0 0 1 * *", "cron(0 0 1 * ? *)"),
        ("0 0 * * 0,6", "cron(0 0 ? * 1,7 *)"),
        ("0 0 * * MON", "cron(0 0 ? * MON *)"),
        ("0 0 1 * 1", None),
        ("0 0 * *", None),
        ("0 0 * * $", None),
    ],
)
def test_times_are_written_as_the_service_has_them(cron, told):
    assert cron_expression(cron) == told
