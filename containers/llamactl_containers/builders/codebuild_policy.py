"""What whoever builds and pushes images in AWS must be allowed, as policies to grant.

Sources: the calls of these modules, recorded by the tests; Service Authorization Reference, read
2026-10-27.
"""

from typing import Any

from llamactl_containers.builders.codebuild_setup import LOG_GROUP, PROJECT


def pushing_policy() -> dict[str, Any]:
    """Give what `image push` and a build on this machine need; ACCOUNT stands for the account."""
    return _policy(_LOG_IN, _REPOSITORIES)


def building_policy() -> dict[str, Any]:
    """Give what `image build --remote` needs, where bucket, role and project are there."""
    return _policy(_LOG_IN, _REPOSITORIES, _BUILDS, _CONTEXTS, _BUCKET, _ROLES, _PASS, _LOGS)


def first_build_policy() -> dict[str, Any]:
    """Give what the first build of each repository needs beyond that: it makes roles.

    An administrator's: who may make roles and pass them may do whatever these may do.
    """
    return _policy(_MAKE_ROLES, _MAKE_PROJECT, _MAKE_BUCKET)


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(name: str, resource: str, *actions: str) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Resource": resource, "Action": list(actions)}


_LOG_IN = _allow("LogIn", "*", "ecr:GetAuthorizationToken", "sts:GetCallerIdentity")
_REPOSITORIES = _allow(
    "Repositories",
    "arn:aws:ecr:*:ACCOUNT:repository/*",
    "ecr:DescribeRepositories",
    "ecr:CreateRepository",
    "ecr:TagResource",
    "ecr:DescribeImages",
    "ecr:BatchDeleteImage",
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
)
_PROJECTS = f"arn:aws:codebuild:*:ACCOUNT:project/{PROJECT}"
_BUILDS = _allow(
    "Builds",
    _PROJECTS,
    "codebuild:BatchGetProjects",
    "codebuild:StartBuild",
    "codebuild:StopBuild",
    "codebuild:BatchGetBuilds",
)
_MAKE_PROJECT = _allow("MakeProject", _PROJECTS, "codebuild:CreateProject")
_CONTEXTS = _allow(
    "Contexts",
    "arn:aws:s3:::llamactl-build-ACCOUNT-*/contexts/*",
    "s3:PutObject",
    "s3:DeleteObject",
)
_BUILD_BUCKET = "arn:aws:s3:::llamactl-build-ACCOUNT-*"
_BUCKET = _allow(
    "Bucket",
    _BUILD_BUCKET,
    "s3:ListBucket",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
)
_MAKE_BUCKET = _allow(
    "MakeBucket",
    _BUILD_BUCKET,
    "s3:CreateBucket",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
)
_BUILD_ROLES = f"arn:aws:iam::ACCOUNT:role/{PROJECT}-*"
_ROLES = _allow("Roles", _BUILD_ROLES, "iam:GetRole", "iam:GetRolePolicy")
_MAKE_ROLES = _allow(
    "MakeRoles", _BUILD_ROLES, "iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy"
)
_PASS = {
    **_allow("PassRole", _BUILD_ROLES, "iam:PassRole"),
    "Condition": {"StringEquals": {"iam:PassedToService": "codebuild.amazonaws.com"}},
}
_LOGS = _allow("Logs", f"arn:aws:logs:*:ACCOUNT:log-group:{LOG_GROUP}:*", "logs:GetLogEvents")
