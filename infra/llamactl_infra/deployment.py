"""A deployment as every target tells it: a named thing that serves a model."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from llamactl_infra.spec import Cloud

AuthKind = Literal["aad_token", "key", "sigv4"]
DeploymentState = Literal["deploying", "running", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is known of a deployment at one moment. `created_at` is in UTC.

    `reason` says why it is in its state, where there is more to say than the state. `endpoint` is
    where requests go: the base URL, or on a cloud the URL that its platform gives. `pid` is the
    engine's process; both are None where nothing answers. `weights` is what the engine loads, as in
    the spec. `auth` is how a caller is let in: by the bearer key if there is one, by a signature
    with the cloud's credentials, by a token of whoever is signed in. `slot` is which of the fleets
    behind the endpoint is asked; None: its traffic decides.
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
    usd_per_hour: float
    created_at: datetime
    pid: int | None
    context_tokens: int | None
    log_path: Path
    weights: str | None = None
    api_key: str | None = field(default=None, repr=False)
    auth: AuthKind = "key"
    slot: str | None = None

    @property
    def repair_hint(self) -> str:
        """The command that brings it back as it was."""
        engine = "" if self.engine == "llama.cpp" else f" --engine {self.engine}"
        where = f"--name {self.name} --cloud {self.cloud}{engine}"
        return f"llamactl deploy {self.model} {where} repairs it"
