"""What goes wrong on demand, as AWS says it.

Texts: Amazon SageMaker AI developer guide, "Troubleshoot model deployments"; AWS re:Post articles
on endpoint creation; errors of botocore's service models; read 2026-11-22.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

ALWAYS = 1_000_000
LIMIT = (
    "The account-level service limit '{type} for endpoint usage' is {limit} Instances, with "
    "current utilization of {used} Instances and a request delta of {delta} Instances. Please use "
    "AWS Service Quotas to request an increase for this quota."
)
HEALTH = (
    "The primary container for production variant {variant} did not pass the ping health check. "
    "Please check CloudWatch logs for this endpoint."
)
OUT_OF_MEMORY = (
    "Starting Webserver",
    (
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 224.00 MiB. GPU 0 has a "
        "total capacity of 22.06 GiB of which 164.44 MiB is free."
    ),
    "Error: ShardCannotStart",
)
OLD_DRIVER = (
    (
        "RuntimeError: The NVIDIA driver on your system is too old (found version 11040). Please "
        "update your GPU driver."
    ),
    "Error: ShardCannotStart",
)
GATED = (
    "Error: DownloadError",
    (
        "huggingface_hub.errors.GatedRepoError: 401 Client Error. Cannot access gated repo for url "
        "https://huggingface.co/meta-llama/Llama-2-7b-chat-hf/resolve/main/config.json. Access to "
        "model meta-llama/Llama-2-7b-chat-hf is restricted. You must have access to it and be "
        "authenticated to access it. Please log in."
    ),
)


@dataclass
class Fault:
    """Refuses the operations that match, so many `times`.

    An operation is CreateEndpoint, or of REST services METHOD /path. `late`: the request is taken,
    and the endpoint fails in the end, with `message` as its reason and `log` as its containers'; an
    update is taken back, and for `back_s` it is seen to be. `steps`: so many times an endpoint is
    looked at before its change is over; `delay_s`: so long it takes.
    """

    operation: str
    code: str = ""
    message: str = ""
    status: int = 400
    times: int = 1
    late: bool = False
    log: Sequence[str] = ()
    steps: int = 0
    delay_s: float = 0.0
    back_s: float = 0.0

    def takes(self, operation: str) -> bool:
        """Tell whether it is this request's turn, and count it."""
        hit = self.times > 0 and re.fullmatch(self.operation, operation) is not None
        self.times -= hit
        return hit

    @property
    def is_about_life(self) -> bool:
        """Whether the request is taken all the same."""
        return self.late or self.steps > 0 or self.delay_s > 0


CHANGE = "CreateEndpoint|UpdateEndpoint"


def out_of_quota(times: int = 1, *, operation: str = "CreateEndpoint") -> Fault:
    """Refuse an endpoint, as where Service Quotas tells more than is enforced."""
    said = LIMIT.format(type="ml.g5.2xlarge", limit=0, used=0, delta=1)
    return Fault(operation, "ResourceLimitExceeded", said, times=times)


def out_of_capacity(times: int = 1) -> Fault:
    """Take an endpoint, and find no machine for it."""
    said = (
        "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity "
        "error. Please retry using a different ML instance type or after some time."
    )
    return Fault(CHANGE, message=said, times=times, late=True)


def failed_health(log: Sequence[str] = OUT_OF_MEMORY, times: int = 1) -> Fault:
    """Start the container, which says `log` and never answers."""
    said = HEALTH.format(variant="AllTraffic")
    return Fault(CHANGE, message=said, times=times, late=True, log=tuple(log))


def failed_pull(times: int = 1) -> Fault:
    """Let the image not be had."""
    said = (
        "The repository of your image does not exist or does not grant ecr:GetDownloadUrlForLayer, "
        "ecr:BatchGetImage, ecr:BatchCheckLayerAvailability permission to the role."
    )
    return Fault(CHANGE, message=said, times=times, late=True)


def taken_back(
    reason: str = HEALTH.format(variant="AllTraffic"),
    times: int = 1,
    *,
    delay_s: float = 0.0,
    back_s: float = 0.0,
) -> Fault:
    """Take an update, go back to the configuration before, and say that all is in service.

    With `back_s` it is RollingBack for so long.
    """
    return Fault(
        "UpdateEndpoint", message=reason, times=times, late=True, delay_s=delay_s, back_s=back_s
    )


def slow_start(*, steps: int = 0, delay_s: float = 0.0) -> Fault:
    """Take its time; then all is well."""
    return Fault(CHANGE, steps=steps, delay_s=delay_s)


def slow_end(delay_s: float, times: int = 1) -> Fault:
    """Be seen as Deleting for so long."""
    return Fault("DeleteEndpoint", delay_s=delay_s, times=times)


def throttled(operation: str, times: int = 1) -> Fault:
    """Slow down whoever asks."""
    return Fault(operation, "ThrottlingException", "Rate exceeded", times=times)


def denied(operation: str, times: int = ALWAYS) -> Fault:
    """Refuse an operation to these credentials; a simulation of policies says so too."""
    return Fault(operation, "AccessDeniedException", "", 400, times)


def expired(times: int = ALWAYS) -> Fault:
    """Take no request of these credentials any more."""
    said = "The security token included in the request is expired"
    return Fault(".*", "ExpiredTokenException", said, 403, times)
