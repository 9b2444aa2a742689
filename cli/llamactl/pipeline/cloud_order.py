"""What `deploy` was asked for on a cloud, before anything is decided."""

from dataclasses import dataclass, field
from pathlib import Path

from llamactl.pipeline.accepted import Accepted
from llamactl_catalog.placement import Objective, Quantization
from llamactl_infra.spec import Update

ANY = "any"
"""Every cloud that there are credentials for."""

HUB = "hub"
"""What `--weights` calls the Hugging Face Hub."""


@dataclass(frozen=True, slots=True)
class CloudOrder:
    """An order to serve a model on a cloud; None or (): llamactl, or what stands, decides.

    `cloud` is a cloud's name, `ANY`, or None: that of the deployment of this name, or `ANY`.
    `min_instances` carry the load, `max_instances` are the most that the autoscaler may take;
    `replicas` is both. `image` is a reference with its digest, or READY; `registry` is where an
    image of llamactl's own is built for. `weights` is where they are staged, or HUB. `settings` are
    those of `--set`, by the keys of the stack's config. `timeout_s` bounds the start of an
    instance. `plan_file` holds a plan whose placement is taken as it is.
    """

    model: str
    cloud: str | None = None
    name: str | None = None
    regions: tuple[str, ...] = ()
    instance_types: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    quantizations: tuple[Quantization, ...] = ()
    engine: str | None = None
    num_shard: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    concurrency: int | None = None
    context_tokens: int | None = None
    replicas: int | None = None
    min_instances: int | None = None
    max_instances: int | None = None
    target_concurrency: int | None = None
    update: Update | None = None
    max_usd_per_hour: float | None = None
    objective: Objective = "cost"
    image: str | None = None
    registry: str | None = None
    weights: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    owner: str | None = None
    expires_on: str | None = None
    plan_file: Path | None = None
    dry_run: bool = False
    preview: bool = False
    fallback: bool = False
    unlock: bool = False
    force_unlock: bool = False
    yes: bool = False
    as_json: bool = False
    timeout_s: int | None = None
    accepted: Accepted = field(default_factory=Accepted)

    def deployment_name(self) -> str:
        """Give the name that was asked for, or else the model's id as a name."""
        return self.name if self.name is not None else self.model.replace(".", "-")
