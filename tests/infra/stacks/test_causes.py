"""A failed operation is told by its resource, its cause and its fix, with the right exit code."""

import pytest

pytest.importorskip("pulumi", reason="needs the extra 'aws' or 'azure'")
from llamactl_catalog.errors import NoInstances, NoQuota, Throttled
from llamactl_infra.stacks.causes import causes_on, explained, translated
from llamactl_infra.stacks.events import Trouble
from llamactl_infra.stacks.resources import Named, named

ENDPOINT = Named("aws:sagemaker/endpoint:Endpoint", "chat-endpoint")
TOLD = [
    ("ResourceLimitExceeded: The account-level service limit 'ml.g5.2xlarge for endpoint", 4),
    ("InsufficientInstanceCapacity: not enough", 5),
    ("Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity", 5),
    ("no valid credential sources for S3 Backend found", 10),
    ("AccessDeniedException: User: x is not authorized to perform: sagemaker:CreateModel", 10),
    ("ExpiredToken: The security token included in the request is expired", 10),
    ("The primary container did not pass the ping health check", 8),
    ("nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.4 driver", 8),
    ("torch.OutOfMemoryError: CUDA out of memory", 8),
    ("Cannot access gated repo for url", 6),
    ("Requested image 1.dkr.ecr.us-east-1.amazonaws.com/a:b not found", 2),
    ("ThrottlingException: Rate exceeded", 4),
    ("operation error IAM: CreateRole, https response error StatusCode: 503, InternalFailure", 5),
    ("exceeded maximum number of attempts, 25, https response error, Throttling: Rate exceeded", 4),
    ("with an explicit deny in a service control policy: sagemaker:CreateEndpoint", 10),
    ("ValidationException: Could not assume role arn:aws:iam::1:role/x", 10),
    ("InvalidSubnetID.NotFound: The subnet ID 'subnet-1' does not exist", 2),
    ("InsufficientFreeAddressesInSubnet: no addresses", 5),
    ("KMSNotFoundException: the key is not there", 2),
    ('ValidationException: Cannot update in-progress endpoint "chat"', 5),
    ("The variant(s) must be deregistered as scalable targets with AWS Auto Scaling", 2),
    ("dial tcp: lookup sagemaker.us-east-1: no such host", 5),
]


@pytest.mark.parametrize(("message", "code"), TOLD)
def test_a_cause_has_its_exit_code_and_a_fix(message, code):
    error = translated([Trouble(message, ENDPOINT)], [ENDPOINT], "", causes_on("aws"))

    assert error.exit_code == code
    assert error.message.startswith("endpoint chat-endpoint: ")
    assert error.hint


def test_what_engine_and_provider_put_around_a_message_is_left_out():
    message = (
        "error: sdk-v2/provider2.go:572: sdk.helper_schema: 1 error occurred:\n"
        "\t* creating SageMaker Endpoint: ValidationException: no: provider=aws@7.51.1\n\n"
    )
    error = translated([Trouble(message, ENDPOINT)], [], "", causes_on("aws"))

    assert "provider=" not in error.message
    assert "occurred" not in error.message
    assert "ValidationException: no" in error.message


def test_a_traceback_of_a_provider_is_left_out():
    message = "Unexpected <class 'Exception'>: quota is 0:\n  File \"/x.py\", line 1, in y\n"

    error = translated([Trouble(message, ENDPOINT)], [], "", causes_on("azure"))

    assert error.message == "endpoint chat-endpoint: quota is 0"


RAISED = """Traceback (most recent call last):
  File "/x/program.py", line 7, in create
    {}["x"]
    ~~^^^^^
KeyError: 'x'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/x/pulumi/dynamic/__main__.py", line 170, in Create
    result = provider.create(props)
             ^^^^^^^^^^^^^^^^^^^^^^
"""


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("llamactl_catalog.errors.NoQuota: 1 needed", "1 needed"),
        (
            "llamactl_catalog.errors.NoQuota: two:\n  one: 1\n  other: 2",
            "two:\n  one: 1\n  other: 2",
        ),
        ("KeyError: 'x'", "KeyError: 'x'"),
        ("AssertionError", "AssertionError"),
        ("azure.core.exceptions.HttpResponseError: (Conflict) busy", "(Conflict) busy"),
    ],
)
def test_an_error_of_a_dynamic_provider_is_told_without_its_host(raised, said):
    error = translated([Trouble(f"{RAISED}{raised}\n\n", ENDPOINT)], [], "", causes_on("azure"))

    assert error.message == f"endpoint chat-endpoint: {said}"


