"""What the program declares and what is asked of AWS, by the documented policy and no other."""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
import boto3

from infra.live.aws.checked import found
from infra.live.aws.test_policy import BOUNDARY, granted
from infra.sagemaker.creation import Creator
from infra.sagemaker.declared import declared, spec_of
from llamactl_catalog.errors import NoPermission
from llamactl_infra.spec import SageMakerSpec, Schedule
from standins.aws import ACCOUNT
from standins.aws.translation import removal

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
