"""An AWS account on 127.0.0.1: SageMaker's endpoints with their lives, over moto's other services.

    with Aws(engine_url) as aws:
        environment = {**os.environ, **aws.environment}  # leads every AWS client here
        aws.faults.append(out_of_capacity())  # the next endpoint fails so
        aws.quotas["ml.g5.2xlarge"] = 0  # what Service Quotas tells, and CreateEndpoint enforces
        aws.say("chat", "a line of the container's log")
        aws.everything()  # names of all that is there

Every request is checked by the service's own model; `aws.problems` has what did not fit. Requests
in the order that they came are `aws.requests`. Moto keeps one account a process: one at a time.
"""

from typing import TYPE_CHECKING, Any

from standins.aws.account import ACCOUNT, KEYS, REGION
from standins.aws.faults import Fault

if TYPE_CHECKING:
    from standins.aws.server import Aws

__all__ = ["ACCOUNT", "KEYS", "REGION", "Aws", "Fault"]


def __getattr__(name: str) -> Any:
    """Import the server where it is asked for: moto takes 1.5 s, which no plugin's start needs."""
    if name != "Aws":
        raise AttributeError(name)
    from standins.aws.server import Aws

    return Aws
