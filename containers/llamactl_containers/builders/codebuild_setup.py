"""What CodeBuild needs before its first build: a bucket, a role, a project; made once."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from llamactl_containers.registries.ecr import EcrAddress, aws_client, told_by_aws

PROJECT = "llamactl-image-build"
LOG_GROUP = f"/aws/codebuild/{PROJECT}"
# 16 GiB of memory, 8 vCPUs, 128 GB of disk: room for the base twice over. Sources: botocore's
# `codebuild`; CodeBuild user guide, "Build environment compute types", read 2026-11.
_COMPUTE = "BUILD_GENERAL1_LARGE"
_IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
_TIMEOUT_MINUTES = 120
_KEEP_CONTEXTS_DAYS = 1
_TAGS = [{"key": "llamactl", "value": "image-build"}]
_ROLE_ATTEMPTS = 10  # a role made a moment ago cannot be assumed for up to half a minute
_ROLE_PAUSE_S = 4.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where contexts are sent, and whose it is."""

    account: str
    bucket: str


def have_project(address: EcrAddress) -> Place:
    """Make the bucket, the role and the project where they are missing.

    Raises:
        NoPermission: these credentials may not.
    """
    with told_by_aws("sts:GetCallerIdentity"):
        identity = aws_client("sts", address.region).get_caller_identity()
    account, partition = str(identity["Account"]), str(identity["Arn"]).split(":")[1]
    place = Place(account, f"llamactl-build-{account}-{address.region}")
    _have_bucket(place, address.region)
    role = _have_role(place, address, partition)
    _have_project(place, role, address.region)
    return place


def _have_bucket(place: Place, region: str) -> None:
    client = aws_client("s3", region)
    with told_by_aws("s3:CreateBucket"):
        try:
            client.head_bucket(Bucket=place.bucket, ExpectedBucketOwner=place.account)
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
                raise
        else:
            return
        where = {"LocationConstraint": region}
        own = {} if region == "us-east-1" else {"CreateBucketConfiguration": where}
        client.create_bucket(Bucket=place.bucket, **own)
        client.put_public_access_block(
            Bucket=place.bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        rule = {
            "ID": "contexts",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": _KEEP_CONTEXTS_DAYS},
        }
        client.put_bucket_lifecycle_configuration(
            Bucket=place.bucket, LifecycleConfiguration={"Rules": [rule]}
        )


def _have_role(place: Place, address: EcrAddress, partition: str) -> str:
    client = aws_client("iam", address.region)
    name = f"{PROJECT}-{address.region}"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "codebuild.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": place.account}},
            }
        ],
    }
    with told_by_aws("iam:CreateRole"):
        try:
            arn = client.get_role(RoleName=name)["Role"]["Arn"]
        except client.exceptions.NoSuchEntityException:
            made = client.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=json.dumps(trust),
                Description="llamactl: builds images and pushes them to ECR",
                Tags=[{"Key": each["key"], "Value": each["value"]} for each in _TAGS],
            )
            arn = made["Role"]["Arn"]
        policy = json.dumps(role_policy(place, address, partition))
        client.put_role_policy(RoleName=name, PolicyName="build", PolicyDocument=policy)
    return str(arn)


def role_policy(place: Place, address: EcrAddress, partition: str) -> dict[str, Any]:
    """Give what a build may do: read its context, log, push to this registry; nothing else."""
    logs = f"arn:{partition}:logs:{address.region}:{place.account}:log-group:{LOG_GROUP}"
    repositories = f"arn:{partition}:ecr:{address.region}:{address.account}:repository/*"
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
        (["s3:GetObject", "s3:GetObjectVersion"], [f"arn:{partition}:s3:::{place.bucket}/*"]),
        (
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            [logs, f"{logs}:*"],
        ),
        (["ecr:GetAuthorizationToken"], ["*"]),
        ([f"ecr:{each}" for each in push], [repositories]),
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
        for attempt in range(_ROLE_ATTEMPTS):
            try:
                _create_project(client, place, role)
            except client.exceptions.InvalidInputException as error:
                if "AssumeRole" not in str(error) or attempt + 1 == _ROLE_ATTEMPTS:
                    raise
                time.sleep(_ROLE_PAUSE_S)
            else:
                return


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
