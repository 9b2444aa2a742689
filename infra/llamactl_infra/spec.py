"""The spec: everything that a deployment is to be, as one value that a stack's config stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.model import PromptFormatName
from llamactl_infra.azure_ml_spec import AzureMlSpec
from llamactl_infra.capacity import Capacity, Schedule
from llamactl_infra.sagemaker_spec import SageMakerSpec
from llamactl_infra.stored_values import from_texts, problems_of, to_texts

__all__ = [
    "SECRETS",
    "AzureMlSpec",
    "Capacity",
    "Cloud",
    "Engine",
    "SageMakerSpec",
    "Schedule",
    "Spec",
    "Update",
]

Cloud = Literal["aws", "azure", "local"]
Engine = Literal["llama.cpp", "tgi"]
Update = Literal["all-at-once", "canary", "linear", "rolling"]

SECRETS = ("api_key", "hub_token")
"""The settings that a stack keeps encrypted."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What one deployment is to be. None: the target or the engine decides.

    `weights` is the path of a GGUF file for llama.cpp, a Hub repository or a folder for TGI.
    `context_tokens` is shared by the `parallel` requests that run at once. TGI works
    on `prefill_tokens` of prompts at once; `batch_tokens` bounds what it has in flight where it
    cannot tell by itself. `license_acceptance` is
    the id of the record in `license_ledger` that covers the model; `catalog_overlay` is where the
    organization's own models are told.

    On a cloud: `image` is the container by its digest, or the cloud's ready one by its tag.
    `weights_uri` is where the platform fetches the weights from (s3://…, azureml://…); None: the
    engine fetches `weights` from the Hub by itself. `weights_bytes` is their size. `environment`
    is how the engine is started there. `instances`, `min_instances`, `max_instances` and
    `schedules` are the parts of `capacity`, under the keys that stack configs have always had;
    where it scales, it does at `target_concurrency` requests an instance.
    `download_timeout_s` and `health_timeout_s` bound the start of one; None: from the weights'
    bytes. `alarm_actions` are told when an alarm goes off, by the cloud's own ids. `owner`,
    `expires_on` (a day, like 2027-01-31) and `tags` are put on every resource.
    """

    name: str
    model: str
    cloud: Cloud
    engine: Engine
    weights: str
    context_tokens: int
    parallel: int
    revision: str | None = None
    prompt_format: PromptFormatName | None = None
    threads: int | None = None
    threads_batch: int | None = None
    num_shard: int | None = None
    prefill_tokens: int | None = None
    batch_tokens: int | None = None
    port: int | None = None
    license_acceptance: str | None = None
    license_ledger: str | None = None
    catalog_overlay: str | None = None
    api_key: str | None = field(default=None, repr=False)
    engine_version: str | None = None
    region: str | None = None
    instance_type: str | None = None
    instances: int = 1
    min_instances: int | None = None
    max_instances: int | None = None
    target_concurrency: int | None = None
    schedules: tuple[Schedule, ...] = ()
    image: str | None = None
    weights_uri: str | None = None
    weights_bytes: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    download_timeout_s: int | None = None
    health_timeout_s: int | None = None
    update: Update = "all-at-once"
    alarms: bool = True
    alarm_actions: tuple[str, ...] = ()
    log_days: int = 30
    owner: str | None = None
    expires_on: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    usd_per_hour: float | None = None
    hub_token: str | None = field(default=None, repr=False)
    sagemaker: SageMakerSpec | None = None
    azure_ml: AzureMlSpec | None = None

    @property
    def capacity(self) -> Capacity:
        """How many instances there may be, and when."""
        return Capacity.of(self.instances, self.min_instances, self.max_instances, self.schedules)

    @property
    def peak_usd_per_hour(self) -> float | None:
        """What all instances cost at the peak; None: their price is not known."""
        price = self.usd_per_hour
        return None if price is None else self.capacity.peak_usd_per_hour(price)

    def to_config(self) -> dict[str, str]:
        """Give the stack config that `from_config` reads back; what is None is left out."""
        return to_texts(self)

    @classmethod
    def from_config(cls, config: Mapping[str, str]) -> "Spec":
        """Read a spec from a stack config.

        Raises:
            InvalidFile: with every missing, unknown and malformed key of the config.
        """
        problems = problems_of(cls, config)
        if problems:
            raise InvalidFile("stack config", problems, hint="llamactl deploy writes a valid one")
        return cls(**from_texts(cls, config))
