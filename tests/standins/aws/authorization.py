"""What IAM asks of each request: which actions, on which resources, and what a condition may read.

Sources: Service Authorization Reference (reference.csv beside this); of what a request needs beside
its own action: the API references of SageMaker AI (AddTags; "API permissions", KMS), CloudWatch
Logs (CreateLogGroup), CloudWatch (PutMetricAlarm), Application Auto Scaling
(RegisterScalableTarget), IAM (CreateRole, PassRole) and ECR (CreateRepository), where each says
what tagging or passing asks for.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from standins.aws.account import ACCOUNT
from standins.aws.asked import Asked
from standins.aws.registered import CONFIGURATION, ENDPOINT, MODEL, Kind

Context = Mapping[str, str]
_SCALING = "application-autoscaling"


class UnknownRequest(Exception):
    """A request that no rule here knows: what it needs must be looked up before it is made."""


@dataclass(frozen=True)
class Authorization:
    """One action on one resource, as IAM evaluates it; `operation` is the request that needs it."""

    operation: str
    action: str
    resource: str
    context: Context = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.action} on {self.resource} with {dict(self.context)} ({self.operation})"


@dataclass(frozen=True)
class Known:
    """What there is already: tags by ARN, boundaries and keys; None: no such thing, or without."""

    tags: Callable[[str], Mapping[str, str]]
    boundary: Callable[[str], str | None]
    key: Callable[[str, str], str | None]
    is_scaled: Callable[[], bool]


Needed = Iterator[tuple[str, str, Context]]


def authorizations(asked: Asked, known: Known) -> list[Authorization]:
    """Give all that must be allowed for a request.

    Raises:
        UnknownRequest: there is no rule for it.
    """
    rule = _RULES.get(asked.service)
    found = None if rule is None else list(rule(asked, known))
    if not found:
        raise UnknownRequest(f"{asked.service}: {asked.operation}: which permission is it?")
    everywhere = {"aws:RequestedRegion": asked.region}
    return [
        Authorization(asked.operation, action, resource, {**everywhere, **context})
        for action, resource, context in found
    ]


def _sagemaker(asked: Asked, known: Known) -> Needed:
    told, operation = asked.parameters, asked.operation
    if operation in {"AddTags", "DeleteTags", "ListTags"}:
        arn = told["ResourceArn"]
        context = {**_requested(told.get("Tags", ())), **_on(arn, known)}
        yield f"sagemaker:{operation}", arn, context
        return
    if operation.startswith("List"):
        yield f"sagemaker:{operation}", "*", {}
        return
    arn = _arn_of(asked)
    new = _requested(told.get("Tags", ()))
    yield f"sagemaker:{operation}", arn, {**new, **_on(arn, known)}
    if new:
        yield "sagemaker:AddTags", arn, {**new, "sagemaker:TaggingAction": operation}
    if operation == "CreateModel":
        to = {"iam:PassedToService": "sagemaker.amazonaws.com"}
        yield "iam:PassRole", told["ExecutionRoleArn"], to
    if operation in {"CreateEndpoint", "UpdateEndpoint"}:
        name = told["EndpointConfigName"]
        configuration = CONFIGURATION.arn(asked.region, name)
        yield f"sagemaker:{operation}", configuration, {**new, **_on(configuration, known)}
        yield from _granted(known.key(asked.region, name), asked.region)
    if operation == "CreateEndpointConfig" and told.get("KmsKeyId"):
        yield "kms:DescribeKey", told["KmsKeyId"], _via(asked.region)


def _granted(key: str | None, region: str) -> Needed:
    if key is not None:
        yield "kms:CreateGrant", key, {**_via(region), "kms:GrantIsForAWSResource": "true"}


def _via(region: str) -> Context:
    return {"kms:ViaService": f"sagemaker.{region}.amazonaws.com"}


def _invoked(asked: Asked, known: Known) -> Needed:
    arn = ENDPOINT.arn(asked.region, asked.parameters["EndpointName"])
    yield f"sagemaker:{asked.operation}", arn, _on(arn, known)


def _iam(asked: Asked, known: Known) -> Needed:
    told, operation = asked.parameters, asked.operation
    if operation == "SimulatePrincipalPolicy":
        yield "iam:SimulatePrincipalPolicy", told["PolicySourceArn"], {}
        return
    name = told["RoleName"]
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    asks_for = operation in {"CreateRole", "PutRolePermissionsBoundary"}
    boundary = told.get("PermissionsBoundary") if asks_for else known.boundary(name)
    context = {**_requested(told.get("Tags", ())), **_on(arn, known)}
    if boundary is not None:
        context["iam:PermissionsBoundary"] = boundary
    yield f"iam:{operation}", arn, context
    if operation == "CreateRole" and told.get("Tags"):
        yield "iam:TagRole", arn, _requested(told["Tags"])


def _logs(asked: Asked, known: Known) -> Needed:
    told, operation = asked.parameters, asked.operation
    if operation == "DescribeLogGroups":
        yield "logs:DescribeLogGroups", "*", {}
        return
    group = told.get("logGroupName")
    of = f"arn:aws:logs:{asked.region}:{ACCOUNT}:log-group"
    arn = told.get("resourceArn") or f"{of}:{group}"
    stream = told.get("logStreamName")
    place = arn if stream is None else f"{arn}:log-stream:{stream}"
    new = {f"aws:RequestTag/{key}": value for key, value in (told.get("tags") or {}).items()}
    yield f"logs:{operation}", place, {**new, **_on(arn, known)}
    if operation == "CreateLogGroup" and new:
        yield "logs:TagResource", arn, new


def _cloudwatch(asked: Asked, known: Known) -> Needed:
    told, operation = asked.parameters, asked.operation
    new = _requested(told.get("Tags", ()))
    if operation == "DescribeAlarms":
        yield "cloudwatch:DescribeAlarms", "*", {}
        return
    for arn in _watched(asked):
        yield f"cloudwatch:{operation}", arn, {**new, **_on(arn, known)}
        if operation.startswith("Put") and new:
            yield "cloudwatch:TagResource", arn, new


def _watched(asked: Asked) -> Iterator[str]:
    told = asked.parameters
    alarms = [told["AlarmName"]] if "AlarmName" in told else told.get("AlarmNames", ())
    boards = [told["DashboardName"]] if "DashboardName" in told else told.get("DashboardNames", ())
    yield from (f"arn:aws:cloudwatch:{asked.region}:{ACCOUNT}:alarm:{each}" for each in alarms)
    yield from (f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{each}" for each in boards)
    if "ResourceARN" in told:
        yield told["ResourceARN"]


def _scaling(asked: Asked, known: Known) -> Needed:
    told, operation = asked.parameters, asked.operation
    if operation.startswith("Describe"):
        yield f"{_SCALING}:{operation}", "*", {}
        return
    # The id of a target is made by the service: no policy can name it beforehand.
    arn = f"arn:aws:{_SCALING}:{asked.region}:{ACCOUNT}:scalable-target/0123456789"
    new = {f"aws:RequestTag/{key}": value for key, value in (told.get("Tags") or {}).items()}
    context = {**new}
    if "ServiceNamespace" in told:
        context[f"{_SCALING}:service-namespace"] = told["ServiceNamespace"]
    yield f"{_SCALING}:{operation}", told.get("ResourceARN", arn), context
    if operation == "RegisterScalableTarget":
        if new:
            yield f"{_SCALING}:TagResource", arn, new
        if not known.is_scaled():
            service = f"sagemaker.{_SCALING}.amazonaws.com"
            role = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}/AWSServiceRoleFor…"
            yield "iam:CreateServiceLinkedRole", role, {"iam:AWSServiceName": service}


def _ecr(asked: Asked, known: Known) -> Needed:
    told, operation = asked.parameters, asked.operation
    if operation == "GetAuthorizationToken":
        yield "ecr:GetAuthorizationToken", "*", {}
        return
    account = told.get("registryId", ACCOUNT)
    names = told.get("repositoryNames") or [told["repositoryName"]]
    for name in names:
        arn = f"arn:aws:ecr:{asked.region}:{account}:repository/{name}"
        yield f"ecr:{operation}", arn, _requested(told.get("tags", ()))
        if operation == "CreateRepository" and told.get("tags"):
            yield "ecr:TagResource", arn, _requested(told["tags"])


def _codebuild(asked: Asked, known: Known) -> Needed:
    told, operation = asked.parameters, asked.operation
    of = f"arn:aws:codebuild:{asked.region}:{ACCOUNT}:project"
    builds = [*told.get("ids", ()), *([told["id"]] if "id" in told else ())]
    names = [*told.get("names", ()), *(each.partition(":")[0] for each in builds)]
    names += [told[key] for key in ("name", "projectName") if key in told]
    for name in names:
        tags = {f"aws:RequestTag/{each['key']}": each["value"] for each in told.get("tags", ())}
        yield f"codebuild:{operation}", f"{of}/{name}", tags
    role = told.get("serviceRole") or told.get("serviceRoleOverride")
    if role is not None:
        yield "iam:PassRole", role, {"iam:PassedToService": "codebuild.amazonaws.com"}


def _s3(asked: Asked, known: Known) -> Needed:
    method, _, path = asked.operation.partition(" ")
    bucket, _, key = path.lstrip("/").partition("/")
    names = frozenset(asked.query)
    if not bucket:
        raise UnknownRequest(f"s3: {asked.operation}")
    if key:
        yield _of_object(method, names), f"arn:aws:s3:::{bucket}/{key}", {}
    elif method == "POST" and "delete" in names:
        yield "s3:DeleteObject", f"arn:aws:s3:::{bucket}/{_common(asked.body)}", {}
    else:
        prefix = asked.query.get("prefix")
        context = {} if prefix is None else {"s3:prefix": prefix}
        yield _of_bucket(method, names), f"arn:aws:s3:::{bucket}", context


# Source: Amazon S3 user guide, "Required permissions for Amazon S3 API operations".
_BUCKET_PARTS = {
    ("GET", "publicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("PUT", "publicAccessBlock"): "s3:PutBucketPublicAccessBlock",
    ("GET", "encryption"): "s3:GetEncryptionConfiguration",
    ("PUT", "encryption"): "s3:PutEncryptionConfiguration",
    ("PUT", "ownershipControls"): "s3:PutBucketOwnershipControls",
    ("GET", "lifecycle"): "s3:GetLifecycleConfiguration",
    ("PUT", "lifecycle"): "s3:PutLifecycleConfiguration",
    ("GET", "uploads"): "s3:ListBucketMultipartUploads",
    ("GET", "list-type"): "s3:ListBucket",
}


def _of_bucket(method: str, names: frozenset[str]) -> str:
    for (verb, part), action in _BUCKET_PARTS.items():
        if verb == method and part in names:
            return action
    if names - {"prefix", "delimiter", "max-keys", "marker", "encoding-type"}:
        raise UnknownRequest(f"s3: {method} of a bucket's {sorted(names)}")
    match method:
        case "HEAD" | "GET":
            return "s3:ListBucket"
        case "PUT":
            return "s3:CreateBucket"
        case _:
            raise UnknownRequest(f"s3: {method} of a bucket")


def _of_object(method: str, names: frozenset[str]) -> str:
    match method:
        case "HEAD" | "GET":
            return "s3:ListMultipartUploadParts" if "uploadId" in names else "s3:GetObject"
        case "PUT" | "POST":
            return "s3:PutObject"
        case "DELETE":
            return "s3:AbortMultipartUpload" if "uploadId" in names else "s3:DeleteObject"
        case _:
            raise UnknownRequest(f"s3: {method} of an object")


def _common(body: bytes) -> str:
    """Give what the keys of a deletion begin with."""
    keys = re.findall(r"<Key>([^<]*)</Key>", body.decode())
    least, most = min(keys), max(keys)
    same = next((at for at, sign in enumerate(least) if most[at : at + 1] != sign), len(least))
    return least[:same]


def _sts(asked: Asked, known: Known) -> Needed:
    yield f"sts:{asked.operation}", "*", {}


def _quotas(asked: Asked, known: Known) -> Needed:
    action = f"servicequotas:{asked.operation}"
    told = asked.parameters
    arn = f"arn:aws:servicequotas:{asked.region}:{ACCOUNT}:{told['ServiceCode']}"
    is_one = asked.operation == "GetServiceQuota"
    yield action, f"{arn}/{told['QuotaCode']}" if is_one else "*", {}


def _arn_of(asked: Asked) -> str:
    kinds: tuple[Kind, ...] = (CONFIGURATION, ENDPOINT, MODEL)
    verb = re.match(r"Create|Describe|Delete|Update", asked.operation)
    rest = asked.operation[verb.end() :] if verb is not None else ""
    for kind in kinds:
        if rest == kind.name or (kind is ENDPOINT and rest == "EndpointWeightsAndCapacities"):
            return kind.arn(asked.region, asked.parameters[kind.key])
    raise UnknownRequest(f"sagemaker: {asked.operation}")


def _requested(tags: Any) -> dict[str, str]:
    return {f"aws:RequestTag/{each['Key']}": each["Value"] for each in tags}


def _on(arn: str, known: Known) -> dict[str, str]:
    return {f"aws:ResourceTag/{key}": value for key, value in known.tags(arn).items()}


_RULES: Mapping[str, Callable[[Asked, Known], Needed]] = {
    "sagemaker": _sagemaker,
    "sagemaker-runtime": _invoked,
    "iam": _iam,
    "sts": _sts,
    "logs": _logs,
    "cloudwatch": _cloudwatch,
    "application-autoscaling": _scaling,
    "service-quotas": _quotas,
    "ecr": _ecr,
    "codebuild": _codebuild,
    "s3": _s3,
}
