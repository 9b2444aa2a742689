"""What failures of AWS mean, and what to do: in the words that its services use."""

from llamactl_catalog.errors import (
    InvalidInput,
    NoAccess,
    NoCapacity,
    NoInstances,
    NoPermission,
    NoQuota,
    StillBusy,
    Throttled,
    Unhealthy,
    Unreachable,
    WaitEnded,
)
from llamactl_infra.clouds.causes import cause

UNMENDABLE = ("aws:sagemaker/endpoint:Endpoint",)
"""What can only be deleted once it has failed. Source: botocore 1.43.117, DescribeEndpoint,
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
    # Before all that names a service: the words of a call that was slowed down name its operation.
    # Source: botocore 1.43.117, data/_retry.json, "throttling" and its kind.
    cause(
        r"Throttl|Rate exceeded|TooManyRequests|RequestLimitExceeded|RequestThrottled|SlowDown",
        Throttled,
        "AWS limits how often the account calls it: wait some minutes, or end what else calls it",
    ),
    cause(
        r"ResourceLimitExceeded|account-level service limit",
        NoQuota,
        "ask for more in the Service Quotas console, or take another --instance-type or --region",
    ),
    # Source: botocore 1.43.117, the error shapes of IAM, CloudWatch, its logs and auto scaling.
    cause(
        r"LimitExceeded",
        NoQuota,
        "the account has as many of these as it may: remove some that are unused, or ask for more "
        "in the Service Quotas console",
    ),
    cause(
        r"ConcurrentModification|ConcurrentUpdate|OperationAborted|ResourceInUse|DeleteConflict",
        StillBusy,
        "another change of the same thing is under way: the same command continues",
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
        r"Cannot (update|delete) in-progress endpoint|SageMaker is still updating",
        StillBusy,
        "the same command waits until SageMaker is done, and continues",
    ),
    cause(
        r"timeout while waiting for state to become 'InService'",
        WaitEnded,
        "the same command waits until SageMaker is done, and continues",
    ),
    cause(
        r"unexpected state 'RollingBack'",
        Unhealthy,
        "SageMaker takes the update back; what ran before still runs",
        says_only_that=True,
    ),
    cause(
        r"no valid credential sources|NoCredentialProviders|ExpiredToken|InvalidClientTokenId"
        r"|UnrecognizedClient|SignatureDoesNotMatch|failed to refresh cached credentials",
        NoPermission,
        "aws sso login, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    # Source: IAM user guide, "Troubleshoot access denied error messages".
    cause(
        r"explicit deny in a (service control|resource control) policy",
        NoPermission,
        "a policy of the organization forbids it: ask its administrators, or take another account",
    ),
    # Source: SageMaker developer guide, "SageMaker roles"; a new role takes a while to be known.
    cause(
        r"Could not assume role|cannot be assumed",
        NoPermission,
        "a role that was just made takes a minute to be known: run it again; a role of your own "
        "must trust sagemaker.amazonaws.com",
    ),
    # Source: EC2's API reference, "Error codes".
    cause(
        r"InsufficientFreeAddressesInSubnet|insufficient free (IP )?addresses",
        NoCapacity,
        "the subnet has no free addresses: another one in sagemaker.subnets",
    ),
    cause(
        r"Invalid(Subnet|SubnetID|SecurityGroup|SecurityGroupId|Group)[.\w]*|subnet.*does not exist"
        r"|security group.*does not exist",
        InvalidInput,
        "sagemaker.subnets and sagemaker.security_groups must be of the region and the account",
    ),
    cause(
        r"KMS(NotFound|Disabled|InvalidState|InvalidKeyUsage)|kms.*(does not exist|is disabled)",
        InvalidInput,
        "sagemaker.kms_key must name an enabled key of the region",
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
    cause(
        r"InternalFailure|InternalServerError|InternalError\b|ServiceUnavailable|ServiceException"
        r"|ServiceFailure|StatusCode: 50[0-4]",
        Unreachable,
        "AWS failed by itself: the same command continues; health.aws.amazon.com has its state",
    ),
)
