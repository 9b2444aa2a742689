"""Every permission that a deployment on SageMaker needs, statement by statement.

Sources: the calls that the resources make, recorded by the tests; Service Authorization Reference,
for the resources and the condition keys of each action, read 2026-10-27; Amazon SageMaker AI
developer guide, "API permissions" (KMS grants); Application Auto Scaling user guide,
"Identity-based policy examples" (alarms of target tracking).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from llamactl_infra.clouds.tags import PREFIX

Need = Literal["always", "role", "boundary", "alarms", "scaling", "weights", "key", "no"]
Variant = Literal["bounded", "unbounded", "given role"]

DEPLOYMENT_TAG = f"{PREFIX}deployment"
BOUNDARY = "iam:PermissionsBoundary"
SCALING_NAMESPACE = "application-autoscaling:service-namespace"
SCALING_SERVICE_NAME = "sagemaker.application-autoscaling.amazonaws.com"

Condition = Mapping[str, Mapping[str, str | list[str]]]


@dataclass(frozen=True, slots=True)
class Part:
    """Actions on one kind of resource, and what of a spec needs them.

    In `resource`, `{account}` and the like stand for what a deployment's own are called. "no": a
    deployment goes without, and only what can be told beforehand is less.
    """

    resource: str
    actions: tuple[str, ...]
    need: Need = "always"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the policy, and the variants of the policy that have it."""

    name: str
    parts: tuple[Part, ...]
    condition: Condition = field(default_factory=dict)
    variants: tuple[Variant, ...] = ("bounded", "unbounded", "given role")


ROLE = "arn:{partition}:iam::{account}:role/{role}"
_SAGEMAKER = "arn:{partition}:sagemaker:{region}:{account}"
_MODEL = f"{_SAGEMAKER}:model/{{content}}"
_CONFIGURATION = f"{_SAGEMAKER}:endpoint-config/{{content}}"
_ENDPOINT = f"{_SAGEMAKER}:endpoint/{{endpoint}}"
_GROUP = "arn:{partition}:logs:{region}:{account}:log-group:{group}"
_ALARM = "arn:{partition}:cloudwatch:{region}:{account}:alarm:{alarm}"
_DASHBOARD = "arn:{partition}:cloudwatch::{account}:dashboard/{dashboard}"
_TARGET = "arn:{partition}:application-autoscaling:{region}:{account}:scalable-target/*"
_BUCKET = "arn:{partition}:s3:::sagemaker-{region}-{account}"

_NEW: Condition = {"Null": {f"aws:RequestTag/{DEPLOYMENT_TAG}": "false"}}
_OWN: Condition = {"Null": {f"aws:ResourceTag/{DEPLOYMENT_TAG}": "false"}}
_BOUNDED: Condition = {
    "StringEquals": {BOUNDARY: "arn:{partition}:iam::{account}:policy/{boundary}"}
}

_MAKES_ROLES: tuple[Variant, ...] = ("bounded", "unbounded")
_CHANGES_ROLES = (
    Part(ROLE, ("iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"), "role"),
    Part(ROLE, ("iam:PutRolePermissionsBoundary",), "boundary"),
)

