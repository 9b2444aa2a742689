"""What the program declares and what is asked of AWS, by the documented policy and no other."""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from contextlib import suppress

import boto3

from infra.live.aws.checked import found
from infra.live.aws.test_policy import BOUNDARY, ROLE, granted
from infra.sagemaker.creation import Creator
from infra.sagemaker.declared import READY, declared, spec_of
from llamactl_catalog.errors import NoPermission
from llamactl_infra.drafts.default_bucket import have_bucket
from llamactl_infra.spec import SageMakerSpec, Schedule
from standins.aws import ACCOUNT
from standins.aws.evaluation import statements
from standins.aws.translation import Request, change, removal, snake

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234"
WHOLE = spec_of(
    instance_type="ml.p3.2xlarge",
    image=f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/llamactl/tgi@sha256:{'ab' * 32}",
    weights_uri=f"s3://sagemaker-us-east-1-{ACCOUNT}/llamactl/llama-2-7b-chat/x/",
    min_instances=1,
    max_instances=3,
    schedules=(Schedule("day", "0 8 * * 1-5", 1, 3),),
    sagemaker=SageMakerSpec(account=ACCOUNT, permissions_boundary=BOUNDARY, kms_key=KEY),
)


class Signed(Creator):
    """Makes what is declared with the deployer's own credentials."""

    def client(self, service):
        return boto3.client(service)


@pytest.fixture
def deployer(aws):
    aws.policies.granted = [granted("bounded")]
    return aws


def test_all_that_is_declared_may_be_made_watched_and_looked_for(deployer, live):
    declared(WHOLE, Signed(deployer))
    while live.endpoint(WHOLE).state == "creating":
        pass

    left = live.remains(WHOLE, ())
    list(live.log(WHOLE, tail=1, follow=False))

    assert live.endpoint(WHOLE).state == "running"
    assert not [each for each in left if "perhaps" in each]
    used = {each.action for each in deployer.authorizations}
    assert {"kms:CreateGrant", "kms:DescribeKey", "iam:PassRole", "sagemaker:AddTags"} <= used


def test_the_role_that_is_made_trusts_sagemaker_for_this_account_and_region_alone(aws):
    declared(WHOLE, Creator(aws))

    role = aws.client("iam").get_role(RoleName="llamactl-chat-us-east-1")["Role"]

    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:*"},
    }


def test_a_check_finds_the_policy_enough(deployer, live):
    assert found(live, WHOLE)["permissions"].state == "ok"


def test_a_check_says_that_a_boundary_is_missing_and_how_to_name_it(deployer, live):
    told = found(live, spec_of())["permissions"]

    assert isinstance(told.error, NoPermission)
    assert "without a permissions boundary: iam:CreateRole" in told.text
    assert "--set sagemaker.permissions_boundary=" in told.error.hint


def test_a_check_of_an_update_that_takes_the_boundary_off_says_that_it_is_refused(deployer, live):
    told = found(live, spec_of(), WHOLE)["permissions"]

    assert isinstance(told.error, NoPermission)


def test_with_a_given_role_the_third_variant_is_enough(aws, live):
    role = f"arn:aws:iam::{ACCOUNT}:role/ROLE"
    aws.policies.granted = [granted("given role")]
    given = spec_of(sagemaker=SageMakerSpec(execution_role=role))

    declared(given, Signed(aws))

    assert found(live, given)["permissions"].state == "ok"
    written = [each for each in aws.operations() if each in {"CreateRole", "PutRolePolicy"}]
    assert written == []


def test_the_endpoint_of_others_may_not_be_deleted(deployer, live):
    declared(WHOLE, Signed(deployer))
    theirs = deployer.client("sagemaker")
    arn = theirs.describe_endpoint(EndpointName="chat")["EndpointArn"]
    theirs.delete_tags(ResourceArn=arn, TagKeys=["llamactl:deployment"])
    request = removal("endpoint", {"name": "chat"})

    with pytest.raises(Exception, match="not authorized to perform: sagemaker:DeleteEndpoint"):
        boto3.client("sagemaker").delete_endpoint(**request.parameters)


# What no request here needs, and why the policy has it all the same.
_DRIFT = "the provider reads it after each change"
_DELETING = "the provider asks before it deletes a role"
_SCALING = "scaling acts in the name of whoever registered the target: its user guide"
_ONE_OF_FOUR = "asked where the catalog has no code of a type's quota, or there is no applied value"
UNASKED = {
    "iam:ListRoleTags": _DRIFT,
    "iam:ListRolePolicies": _DRIFT,
    "iam:ListAttachedRolePolicies": _DRIFT,
    "iam:ListInstanceProfilesForRole": _DELETING,
    "iam:UpdateRoleDescription": "a later release may describe the role in other words",
    "cloudwatch:ListTagsForResource": _DRIFT,
    "application-autoscaling:ListTagsForResource": _DRIFT,
    "application-autoscaling:DescribeScalingPolicies": _DRIFT,
    "application-autoscaling:DescribeScheduledActions": _DRIFT,
    "application-autoscaling:UntagResource": "as for other tags; moto knows no such request",
    "sagemaker:UpdateEndpointWeightsAndCapacities": _SCALING,
    "sagemaker:InvokeEndpoint": "of those who ask the endpoint by other clients",
    "servicequotas:GetAWSDefaultServiceQuota": _ONE_OF_FOUR,
    "servicequotas:ListServiceQuotas": _ONE_OF_FOUR,
    "servicequotas:ListAWSDefaultServiceQuotas": _ONE_OF_FOUR,
}
OWNER = {"owner": "someone"}
ENDPOINT = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/chat"
GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/chat"
ALARM = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:llamactl-chat-server-errors"
TARGET = f"arn:aws:application-autoscaling:us-east-1:{ACCOUNT}:scalable-target/0"


