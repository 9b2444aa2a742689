"""The policies that the documentation tells: those of the code, within IAM's rules and limits."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from infra.sagemaker.declared import spec_of
from llamactl_infra.clouds.aws.deployer_policy import BOUNDARY_NAME, deployer_policy
from llamactl_infra.clouds.aws.deployer_statements import Variant
from llamactl_infra.clouds.aws.policies import boundary_policy, execution_policy
from llamactl_infra.spec import SageMakerSpec
from standins.aws import ACCOUNT
from standins.aws.authorization import Authorization
from standins.aws.evaluation import conditions, is_allowed, statements, supported

DOCUMENTATION = Path(__file__).parents[4] / "docs" / "aws.md"
MOST_CHARACTERS = 6144
"""Of a managed policy, without white space. Source: IAM user guide, "IAM and STS quotas"."""

VARIANTS = get_args(Variant)
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/{BOUNDARY_NAME}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/llamactl-chat-us-east-1"


def granted(variant):
    """The policy as someone grants it: with the account's id in it."""
    return json.loads(json.dumps(deployer_policy(variant)).replace("ACCOUNT", ACCOUNT))


def documented():
    """Every JSON block of the documentation that is a policy or a statement of one."""
    blocks = re.findall(r"```json\n(.+?)\n```", DOCUMENTATION.read_text("utf-8"), re.DOTALL)
    return [json.loads(each) for each in blocks]


def statement(variant, name):
    return next(each for each in deployer_policy(variant)["Statement"] if each["Sid"] == name)


def test_the_documented_policy_is_that_of_the_code():
    assert deployer_policy() in documented()


@pytest.mark.parametrize(("variant", "name"), [("unbounded", "Roles"), ("given role", "PassRole")])
def test_where_another_variant_differs_the_documentation_has_that_statement(variant, name):
    assert statement(variant, name) in documented()


def test_the_variants_differ_in_their_roles_alone():
    sids = {each: {told["Sid"] for told in deployer_policy(each)["Statement"]} for each in VARIANTS}

    assert sids["unbounded"] == sids["bounded"]
    assert sids["bounded"] - sids["given role"] == {"Roles", "RolesToo"}


@pytest.mark.parametrize("variant", VARIANTS)
def test_one_managed_policy_has_room_for_it(variant):
    assert len(json.dumps(granted(variant), separators=(",", ":"))) <= MOST_CHARACTERS


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_action_is_there_and_knows_the_keys_of_its_conditions(variant):
    """A key that an action does not know is never in its request: the statement allows nothing."""
    wrong = []
    for told in statements([granted(variant)]):
        for action in told["Action"]:
            _, keys = supported(action)
            known = {each.replace("${TagKey}", "llamactl:deployment") for each in keys}
            wrong += [(action, key) for _, _, key, _ in conditions(told) if key not in known]

    assert wrong == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_action_is_a_pattern_and_what_has_no_resource_stands_apart(variant):
    for told in statements([granted(variant)]):
        assert not [each for each in told["Action"] if "*" in each]
        without = [each for each in told["Action"] if supported(each)[0] == ["*"]]
        assert without == [] or told["Resource"] == "*"


@pytest.mark.parametrize(
    "action",
    ["CreateRole", "PutRolePolicy", "UpdateAssumeRolePolicy", "PutRolePermissionsBoundary"],
)
def test_a_role_without_the_boundary_may_not_be_made_or_changed(action):
    policies = [granted("bounded")]

    without = Authorization(action, f"iam:{action}", ROLE, {})
    another = Authorization(action, f"iam:{action}", ROLE, {"iam:PermissionsBoundary": f"{ROLE}-x"})
    bounded = Authorization(action, f"iam:{action}", ROLE, {"iam:PermissionsBoundary": BOUNDARY})

    assert [is_allowed(policies, each) for each in (without, another, bounded)] == [
        False,
        False,
        True,
    ]


def test_who_must_bound_roles_cannot_take_the_boundary_off():
    taking_off = Authorization(
        "DeleteRolePermissionsBoundary",
        "iam:DeleteRolePermissionsBoundary",
        ROLE,
        {"iam:PermissionsBoundary": BOUNDARY},
    )

    assert not is_allowed([granted("bounded")], taking_off)
    assert is_allowed([granted("unbounded")], taking_off)


def test_with_a_given_role_nothing_of_iam_is_written():
    actions = [
        each for told in deployer_policy("given role")["Statement"] for each in told["Action"]
    ]

    written = [each for each in actions if each.startswith("iam:")]
    assert written == ["iam:PassRole", "iam:CreateServiceLinkedRole", "iam:SimulatePrincipalPolicy"]


@pytest.mark.parametrize(
    "action", ["UpdateEndpoint", "DeleteEndpoint", "InvokeEndpoint", "DeleteTags", "AddTags"]
)
def test_what_llamactl_has_not_made_is_left_alone(action):
    theirs = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/theirs"
    tagged = {"aws:ResourceTag/llamactl:deployment": "chat"}
    marking = {"aws:RequestTag/llamactl:deployment": "chat"}

    policies = [granted("bounded")]
    assert not is_allowed(policies, Authorization(action, f"sagemaker:{action}", theirs, marking))
    assert is_allowed(policies, Authorization(action, f"sagemaker:{action}", theirs, tagged))


def test_the_documented_boundary_is_that_of_the_code_and_bounds_no_endpoint():
    own = SageMakerSpec(
        subnets=("subnet-1",),
        security_groups=("sg-1",),
        kms_key=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
        capture_uri="s3://captured/here",
        async_output_uri="s3://answers/here",
        async_success_topic=f"arn:aws:sns:us-east-1:{ACCOUNT}:done",
    )
    allowed = {each for told in boundary_policy()["Statement"] for each in told["Action"]}

    role = execution_policy(spec_of(sagemaker=own), "us-east-1")

    assert boundary_policy() in documented()
    assert {each for told in role["Statement"] for each in told["Action"]} == allowed