def test_of_many_errors_the_resources_own_counts():
    troubles = [
        Trouble("update failed", None),
        Trouble("ResourceLimitExceeded: 0 Instances", ENDPOINT),
    ]

    assert translated(troubles, [], "", causes_on("aws")).exit_code == 4


def test_an_unknown_cause_is_told_as_it_is_and_the_hint_says_what_to_change():
    error = translated([Trouble("it rains", ENDPOINT)], [], "", causes_on("aws"))

    assert error.message == "endpoint chat-endpoint: it rains"
    assert "change that by the option or --set that docs/deploy.md lists" in error.hint


@pytest.mark.parametrize(
    ("cloud", "message"),
    [
        ("aws", "Instance type ml.inf2.8xlarge is not supported for the chosen region. Please"),
        ("aws", "ml.p4de.24xlarge is not supported in this Region"),
        ("aws", "ResourceLimitExceeded: The requested resource x is not available in this region"),
        ("aws", "ValidationException: Unsupported instance type ml.p3dn.24xlarge"),
        ("aws", "Unsupported: The requested configuration is currently not supported."),
        ("azure", "NotAvailableForSubscription: This size is currently unavailable"),
        (
            "azure",
            "VM size: 'Standard_NC6' is not supported for subscription 1 in location 'westus'",
        ),
        ("azure", "The requested VM size Standard_X is not available in the current region"),
        ("azure", "The requested size is currently not available in location 'eastus2' zones ''"),
        ("azure", "SkuNotAvailable: try another size"),
    ],
)
def test_a_type_that_a_place_does_not_have_is_one_to_look_for_elsewhere(cloud, message):
    error = translated([Trouble(message, ENDPOINT)], [ENDPOINT], "", causes_on(cloud))

    assert isinstance(error, NoInstances)
    assert "--instance-type" in error.hint


@pytest.mark.parametrize(
    "message",
    [
        "OutOfQuota: Not enough quota available for Standard_NC24ads_A100_v4 in westeurope",
        "ResourceLimitExceeded: The account-level service limit 'ml.g5.2xlarge for endpoint usage'",
    ],
)
def test_quota_is_no_missing_type(message):
    cloud = "azure" if message.startswith("OutOf") else "aws"

    assert translated([Trouble(message, ENDPOINT)], [], "", causes_on(cloud)).exit_code == 4


ALARM = Named("aws:cloudwatch/metricAlarm:MetricAlarm", "chat-alarm")
ROLE = Named("aws:iam/role:Role", "chat-role")
OTHERS = [
    (ALARM, "ValidationError: Period must be a multiple of 60", 2),
    (ROLE, "LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000", 4),
    (ROLE, "ConcurrentModification: the request was rejected", 5),
    (ROLE, "timeout while waiting for state to become 'success'", 5),
    (ALARM, "Throttling: Rate exceeded", 4),
    (ALARM, "it rains", 2),
]


@pytest.mark.parametrize(("resource", "message", "code"), OTHERS)
def test_what_runs_no_container_is_never_unhealthy(resource, message, code):
    error = translated([Trouble(message, resource)], [resource], "", causes_on("aws"))

    assert (error.exit_code, bool(error.hint)) == (code, True)


@pytest.mark.parametrize(
    "of",
    [
        "aws:sagemaker/endpoint:Endpoint",
        "azure-native:machinelearningservices:OnlineDeployment",
        "azure-native:machinelearningservices:OnlineEndpoint",
        "pulumi-python:dynamic/llamactl:EndpointVerification",
        "pulumi-python:dynamic/llamactl:AzureMlTraffic",
    ],
)
def test_an_endpoint_that_fails_for_an_unknown_cause_is_unhealthy(of):
    error = translated([Trouble("it rains", Named(of, "chat"))], [], "", causes_on("aws"))

    assert error.exit_code == 8


def test_throttling_sends_nobody_to_another_place():
    error = translated([Trouble("Rate exceeded", ROLE)], [], "", causes_on("aws"))

    assert isinstance(error, Throttled)
    assert not isinstance(error, NoQuota | NoInstances)


def test_a_missing_plugin_is_a_missing_program():
    output = (
        "error: no resource plugin 'pulumi-resource-aws' found in the workspace or on your $PATH"
    )

    error = translated([], [], output, causes_on("aws"))

    assert error.exit_code == 11
    assert "pulumi-resource-aws" in error.message


