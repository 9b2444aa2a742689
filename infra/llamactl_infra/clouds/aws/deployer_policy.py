"""What whoever deploys must be allowed: the policy to grant, and what of it a spec needs.

Composed from the calls that the resources make; AWS publishes no such policy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, assert_never

from llamactl_infra.clouds.aws.asked import Asked
from llamactl_infra.clouds.aws.bounds import scales
from llamactl_infra.clouds.aws.model_content import model_name
from llamactl_infra.clouds.aws.names import log_group_name
from llamactl_infra.clouds.aws.places import partition

Need = Literal["always", "role", "scaling", "no"]


@dataclass(frozen=True, slots=True)
class Part:
    """Actions on one kind of resource, and what of a spec needs them.

    In `resource`, `{account}` and the like stand for what a deployment's own are called. "no": it
    goes without, and only what can be told beforehand is less.
    """

    resource: str
    actions: tuple[str, ...]
    need: Need = "always"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the policy; `context` is what a request says of itself, by its key."""

    name: str
    parts: tuple[Part, ...]
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Needed:
    """What one deployment asks for: actions on a resource, with what the request says."""

    resource: str
    actions: tuple[str, ...]
    context: Mapping[str, str]


_TAGGED = ("sagemaker:AddTags", "sagemaker:DeleteTags", "sagemaker:ListTags")
_SAGEMAKER = "arn:{partition}:sagemaker:{region}:{account}"
_ROLE = "arn:{partition}:iam::{account}:role/{role}"
_GROUP = "arn:{partition}:logs:{region}:{account}:log-group:{group}"

STATEMENTS = (
    Statement(
        "Endpoints",
        (
            Part(
                f"{_SAGEMAKER}:model/{{content}}",
                (
                    "sagemaker:CreateModel",
                    "sagemaker:DescribeModel",
                    "sagemaker:DeleteModel",
                    *_TAGGED,
                ),
            ),
            Part(
                f"{_SAGEMAKER}:endpoint-config/{{content}}",
                (
                    "sagemaker:CreateEndpointConfig",
                    "sagemaker:DescribeEndpointConfig",
                    "sagemaker:DeleteEndpointConfig",
                    *_TAGGED,
                ),
            ),
            Part(
                f"{_SAGEMAKER}:endpoint/{{endpoint}}",
                (
                    "sagemaker:CreateEndpoint",
                    "sagemaker:UpdateEndpoint",
                    "sagemaker:DescribeEndpoint",
                    "sagemaker:DeleteEndpoint",
                    "sagemaker:InvokeEndpoint",
                    *_TAGGED,
                ),
            ),
            Part(
                f"{_SAGEMAKER}:endpoint/{{endpoint}}",
                ("sagemaker:UpdateEndpointWeightsAndCapacities",),
                "scaling",
            ),
        ),
    ),
    Statement(
        "Roles",
        (
            Part(
                _ROLE,
                (
                    "iam:CreateRole",
                    "iam:GetRole",
                    "iam:UpdateRoleDescription",
                    "iam:UpdateAssumeRolePolicy",
                    "iam:DeleteRole",
                    "iam:TagRole",
                    "iam:UntagRole",
                    "iam:ListRoleTags",
                    "iam:PutRolePolicy",
                    "iam:GetRolePolicy",
                    "iam:DeleteRolePolicy",
                    "iam:ListRolePolicies",
                    "iam:ListAttachedRolePolicies",
                    "iam:ListInstanceProfilesForRole",
                ),
                "role",
            ),
            Part(_ROLE, ("iam:PutRolePermissionsBoundary",), "no"),
        ),
    ),
    Statement(
        "PassRole",
        (Part(_ROLE, ("iam:PassRole",)),),
        {"iam:PassedToService": "sagemaker.amazonaws.com"},
    ),
    Statement(
        "Logs",
        (
            Part(
                _GROUP,
                (
                    "logs:CreateLogGroup",
                    "logs:DeleteLogGroup",
                    "logs:PutRetentionPolicy",
                    "logs:TagResource",
                    "logs:UntagResource",
                    "logs:ListTagsForResource",
                    "logs:FilterLogEvents",
                ),
            ),
        ),
    ),
    Statement(
        "Surroundings",
        (
            Part(
                "*",
                (
                    "logs:DescribeLogGroups",
                    "cloudwatch:PutMetricAlarm",
                    "cloudwatch:DescribeAlarms",
                    "cloudwatch:DeleteAlarms",
                    "cloudwatch:PutDashboard",
                    "cloudwatch:GetDashboard",
                    "cloudwatch:DeleteDashboards",
                    "cloudwatch:TagResource",
                    "cloudwatch:UntagResource",
                    "cloudwatch:ListTagsForResource",
                    "application-autoscaling:DescribeScalableTargets",
                ),
            ),
            Part(
                "*",
                (
                    "application-autoscaling:RegisterScalableTarget",
                    "application-autoscaling:DeregisterScalableTarget",
                    "application-autoscaling:PutScalingPolicy",
                    "application-autoscaling:DescribeScalingPolicies",
                    "application-autoscaling:DeleteScalingPolicy",
                    "application-autoscaling:PutScheduledAction",
                    "application-autoscaling:DescribeScheduledActions",
                    "application-autoscaling:DeleteScheduledAction",
                    "application-autoscaling:TagResource",
                    "application-autoscaling:UntagResource",
                    "application-autoscaling:ListTagsForResource",
                ),
                "scaling",
            ),
        ),
    ),
    Statement(
        "Beforehand",
        (
            Part(
                "*",
                (
                    "sts:GetCallerIdentity",
                    "iam:SimulatePrincipalPolicy",
                    "servicequotas:GetServiceQuota",
                    "servicequotas:GetAWSDefaultServiceQuota",
                    "servicequotas:ListServiceQuotas",
                    "servicequotas:ListAWSDefaultServiceQuotas",
                    "sagemaker:ListEndpoints",
                    "sagemaker:ListEndpointConfigs",
                    "sagemaker:ListModels",
                    "ecr:DescribeImages",
                ),
                "no",
            ),
        ),
    ),
    Statement(
        "ScalingRole",
        (Part("*", ("iam:CreateServiceLinkedRole",), "scaling"),),
        {"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"},
    ),
)

