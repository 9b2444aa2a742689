"""A deployment as every target tells it: a named thing that serves a model."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from llamactl_infra.spec import Cloud

AuthKind = Literal["aad_token", "key", "sigv4"]
DeploymentState = Literal[
    "deploying", "running", "updating", "failed", "stopped", "deleting", "unknown"
]
_MAY_ANSWER: tuple[DeploymentState, ...] = ("running", "updating", "unknown")


@dataclass(frozen=True, slots=True)
class CloudFacts:
    """What there is to know of a deployment on a cloud alone; None: it is not known.

    `instances` is how many there are now. `min_instances` and `max_instances` are the fewest and
    the most that there may be at any time, schedules too; at the most they cost
    `peak_usd_per_hour`. `slot` is the fleet behind the endpoint that the last update made.
    `resources` are those that the stack's state holds, in words. `differences` are where what runs
    is not what was asked for; None: that was not looked for.
    """

    image: str | None
    image_digest: str | None
    revision: str | None
    instances: int | None
    min_instances: int | None
    max_instances: int | None
    owner: str | None
    expires_on: str | None
    slot: str | None
    resources: tuple[str, ...]
    differences: tuple[str, ...] | None = None
    peak_usd_per_hour: float | None = None

    def kinds(self) -> tuple[str, ...]:
        """Count the resources by what they are: `metric alarm (3)`."""
        return kinds_of(self.resources)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is known of a deployment at one moment. `created_at` is in UTC.

    `reason` says why it is in its state, where there is more to say than the state. `endpoint` is
    where requests go: the base URL, or on a cloud the URL that its platform gives. `pid` is the
    engine's process; both are None where nothing answers. `weights` is what the engine loads, as in
    the spec. `auth` is how a caller is let in: by the bearer key if there is one, by a signature
    with the cloud's credentials, by a token of whoever is signed in. `slot` is which of the fleets
    behind the endpoint is asked; None: its traffic decides. `usd_per_hour` is that of what runs
    now; None: its price is not known. `log_path` None: the log is not on this machine.
    """

    name: str
    model: str
    cloud: Cloud
    region: str
    instance_type: str
    engine: str
    state: DeploymentState
    reason: str | None
    endpoint: str | None
    usd_per_hour: float | None
    created_at: datetime
    pid: int | None
    context_tokens: int | None
    log_path: Path | None
    weights: str | None = None
    api_key: str | None = field(default=None, repr=False)
    auth: AuthKind = "key"
    slot: str | None = None
    cloud_facts: CloudFacts | None = None

    @property
    def may_answer(self) -> bool:
        """Whether it is worth asking: it runs, or nothing is known that says otherwise."""
        return self.state in _MAY_ANSWER and self.endpoint is not None

    @property
    def repair_hint(self) -> str:
        """The command that brings it back as it was."""
        is_usual = self.engine == "llama.cpp" or self.cloud_facts is not None
        engine = "" if is_usual else f" --engine {self.engine}"
        where = f"--name {self.name} --cloud {self.cloud}{engine}"
        return f"llamactl deploy {self.model} {where} repairs it"


def kinds_of(resources: Iterable[str]) -> tuple[str, ...]:
    """Count resources by what they are, `metric alarm (3)`; the last word of each is its name."""
    kinds = Counter(each.rpartition(" ")[0] for each in resources)
    return tuple(kind if count == 1 else f"{kind} ({count})" for kind, count in kinds.items())
