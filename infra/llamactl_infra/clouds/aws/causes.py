"""What failures of AWS mean, and what to do: in the words that its services use."""

from llamactl_catalog.errors import (
    InvalidInput,
    NoAccess,
    NoCapacity,
    NoInstances,
    NoPermission,
    NoQuota,
    StillBusy,
    Unhealthy,
)
from llamactl_infra.clouds.causes import cause

UNMENDABLE = ("aws:sagemaker/endpoint:Endpoint",)
"""What can only be deleted once it has failed. Source: botocore 1.44.5, DescribeEndpoint,
EndpointStatus: on a failed endpoint DeleteEndpoint is the only operation."""

CAUSES = (
    # Before quota: a type that a region lacks comes as ResourceLimitExceeded too. Sources:
    # amazon-sagemaker-examples issues 4128, 1001 and 3494; dstackai/dstack issue 2442.
    cause(
        r"\bnot (supported|available|offered) (in|for) [^.]{0,60}\b(region|account)\b"
        r"|unsupported instance type|requested configuration is currently not supported",
        NoInstances,
        "the region or the account does not have this instance type: another --region or "
        "--instance-type, as llamactl plan ranks them, or --fallback",
    ),
    cause(
        r"ResourceLimitExceeded|account-level service limit|LimitExceededException",
        NoQuota,
        "ask for more in the Service Quotas console, or take another --instance-type or --region",
    ),
    cause(
        r"InsufficientInstanceCapacity|CapacityError|unable to (provision|locate).*capacity"
        r"|insufficient capacity",
        NoInstances,
        "the region has none free now: another --region or --instance-type, or try again later",
    ),
    cause(
        r"must be deregistered as scalable targets",
        InvalidInput,
        "deploy once with --min equal to --max, which takes scaling away; then change the type",
    ),
    cause(
        r"Cannot (update|delete) in-progress endpoint",
        StillBusy,
        "SageMaker is still at work on it: wait until llamactl status says no more of that",
    ),
    cause(
        r"no valid credential sources|NoCredentialProviders|ExpiredToken|InvalidClientTokenId"
        r"|UnrecognizedClient|SignatureDoesNotMatch|failed to refresh cached credentials",
        NoPermission,
        "aws sso login, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    cause(
        r"AccessDenied|not authorized to perform|UnauthorizedOperation|is not authorized",
        NoPermission,
        "docs/aws.md has the policies that the deploying user and the endpoint's role need",
    ),
    cause(
        r"gated repo|GatedRepo|accept_?eula|\bEULA\b|restricted.*repo|(401|403) Client Error",
        NoAccess,
        "ask for access on the model's page, or llamactl weights stage with a token that has it",
    ),
    cause(
        r"nvidia.*(driver|cuda)|CUDA driver version is insufficient|no kernel image",
        Unhealthy,
        "the host's driver is older than the container: set sagemaker.inference_ami to a newer one",
    ),
    cause(
        r"out of memory|OutOfMemory|CUDA OOM",
        Unhealthy,
        "a larger --instance-type, a shorter --context, or fewer bits: llamactl plan",
    ),
    cause(
        r"download.*model data|could not find model data|ModelDataSource",
        NoAccess,
        "llamactl weights verify tells what lies there; the endpoint's role must read it",
    ),
    cause(
        r"ping health check|health check.*fail|CannotStartContainer|Request to service failed",
        Unhealthy,
        "llamactl logs has what the container said before it ended",
        says_only_that=True,
    ),
    cause(
        r"timeout while waiting|timed out|deadline exceeded",
        Unhealthy,
        "a longer --timeout, or see llamactl logs: is it still loading?",
        says_only_that=True,
    ),
    cause(
        r"(image|repository).*(does not exist|not found)|CannotPullContainer|ImageNotFound",
        InvalidInput,
        "llamactl image push puts it into ECR of the same region",
    ),
    cause(
        r"already exist|Cannot create already existing",
        InvalidInput,
        "another --name: one of that name is there, and is no part of this stack",
    ),
    cause(r"Throttling|Rate exceeded", NoCapacity, "AWS slows calls down: try again in a minute"),
)