STATEMENTS = (
    Statement(
        "MakeTagged",
        (
            Part(_MODEL, ("sagemaker:CreateModel",)),
            Part(_CONFIGURATION, ("sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint")),
            Part(_ENDPOINT, ("sagemaker:CreateEndpoint",)),
        ),
        _NEW,
    ),
    Statement(
        # A tag can be put on what is being made alone: else whatever is there could be taken over.
        "TagNew",
        tuple(Part(each, ("sagemaker:AddTags",)) for each in (_MODEL, _CONFIGURATION, _ENDPOINT)),
        {
            "StringEquals": {
                "sagemaker:TaggingAction": ["CreateEndpoint", "CreateEndpointConfig", "CreateModel"]
            }
        },
    ),
    Statement(
        "ChangeOwn",
        (
            Part(_MODEL, ("sagemaker:DeleteModel", "sagemaker:AddTags", "sagemaker:DeleteTags")),
            Part(
                _CONFIGURATION,
                (
                    "sagemaker:DeleteEndpointConfig",
                    "sagemaker:UpdateEndpoint",
                    "sagemaker:AddTags",
                    "sagemaker:DeleteTags",
                ),
            ),
            Part(
                _ENDPOINT,
                (
                    "sagemaker:UpdateEndpoint",
                    "sagemaker:DeleteEndpoint",
                    "sagemaker:AddTags",
                    "sagemaker:DeleteTags",
                    "sagemaker:InvokeEndpoint",
                    "sagemaker:InvokeEndpointWithResponseStream",
                ),
            ),
            Part(_ENDPOINT, ("sagemaker:UpdateEndpointWeightsAndCapacities",), "scaling"),
        ),
        _OWN,
    ),
    Statement(
        "Describe",
        (
            Part(_MODEL, ("sagemaker:DescribeModel", "sagemaker:ListTags")),
            Part(_CONFIGURATION, ("sagemaker:DescribeEndpointConfig", "sagemaker:ListTags")),
            Part(_ENDPOINT, ("sagemaker:DescribeEndpoint", "sagemaker:ListTags")),
        ),
    ),
    Statement("Roles", _CHANGES_ROLES, _BOUNDED, ("bounded",)),
    Statement(
        "Roles",
        (*_CHANGES_ROLES, Part(ROLE, ("iam:DeleteRolePermissionsBoundary",), "no")),
        variants=("unbounded",),
    ),
    Statement(
        "RolesToo",
        (
            Part(
                ROLE,
                (
                    "iam:GetRole",
                    "iam:UpdateRoleDescription",
                    "iam:DeleteRole",
                    "iam:TagRole",
                    "iam:UntagRole",
                    "iam:ListRoleTags",
                    "iam:GetRolePolicy",
                    "iam:DeleteRolePolicy",
                    "iam:ListRolePolicies",
                    "iam:ListAttachedRolePolicies",
                    "iam:ListInstanceProfilesForRole",
                ),
                "role",
            ),
        ),
        variants=_MAKES_ROLES,
    ),
    Statement(
        "PassRole",
        (Part(ROLE, ("iam:PassRole",)),),
        {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    ),
    Statement("MakeLogGroup", (Part(_GROUP, ("logs:CreateLogGroup", "logs:TagResource")),), _NEW),
    Statement(
        "OwnLogGroup",
        (
            Part(
                _GROUP,
                (
                    "logs:PutRetentionPolicy",
                    "logs:DeleteLogGroup",
                    "logs:TagResource",
                    "logs:UntagResource",
                ),
            ),
        ),
        _OWN,
    ),
    Statement(
        "ReadLogGroup", (Part(_GROUP, ("logs:FilterLogEvents", "logs:ListTagsForResource")),)
    ),
    Statement(
        "Watch",
        (
            Part(
                _ALARM,
                (
                    "cloudwatch:PutMetricAlarm",
                    "cloudwatch:DeleteAlarms",
                    "cloudwatch:TagResource",
                    "cloudwatch:UntagResource",
                    "cloudwatch:ListTagsForResource",
                ),
                "alarms",
            ),
            Part(
                _DASHBOARD,
                (
                    "cloudwatch:PutDashboard",
                    "cloudwatch:GetDashboard",
                    "cloudwatch:DeleteDashboards",
                ),
            ),
        ),
    ),
    Statement(
        # Target tracking makes alarms of its own, by the permissions of who puts the policy.
        "WatchScaling",
        (
            Part(
                "arn:{partition}:cloudwatch:{region}:{account}:alarm:TargetTracking-endpoint/*",
                ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"),
                "scaling",
            ),
        ),
    ),
    Statement(
        "Scale",
        (
            Part(
                _TARGET,
                (
                    "application-autoscaling:RegisterScalableTarget",
                    "application-autoscaling:DeregisterScalableTarget",
                    "application-autoscaling:PutScalingPolicy",
                    "application-autoscaling:DeleteScalingPolicy",
                    "application-autoscaling:PutScheduledAction",
                    "application-autoscaling:DeleteScheduledAction",
                ),
                "scaling",
            ),
        ),
        {"StringEquals": {SCALING_NAMESPACE: "sagemaker"}},
    ),
    Statement(
        "TagScaling",
        (
            Part(
                _TARGET,
                (
                    "application-autoscaling:TagResource",
                    "application-autoscaling:UntagResource",
                    "application-autoscaling:ListTagsForResource",
                ),
                "scaling",
            ),
        ),
    ),
    Statement(
        "ScalingRole",
        (
            Part(
                f"arn:{{partition}}:iam::{{account}}:role/aws-service-role/{SCALING_SERVICE_NAME}/*",
                ("iam:CreateServiceLinkedRole",),
                "scaling",
            ),
        ),
        {"StringEquals": {"iam:AWSServiceName": SCALING_SERVICE_NAME}},
    ),
    Statement(
        "WeightsBucket",
        (
            Part(
                _BUCKET,
                (
                    "s3:CreateBucket",
                    "s3:ListBucket",
                    "s3:GetBucketPublicAccessBlock",
                    "s3:PutBucketPublicAccessBlock",
                    "s3:GetEncryptionConfiguration",
                    "s3:PutEncryptionConfiguration",
                ),
                "weights",
            ),
        ),
    ),
    Statement(
        "Weights",
        (
            Part(
                f"{_BUCKET}/llamactl/*",
                (
                    "s3:GetObject",
                    "s3:PutObject",
                    "s3:DeleteObject",
                    "s3:AbortMultipartUpload",
                ),
                "weights",
            ),
        ),
    ),
    Statement(
        "Key",
        (Part("{key}", ("kms:DescribeKey", "kms:CreateGrant"), "key"),),
        {"StringLike": {"kms:ViaService": "sagemaker.*.amazonaws.com"}},
    ),
    Statement(
        "Look",
        (
            Part(
                "*",
                (
                    "logs:DescribeLogGroups",
                    "cloudwatch:DescribeAlarms",
                    "application-autoscaling:DescribeScalableTargets",
                ),
            ),
            Part(
                "*",
                (
                    "application-autoscaling:DescribeScalingPolicies",
                    "application-autoscaling:DescribeScheduledActions",
                ),
                "scaling",
            ),
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
                    "ecr:BatchGetImage",
                ),
                "no",
            ),
        ),
    ),
)
