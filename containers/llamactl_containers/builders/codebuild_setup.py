"""What CodeBuild needs before its first build: a bucket, a role, a project; made once."""

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from llamactl_containers.buckets.s3_bucket import have_bucket, have_set
from llamactl_containers.registries.ecr import EcrAddress, aws_client, told_by_aws

_Answer = TypeVar("_Answer")
PROJECT = "llamactl-image-build"
LOG_GROUP = f"/aws/codebuild/{PROJECT}"
# 16 GiB of memory, 8 vCPUs, 128 GB of disk: room for the base twice over. Sources: botocore's
# `codebuild`; CodeBuild user guide, "Build environment compute types", read 2026-11.
_COMPUTE = "BUILD_GENERAL1_LARGE"
_IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
_TIMEOUT_MINUTES = 120
_KEEP_CONTEXTS_DAYS = 1
_TAGS = [{"key": "llamactl", "value": "image-build"}]
_POLICY = "build"
_DIGITS = 10
_ROLE_ATTEMPTS = 10  # a role made a moment ago cannot be assumed for up to half a minute
_ROLE_PAUSE_S = 4.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where contexts are sent, whose it is, and the role that a build runs under."""

    account: str
    bucket: str
    role: str = ""


def have_project(address: EcrAddress, repository: str) -> Place:
    """Make the bucket, the role and the project where they are missing.

    Each repository has a role of its own, which pushes there and nowhere else; a build is started
    with that of its target.

    Raises:
        NoPermission: these credentials may not.
    """
    with told_by_aws("sts:GetCallerIdentity"):
        identity = aws_client("sts", address.region).get_caller_identity()
    account, partition = str(identity["Account"]), str(identity["Arn"]).split(":")[1]
    place = Place(account, f"llamactl-build-{account}-{address.region}")
    _have_bucket(place, address.region)
    place = replace(place, role=_have_role(place, address, partition, repository))
    _have_project(place, place.role, address.region)
    return place


def role_name(region: str, repository: str) -> str:
    """Name the role of a repository's builds: roles are of an account, and have 64 characters."""
    digest = hashlib.sha256(f"{region}/{repository}".encode()).hexdigest()[:_DIGITS]
    return f"{PROJECT}-{region}-{digest}"


def _have_bucket(place: Place, region: str) -> None:
    client = aws_client("s3", region)
    own = {"Bucket": place.bucket, "ExpectedBucketOwner": place.account}
    rule = {
        "ID": "contexts",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": _KEEP_CONTEXTS_DAYS},
    }
    with told_by_aws("s3:CreateBucket"):
        have_bucket(client, place.bucket, region, place.account)
        have_set(
            lambda: client.get_bucket_lifecycle_configuration(**own),
            lambda: client.put_bucket_lifecycle_configuration(
                **own, LifecycleConfiguration={"Rules": [rule]}
            ),
        )


def _have_role(place: Place, address: EcrAddress, partition: str, repository: str) -> str:
    """Have the role with its policy; where both are as they should be, nothing is written."""
    client = aws_client("iam", address.region)
    name = role_name(address.region, repository)
    policy = role_policy(place, address, partition, repository)
    with told_by_aws("iam:CreateRole"):
        try:
            arn = client.get_role(RoleName=name)["Role"]["Arn"]
        except client.exceptions.NoSuchEntityException:
            made = client.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=json.dumps(trust_policy(place, address, partition)),
                Description=f"llamactl: builds images and pushes them to {repository}"[:1000],
                Tags=[{"Key": each["key"], "Value": each["value"]} for each in _TAGS],
            )
            arn = made["Role"]["Arn"]
        if _policy_of(client, name) != policy:
            document = json.dumps(policy)
            client.put_role_policy(RoleName=name, PolicyName=_POLICY, PolicyDocument=document)
    return str(arn)


def _policy_of(client: Any, role: str) -> dict[str, Any] | None:
    try:
        told = client.get_role_policy(RoleName=role, PolicyName=_POLICY)["PolicyDocument"]
    except client.exceptions.NoSuchEntityException:
        return None
    found: dict[str, Any] = told
    return found


def trust_policy(place: Place, address: EcrAddress, partition: str) -> dict[str, Any]:
    """Give who may assume a build's role: CodeBuild, for this project of this account alone.

    Source: CodeBuild user guide, "Cross-service confused deputy prevention".
    """
    project = f"arn:{partition}:codebuild:{address.region}:{place.account}:project/{PROJECT}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "codebuild.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": place.account, "aws:SourceArn": project}
        },
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def role_policy(
    place: Place, address: EcrAddress, partition: str, repository: str
) -> dict[str, Any]:
    """Give what a build may do: read its context, log, push to its repository; nothing else."""
    logs = f"arn:{partition}:logs:{address.region}:{place.account}:log-group:{LOG_GROUP}"
    target = f"arn:{partition}:ecr:{address.region}:{address.account}:repository/{repository}"
    contexts = f"arn:{partition}:s3:::{place.bucket}/contexts/*"
    push = (
        "BatchCheckLayerAvailability",
        "BatchGetImage",
        "CompleteLayerUpload",
        "GetDownloadUrlForLayer",
        "InitiateLayerUpload",
        "PutImage",
        "UploadLayerPart",
    )
    allowed: list[tuple[list[str], list[str]]] = [
        (["s3:GetObject", "s3:GetObjectVersion"], [contexts]),
        (
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            [logs, f"{logs}:*"],
        ),
        (["ecr:GetAuthorizationToken"], ["*"]),
        ([f"ecr:{each}" for each in push], [target]),
    ]
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": resources}
        for actions, resources in allowed
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _have_project(place: Place, role: str, region: str) -> None:
    client = aws_client("codebuild", region)
    with told_by_aws("codebuild:CreateProject"):
        if client.batch_get_projects(names=[PROJECT])["projects"]:
            return
        with_new_role(client, lambda: _create_project(client, place, role))


def with_new_role(client: Any, ask: Callable[[], _Answer]) -> _Answer:
    """Ask CodeBuild for what needs a role, again while it cannot assume one that is new.

    Raises:
        ClientError: it is refused, or the role cannot be assumed after all.
    """
    for attempt in range(_ROLE_ATTEMPTS):
        try:
            return ask()
        except client.exceptions.InvalidInputException as error:
            if "AssumeRole" not in str(error) or attempt + 1 == _ROLE_ATTEMPTS:
                raise
            time.sleep(_ROLE_PAUSE_S)
    raise AssertionError


def _create_project(client: Any, place: Place, role: str) -> None:
    source = {"type": "S3", "location": f"{place.bucket}/contexts/none.zip"}
    # Docker runs inside the build's own container, which takes privileged mode.
    environment = {
        "type": "LINUX_CONTAINER",
        "image": _IMAGE,
        "computeType": _COMPUTE,
        "privilegedMode": True,
    }
    with suppress(client.exceptions.ResourceAlreadyExistsException):
        client.create_project(
            name=PROJECT,
            description="llamactl: builds the images of llamactl image build --remote",
            source={**source, "buildspec": "version: 0.2\nphases: {}\n"},
            artifacts={"type": "NO_ARTIFACTS"},
            environment=environment,
            serviceRole=role,
            timeoutInMinutes=_TIMEOUT_MINUTES,
            tags=_TAGS,
        )