_ANY = {
    "partition": "aws",
    "region": "*",
    "account": "ACCOUNT",
    "content": "*",
    "endpoint": "*",
    "role": "llamactl-*",
    "group": log_group_name("*"),
}


def deployer_policy() -> dict[str, Any]:
    """Give the policy that suffices for every deployment; ACCOUNT stands for the account's id."""
    return {"Version": "2012-10-17", "Statement": [_written(each) for each in STATEMENTS]}


def needed_of(asked: Asked, account: str) -> Iterator[Needed]:
    """Give what a deployment asks for, on resources as it will call them."""
    names = {
        "partition": partition(asked.region),
        "region": asked.region,
        "account": account,
        "content": model_name(asked).lower(),  # a configuration's name is of the same form
        "endpoint": asked.spec.name.lower(),
        "role": asked.role,
        "group": log_group_name(asked.spec.name),
    }
    for statement in STATEMENTS:
        for part in statement.parts:
            if not _is_needed(part.need, asked):
                continue
            given = asked.own.execution_role if part.resource == _ROLE else None
            resource = given if given is not None else part.resource.format_map(names)
            yield Needed(resource, part.actions, statement.context)


def _is_needed(need: Need, asked: Asked) -> bool:
    match need:
        case "always":
            return True
        case "role":
            return asked.own.execution_role is None
        case "scaling":
            return scales(asked.spec)
        case "no":
            return False
        case _:
            assert_never(need)


def _written(statement: Statement) -> dict[str, Any]:
    resources = dict.fromkeys(each.resource.format_map(_ANY) for each in statement.parts)
    actions = dict.fromkeys(action for each in statement.parts for action in each.actions)
    told: dict[str, Any] = {
        "Sid": statement.name,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources) if len(resources) > 1 else next(iter(resources)),
    }
    if statement.context:
        told["Condition"] = {"StringEquals": dict(statement.context)}
    return told
