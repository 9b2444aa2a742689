"""What goes wrong on demand, as Azure says it.

Codes and texts: MicrosoftDocs/azure-ai-docs, how-to-troubleshoot-online-endpoints; Azure Resource
Manager, request-limits-and-throttling; read 2026-11-22.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Fault:
    """Refuses what a method and a path match, so many `times`.

    `late`: the request is taken, and the change comes to nothing in the end. `delay_s`: it takes
    longer, and then all is well.
    """

    method: str
    path: str
    code: str = ""
    message: str = ""
    status: int = 400
    times: int = 1
    late: bool = False
    delay_s: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def takes(self, method: str, path: str) -> bool:
        """Tell whether it is this request's turn, and count it."""
        hit = (
            self.times > 0
            and re.fullmatch(self.method, method) is not None
            and re.search(self.path, path, re.IGNORECASE) is not None
        )
        self.times -= hit
        return hit


DEPLOYMENT = r"/deployments/[^/]+$"


def out_of_quota(times: int = 1) -> Fault:
    said = "Not enough quota available for Standard_NC24ads_A100_v4. Current usage/limit: 0/0."
    return Fault("PUT", DEPLOYMENT, "OutOfQuota", said, times=times, late=True)


def out_of_capacity(times: int = 1) -> Fault:
    said = "The specified VM size cannot be provisioned for lack of capacity in the region."
    return Fault("PUT", DEPLOYMENT, "OutOfCapacity", said, times=times, late=True)


def failed_health(times: int = 1) -> Fault:
    said = "User container has crashed or terminated: Liveness probe failed. Please see the logs."
    return Fault("PUT", DEPLOYMENT, "ResourceNotReady", said, times=times, late=True)


def slow_start(delay_s: float) -> Fault:
    return Fault("PUT", DEPLOYMENT, delay_s=delay_s)


def throttled(path: str, times: int = 1, *, retry_after: str = "0.01") -> Fault:
    said = "Number of requests exceeded the limit. Please try again after some seconds."
    headers = {"Retry-After": retry_after}
    return Fault(".*", path, "TooManyRequests", said, 429, times, headers=headers)


def conflicting(path: str, times: int = 1, *, retry_after: str = "0.01") -> Fault:
    said = "There is already an operation in progress for this resource."
    return Fault(
        "PUT|DELETE", path, "Conflict", said, 409, times, headers={"Retry-After": retry_after}
    )
