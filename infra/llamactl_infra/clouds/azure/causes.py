"""What failures of Azure mean, and what to do: in the words that its services use."""

from llamactl_catalog.errors import (
    InvalidInput,
    NoAccess,
    NoInstances,
    NoPermission,
    NoQuota,
    RolePending,
    StillBusy,
    Throttled,
    Unhealthy,
    Unreachable,
)
from llamactl_infra.clouds.causes import cause

CAUSES = (
    # Sources: MicrosoftDocs/azure-docs, troubleshooting/error-sku-not-available;
    # Azure/azure-rest-api-specs, Microsoft.Compute/skus, Restriction.reasonCode;
    # iterative/terraform-provider-iterative, issue 279.
    cause(
        r"NotAvailableForSubscription|VMSizeNotSupported|LocationNotAvailableForResourceType"
        r"|NoRegisteredProviderFound.*location"
        r"|\bnot (supported|available|offered) (in|for) [^.]{0,120}"
        r"\b(region|location|subscription)\b",
        NoInstances,
        "the region or the subscription does not have this instance type: another --region or "
        "--instance-type, as llamactl plan ranks them, or --fallback",
    ),
    # Source: Azure Resource Manager, "Understand how Azure Resource Manager throttles requests".
    cause(
        r"TooManyRequests|throttl|\b429\b|SubscriptionRequestsThrottled",
        Throttled,
        "Azure limits how often the subscription calls it: wait some minutes",
    ),
    # Source: Azure Resource Manager, "Troubleshoot common Azure deployment errors".
    cause(
        r"RequestDisallowedBy|ScopeLocked|ReadOnlyDisabledSubscription",
        NoPermission,
        "a policy or a lock of the subscription forbids it: ask its administrators, or name "
        "another resource group",
    ),
    cause(
        r"MissingSubscriptionRegistration|SubscriptionNotRegistered|NoRegisteredProviderFound",
        NoPermission,
        "az provider register --namespace NAME, for the one that is named",
    ),
    cause(
        r"PrincipalNotFound",
        StillBusy,
        "an identity that was just made takes minutes to be known: the same command continues",
    ),
    cause(
        r"VaultAlreadyExists|StorageAccountAlreadyTaken|soft.?deleted|deleted state"
        r"|FlagMustBeSetForRestore",
        InvalidInput,
        "the name is taken, or was removed and is kept for some days: another --name, or purge it",
    ),
    cause(
        r"OutOfQuota|quota.*(exceed|limit|not enough)|not enough quota",
        NoQuota,
        "ask for more cores of the family in Azure ML studio, or take another --instance-type",
    ),
    cause(
        r"OutOfCapacity|SkuNotAvailable|AllocationFailed|insufficient.*capacity",
        NoInstances,
        "the region has none free now: another --region or --instance-type, or try again later",
    ),
    # Before what else is said of images and rights: a registry refuses with 401 or 403.
    cause(
        r"(ImagePull|download user container image).*(authoriz|denied|may not)"
        r"|SecretsInjectionError|AuthorizationPermissionMismatch",
        RolePending,
        "roles that were just assigned take up to 10 minutes to count: run it again; if it is not "
        "that, docs/azure.md has what the endpoint's identity may",
    ),
    cause(
        r"ImagePull|ImageBuildFailure|failed to pull image|manifest unknown",
        InvalidInput,
        "llamactl image push puts it into the workspace's registry",
    ),
    cause(
        r"AuthorizationFailed|does not have authorization|LinkedAuthorizationFailed|403 Forbidden",
        NoPermission,
        "docs/azure.md has the roles that the deploying user needs",
    ),
    cause(
        r"AADSTS|az login|DefaultAzureCredential|InvalidAuthenticationToken|ExpiredAuthentication",
        NoPermission,
        "az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
    ),
    cause(
        r"gated repo|GatedRepo|(401|403) Client Error",
        NoAccess,
        "ask for access on the model's page, or llamactl weights stage with a token that has it",
    ),
    cause(
        r"nvidia.*(driver|cuda)|CUDA driver version is insufficient|no kernel image",
        Unhealthy,
        "the host's driver is older than the container: --engine with an older version",
    ),
    cause(
        r"out of memory|OutOfMemory|OOMKilled|CUDA OOM",
        Unhealthy,
        "a larger --instance-type, a shorter --context, or fewer bits: llamactl plan",
    ),
    cause(
        r"ResourceNotReady|liveness|readiness|probe|ContainerCrash|CrashLoop",
        Unhealthy,
        "llamactl logs has what the container said before it ended",
        says_only_that=True,
    ),
    cause(
        r"context deadline exceeded",
        StillBusy,
        "Azure is still at work on it: wait until llamactl status says no more of that",
    ),
    cause(
        r"creation timed out|timeout while waiting|timed out|deadline exceeded",
        Unhealthy,
        "a longer --timeout, or see llamactl logs: is it still loading?",
        says_only_that=True,
    ),
    cause(
        r"\bConflict\b|operation in progress|\b409\b",
        StillBusy,
        "Azure is still at work on it: wait until llamactl status says no more of that",
    ),
    cause(
        r"InternalServerError|InternalServiceError|ServiceUnavailable|GatewayTimeout|ServerTimeout"
        r"|(code|status)[=: \"]*50[0-4]\b",
        Unreachable,
        "Azure failed by itself: the same command continues; status.azure.com has its state",
    ),
)
