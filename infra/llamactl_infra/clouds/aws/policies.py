"""The policies of the execution role: what the running endpoint may do, and nothing beyond it."""

from typing import Any

from llamactl_infra.clouds.aws.names import log_group_name
from llamactl_infra.clouds.aws.places import S3Prefix, ecr_image, partition, s3_prefix
from llamactl_infra.spec import SageMakerSpec, Spec

Statement = dict[str, Any]
_PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
_WRITE_LOGS = [
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
]
# Source: Amazon SageMaker AI developer guide, host-vpc and sagemaker-roles.
_INTERFACES = [
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
]
_TOUCH_OBJECTS = ["s3:GetObject", "s3:PutObject"]
_USE_KEY = ["kms:Decrypt", "kms:GenerateDataKey"]


def trust_policy(region: str, account: str | None) -> dict[str, Any]:
    """Give who may assume the role: SageMaker, on behalf of this account and region alone.

    Without an account, which a spec of a former release has not, of any account. Source: Amazon
    SageMaker AI developer guide, "Cross-service confused deputy prevention", which tells for
    real-time and asynchronous inference to end the ARN so, and not to name an endpoint.
    """
    statement: Statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    if account is not None:
        source = f"arn:{partition(region)}:sagemaker:{region}:{account}:*"
        statement["Condition"] = {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": source},
        }
    return {"Version": "2012-10-17", "Statement": [statement]}


def boundary_policy() -> dict[str, Any]:
    """Give what bounds every role that is made: what any endpoint may need, and no more actions.

    On which resources is told by each role's own policy; ACCOUNT stands for the account's id.
    """
    statements = [
        _allow("Images", [*_PULL, "ecr:GetAuthorizationToken"], "*"),
        _allow("Objects", [*_TOUCH_OBJECTS, "s3:ListBucket"], "*"),
        _allow(
            "Logs",
            _WRITE_LOGS,
            f"arn:aws:logs:*:ACCOUNT:log-group:{log_group_name('*')}",
        ),
        *_metrics(),
        _allow("NetworkInterfaces", _INTERFACES, "*"),
        _allow("Notify", ["sns:Publish"], "arn:aws:sns:*:ACCOUNT:*"),
        _allow("Key", _USE_KEY, "arn:aws:kms:*:ACCOUNT:key/*"),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def execution_policy(spec: Spec, region: str) -> dict[str, Any]:
    """Give the policy of the role that the endpoint of a spec runs under."""
    own = spec.sagemaker if spec.sagemaker is not None else SageMakerSpec()
    of = f"arn:{partition(region)}"
    statements = [*_image(spec, of), *_weights(spec, of), *_logs(spec, region, of), *_metrics()]
    statements += _written(own, of)
    if own.subnets:
        statements.append(_allow("NetworkInterfaces", _INTERFACES, "*"))
    topics = [each for each in (own.async_success_topic, own.async_error_topic) if each is not None]
    if topics:
        statements.append(_allow("Notify", ["sns:Publish"], topics))
    if own.kms_key is not None:
        statements.append(_allow("Key", _USE_KEY, own.kms_key))
    return {"Version": "2012-10-17", "Statement": statements}


def _image(spec: Spec, of: str) -> list[Statement]:
    image = None if spec.image is None else ecr_image(spec.image)
    if image is None:
        return []
    repository = f"{of}:ecr:{image.region}:{image.account}:repository/{image.repository}"
    return [
        _allow("PullImage", _PULL, repository),
        _allow("LogInToRegistry", ["ecr:GetAuthorizationToken"], "*"),  # it has no resource
    ]


def _weights(spec: Spec, of: str) -> list[Statement]:
    place = None if spec.weights_uri is None else s3_prefix(spec.weights_uri)
    if place is None:
        return []
    listing = _allow("ListWeights", ["s3:ListBucket"], f"{of}:s3:::{place.bucket}")
    if place.prefix:
        listing["Condition"] = {"StringLike": {"s3:prefix": [f"{place.prefix}*"]}}
    return [_allow("ReadWeights", ["s3:GetObject"], _objects(place, of)), listing]


def _written(own: SageMakerSpec, of: str) -> list[Statement]:
    statements = []
    capture = None if own.capture_uri is None else s3_prefix(own.capture_uri)
    if capture is not None:
        statements.append(_allow("CaptureData", ["s3:PutObject"], _objects(capture, of)))
    uris = [own.async_output_uri, own.async_failure_uri]
    places = [place for each in uris if each is not None and (place := s3_prefix(each)) is not None]
    if places:
        objects = [_objects(each, of) for each in places]
        # Requests lie below the same prefix as their answers.
        statements.append(_allow("AsyncAnswers", _TOUCH_OBJECTS, objects))
    return statements


def _logs(spec: Spec, region: str, of: str) -> list[Statement]:
    group = f"{of}:logs:{region}:*:log-group:{log_group_name(spec.name)}"
    return [_allow("WriteLogs", _WRITE_LOGS, [group, f"{group}:*"])]


def _metrics() -> list[Statement]:
    statement = _allow("PutMetrics", ["cloudwatch:PutMetricData"], "*")  # it has no resource
    namespaces = ["*SageMaker*", "*sagemaker*"]
    return [{**statement, "Condition": {"StringLike": {"cloudwatch:namespace": namespaces}}}]


def _objects(place: S3Prefix, of: str) -> str:
    return f"{of}:s3:::{place.bucket}/{place.prefix}*"


def _allow(name: str, actions: list[str], resource: str | list[str]) -> Statement:
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resource}
