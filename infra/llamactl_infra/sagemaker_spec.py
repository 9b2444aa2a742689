"""What a deployment on SageMaker is to be, beyond what every cloud is told."""

from dataclasses import dataclass
from typing import Literal

Routing = Literal["LEAST_OUTSTANDING_REQUESTS", "RANDOM"]
ImageAccess = Literal["Platform", "Vpc"]


@dataclass(frozen=True, slots=True)
class SageMakerSpec:
    """SageMaker's own settings; None or (): the platform's default, or none of it.

    `account` is the id of the account that it is in: the role that is made trusts SageMaker on its
    behalf alone.
    `inference_ami` is the host's image; None: the oldest whose driver runs the engine's CUDA.
    `accept_eula` is said of weights in a bucket that asks for it, after the license gate.
    `execution_role` is the ARN of a role to use, where none may be made; `permissions_boundary`
    is put on the one that is made. `canary_percent` is the first part of the traffic or, at a
    linear update, each; `bake_s` is how long each part is watched, `keep_old_s` how long the old
    fleet stays after that; a rolling update replaces `batch_percent` at once. None: so that the
    update is over while Pulumi's provider waits for it.
    `async_output_uri` makes it an asynchronous endpoint; `capture_uri` records
    `capture_percent` of requests and answers there. ARNs are whole.
    """

    account: str | None = None
    inference_ami: str | None = None
    accept_eula: bool = False
    execution_role: str | None = None
    permissions_boundary: str | None = None
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    network_isolation: bool = False
    image_access: ImageAccess = "Platform"
    kms_key: str | None = None
    volume_gb: int | None = None
    routing: Routing = "LEAST_OUTSTANDING_REQUESTS"
    canary_percent: int = 10
    batch_percent: int | None = None
    bake_s: int | None = None
    keep_old_s: int | None = None
    capture_uri: str | None = None
    capture_percent: int = 100
    async_output_uri: str | None = None
    async_failure_uri: str | None = None
    async_success_topic: str | None = None
    async_error_topic: str | None = None
    async_concurrency: int | None = None