def send(*requests):
    """Ask as the provider does, whatever comes of it: what it may is recorded."""
    for each in requests:
        client = boto3.client(each.service)
        with suppress(client.exceptions.ClientError):
            getattr(client, snake(each.operation))(**each.parameters)


def retagged():
    """The requests that change tags, of each service."""
    pairs, keys = [{"Key": "owner", "Value": "someone"}], ["owner"]
    named = {"RoleName": ROLE.rpartition("/")[2]}
    yield Request("sagemaker", "AddTags", {"ResourceArn": ENDPOINT, "Tags": pairs})
    yield Request("sagemaker", "DeleteTags", {"ResourceArn": ENDPOINT, "TagKeys": keys})
    yield Request("iam", "TagRole", {**named, "Tags": pairs})
    yield Request("iam", "UntagRole", {**named, "TagKeys": keys})
    yield Request("logs", "TagResource", {"resourceArn": GROUP, "tags": OWNER})
    yield Request("logs", "UntagResource", {"resourceArn": GROUP, "tagKeys": keys})
    yield Request("cloudwatch", "TagResource", {"ResourceARN": ALARM, "Tags": pairs})
    yield Request("cloudwatch", "UntagResource", {"ResourceARN": ALARM, "TagKeys": keys})
    of_target = {"ResourceARN": TARGET, "Tags": OWNER}
    yield Request("application-autoscaling", "TagResource", of_target)


def changed(spec):
    """The requests of updates: a role of a former release, other content, and then the end."""
    name = ROLE.rpartition("/")[2]
    role = {"name": name, "assumeRolePolicy": "{}", "permissionsBoundary": BOUNDARY}
    yield from change("role", {"name": name}, role)
    yield Request("iam", "GetRole", {"RoleName": name})
    yield Request("iam", "GetRolePolicy", {"RoleName": name, "PolicyName": "endpoint"})
    client = boto3.client("sagemaker")
    configuration = client.describe_endpoint(EndpointName="chat")["EndpointConfigName"]
    model = client.describe_endpoint_config(EndpointConfigName=configuration)
    model = model["ProductionVariants"][0]["ModelName"]
    endpoint = {"name": "chat", "endpointConfigName": configuration}
    yield from change("endpoint", {"name": "chat"}, endpoint)
    yield Request("sagemaker", "ListTags", {"ResourceArn": ENDPOINT})
    yield from retagged()
    scaled = {
        "serviceNamespace": "sagemaker",
        "resourceId": "endpoint/chat/variant/AllTraffic",
        "scalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    yield removal("scheduled_action", {**scaled, "name": "chat-day"})
    yield removal("policy", {**scaled, "name": "chat-concurrency"})
    yield removal("target", scaled)
    yield removal("endpoint_configuration", {"name": configuration})
    yield removal("model", {"name": model})
    yield removal("metric_alarm", {"name": "llamactl-chat-server-errors"})
    yield removal("dashboard", {"dashboardName": "llamactl-chat"})
    yield removal("log_group", {"name": f"/aws/sagemaker/Endpoints/{spec.name}"})
    yield removal("role_policy", {"role": name, "name": "endpoint"})
    yield removal("role", {"name": name})
    yield removal("endpoint", {"name": "chat"})


def staged():
    """What staging asks of S3, one upload being given up."""
    bucket = f"sagemaker-us-east-1-{ACCOUNT}"
    have_bucket(bucket, "us-east-1", ACCOUNT)
    store = boto3.client("s3")
    own = {"Bucket": bucket, "Key": "llamactl/llama-2-7b-chat/x/model"}
    store.put_object(**own, Body=b"x")
    store.get_object(**own)
    upload = store.create_multipart_upload(**own)["UploadId"]
    store.abort_multipart_upload(**own, UploadId=upload)
    store.delete_object(**own)


def test_the_policy_has_nothing_that_is_not_asked_for_or_explained(deployer, live):
    staged()
    declared(WHOLE, Signed(deployer))
    while live.endpoint(WHOLE).state == "creating":
        pass
    list(live.checks(WHOLE))
    list(live.checks(spec_of()))
    live.differences(WHOLE)
    live.image_digest(READY)
    live.remains(WHOLE, ())
    list(live.log(WHOLE, tail=1, follow=False))
    runtime = boto3.client("sagemaker-runtime")
    with suppress(runtime.exceptions.ClientError):
        runtime.invoke_endpoint_with_response_stream(EndpointName="chat", Body=b"{}")
    send(*changed(WHOLE))
    # Every request is sent, in no order that serves: what goes while it is needed is no matter.
    early = [each for each in deployer.problems if "was deleted while" in each]
    deployer.problems[:] = [each for each in deployer.problems if each not in early]

    used = {each.action for each in deployer.authorizations if deployer.policies.allows(each)}
    policy = deployer.policies.granted
    known = {action for each in statements(policy) for action in each["Action"]}
    assert sorted(known - used - UNASKED.keys()) == []
    asked_for = {each for each in UNASKED if UNASKED[each] != _ONE_OF_FOUR} & used
    assert sorted(asked_for) == []