def test_resources_are_told_in_words():
    urn = "urn:pulumi:chat::llamactl::llamactl:aws:Endpoint$aws:cloudwatch/logGroup:LogGroup::x"

    assert str(named(urn)) == "log group x"


UNHEALTHY = Trouble("The container did not pass the ping health check.", ENDPOINT)
LOGS = [
    ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20 MiB", 8, "llamactl plan"),
    ("RuntimeError: Not enough memory to handle 4096 prefill tokens.", 8, "llamactl plan"),
    ("CUDA driver version is insufficient for CUDA runtime version", 8, "driver"),
    ("huggingface_hub.errors.GatedRepoError: 401 Client Error.", 6, "ask for access"),
    ("OSError: [Errno 28] No space left on device", 5, "disk"),
    ("Max retries exceeded with url: /api/models/x", 8, "stage"),
    ("exec /entrypoint.sh: exec format error", 2, "processor"),
]


@pytest.mark.parametrize(("line", "code", "fix"), LOGS)
def test_a_failed_health_check_is_explained_by_what_the_container_said(line, code, fix):
    error = translated([UNHEALTHY], [ENDPOINT], "", causes_on("aws"))

    why = explained(error, "aws", None, ["Args { num_shard: Some(1) }", line, "shutting down"])

    assert why.exit_code == code
    assert why.message.endswith(line)
    assert fix in why.hint


def test_the_clouds_own_reason_comes_before_the_log():
    error = translated([UNHEALTHY], [ENDPOINT], "", causes_on("aws"))
    reason = "Unable to provision compute capacity: InsufficientInstanceCapacity"

    why = explained(error, "aws", reason, ["CUDA out of memory"])

    assert isinstance(why, NoInstances)


def test_an_error_that_says_why_is_left_as_it_is():
    error = translated([Trouble("ResourceLimitExceeded: 0", ENDPOINT)], [], "", causes_on("aws"))

    assert explained(error, "aws", None, ["CUDA out of memory"]) is error


def test_a_container_that_said_nothing_leaves_the_error_as_it_is():
    error = translated([UNHEALTHY], [ENDPOINT], "", causes_on("azure"))

    assert explained(error, "azure", None, []) is error


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("OutOfQuota: Not enough quota available for Standard_NC24ads_A100_v4", 4),
        ("OutOfCapacity: the region has no capacity for the size", 5),
        ("ImagePullBackOff: failed to pull image", 2),
        ("ImagePullFailure: failed to pull image: 403 Forbidden", 2),
        ("Unable to download user container image: authorization error", 10),
        ("AuthorizationPermissionMismatch: no right on the blobs", 10),
        ("polling failed: context deadline exceeded", 5),
        ("SecretsInjectionError: the identity may not read the connection", 10),
        ("Conflict: There is already an operation in progress for this resource", 5),
        ("ResourceNotReady: User container has crashed or terminated", 8),
        ("OOMKilled", 8),
        ("Container creation timed out", 8),
        ("AuthorizationFailed: the client does not have authorization", 10),
        ("TooManyRequests", 4),
        ('Code="RequestDisallowedByPolicy" Message="Resource was disallowed by policy."', 10),
        ('Code="MissingSubscriptionRegistration" Message="not registered to use namespace"', 10),
        ('Code="PrincipalNotFound" Message="Principal x does not exist in the directory"', 5),
        ('Code="ConflictError" Message="A vault with the same name exists in deleted state"', 2),
        ('Code="InternalServerError" Message="try again"', 5),
    ],
)
def test_the_second_clouds_causes_have_their_exit_codes_and_fixes(message, code):
    error = translated([Trouble(message, ENDPOINT)], [ENDPOINT], "", causes_on("azure"))

    assert (error.exit_code, bool(error.hint)) == (code, True)


def test_a_name_that_a_user_has_chosen_is_no_cause():
    message = "Endpoint (gated) did not pass the ping health check"

    assert translated([Trouble(message, ENDPOINT)], [], "", causes_on("aws")).exit_code == 8


def test_of_a_state_that_was_waited_for_the_clouds_own_reason_is_told():
    message = (
        "waiting for SageMaker AI Endpoint (chat) to be in service: unexpected state 'Failed', "
        "wanted target 'InService'. last error: it did not pass the ping health check"
    )

    error = translated([Trouble(message, ENDPOINT)], [], "", causes_on("aws"))

    assert error.message == "endpoint chat-endpoint: Failed: it did not pass the ping health check"
