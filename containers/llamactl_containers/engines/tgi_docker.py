"""TGI on this machine: the arguments that run its published image with Docker."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from llamactl_catalog.engine_versions import engine_version
from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.serving_contracts import OWN_MACHINE, serving_contract
from llamactl_containers.docker import INSTANCE_LABEL

_WEIGHTS = "/data"  # HF_HOME of the image's Dockerfile
_MODEL = "/model"


@dataclass(frozen=True, slots=True)
class TgiSettings:
    """One TGI container on this machine.

    `model_id` is a Hub repository or a folder's absolute path. `prefill_tokens` is the most that
    prompts are worked on at once. `batch_tokens` bounds all requests together, where TGI does not
    find that out by itself. `weights_dir` keeps what is downloaded. `port` 0 takes a free one.
    """

    instance_id: str
    container: str
    model_id: str
    revision: str | None
    num_shard: int
    max_total_tokens: int
    weights_dir: str
    prefill_tokens: int | None = None
    batch_tokens: int | None = None
    port: int = 0
    api_key: str | None = field(default=None, repr=False)

    def to_json(self) -> str:
        """Give the launch file's text. It holds the API key: write it with mode 0600."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "TgiSettings":
        """Read what `to_json` wrote.

        Raises:
            InvalidFile: it is not such a text.
        """
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            problems = [str(error)]
            hint = "llamactl deploy writes a valid one"
            raise InvalidFile("launch file", problems, hint=hint) from error


def run_arguments(settings: TgiSettings, port: int, environment: Mapping[str, str]) -> list[str]:
    """Give the command line that runs the container in the foreground.

    Secrets go by the name of their variable alone: an argument is for every user to read.
    """
    is_folder = Path(settings.model_id).is_absolute()
    mounts = [f"{settings.weights_dir}:{_WEIGHTS}"]
    if is_folder:
        mounts.append(f"{settings.model_id}:{_MODEL}:ro")
    values = {
        "MODEL_ID": _MODEL if is_folder else settings.model_id,
        # Never left to TGI: up to 3.3.6 it counts one GPU where NVIDIA_VISIBLE_DEVICES is `all`.
        "NUM_SHARD": str(settings.num_shard),
        "MAX_TOTAL_TOKENS": str(settings.max_total_tokens),
        "USAGE_STATS": "off",
    }
    if settings.prefill_tokens is not None:
        values["MAX_BATCH_PREFILL_TOKENS"] = str(settings.prefill_tokens)
    if settings.batch_tokens is not None:
        values["MAX_BATCH_TOTAL_TOKENS"] = str(settings.batch_tokens)
    if settings.revision is not None and not is_folder:
        values["REVISION"] = settings.revision
    names = [*(f"{name}={value}" for name, value in values.items()), *_secrets(environment)]
    return [
        *("docker", "run", "--rm", "--name", settings.container),
        *("--label", f"{INSTANCE_LABEL}={settings.instance_id}"),
        *("--gpus", "all", "--shm-size", "1g"),  # shm: NCCL between shards
        *("-p", f"127.0.0.1:{port}:{serving_contract(OWN_MACHINE).port}"),
        *(part for mount in mounts for part in ("-v", mount)),
        *(part for name in names for part in ("-e", name)),
        engine_version("tgi").image,
    ]


def run_environment(settings: TgiSettings, environment: Mapping[str, str]) -> dict[str, str]:
    """Give the environment that `run_arguments` takes its secrets from."""
    inherited = {name: value for name, value in environment.items() if name != "API_KEY"}
    return inherited if settings.api_key is None else {**inherited, "API_KEY": settings.api_key}


def _secrets(environment: Mapping[str, str]) -> list[str]:
    return [name for name in ("HF_TOKEN", "API_KEY") if environment.get(name)]
