"""What failures of AWS mean, and what to do: in the words that its services use."""

from llamactl_catalog.errors import (
    InvalidInput,
    NoAccess,
    NoCapacity,
    NoPermission,
    NoQuota,
    Unhealthy,
)
from llamactl_infra.clouds.causes import cause

CAUSES = (
    cause(
        r"ResourceLimitExceeded|account-level service limit|LimitExceededException",
        NoQuota,
        "ask for more in the Service Quotas console, or take another --instance-type or --region",
    ),
    cause(
        r"InsufficientInstanceCapacity|CapacityError|unable to (provision|locate).*capacity"
        r"|insufficient capacity",
        NoCapacity,
        "the region has none free now: another --region or --instance-type, or try again later",
    ),
    cause(
        r"must be deregistered as scalable targets",
        InvalidInput,
        "deploy once with --min equal to --max, which takes scaling away; then change the type",
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
        r"gated|accept_?eula|EULA|restricted.*repo|401 Client Error|403 Client Error",
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
        r"ping health check|health check.*fail|CannotStartContainer",
        Unhealthy,
        "llamactl logs has what the container said before it ended",
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
