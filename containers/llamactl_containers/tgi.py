"""Text Generation Inference: the image, its settings, and the arguments that run it with Docker."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from llamactl_catalog.errors import InvalidFile
from llamactl_containers.docker import INSTANCE_LABEL

# Apache-2.0, and the release that TGI's own documentation names. 1.0.0 to 1.4.5 are under a license
# that forbids paid hosting. Source: huggingface/text-generation-inference, README, 2026-01.
VERSION = "3.3.5"
IMAGE = f"ghcr.io/huggingface/text-generation-inference:{VERSION}"
_CONTAINER_PORT = 80  # PORT of the image's Dockerfile
_WEIGHTS = "/data"  # HF_HOME of the image's Dockerfile
_MODEL = "/model"


@dataclass(frozen=True, slots=True)
class TgiSettings:
    """One TGI container on this machine.

    `model_id` is a Hub repository or a folder's absolute path. `weights_dir` keeps what is
    downloaded. `port` 0 takes a free one.
    """

    instance_id: str
    container: str
    model_id: str
    revision: str | None
    num_shard: int
    max_total_tokens: int
    weights_dir: str
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


def shards(gpus: int, heads: int, kv_heads: int) -> int:
    """Choose the most shards, up to one a GPU, that divide attention and key-value heads.

    Source: text-generation-inference, flash_llama_modeling: both must divide by the shard count.
    """
    fitting = (n for n in range(1, gpus + 1) if heads % n == 0 and kv_heads % n == 0)
    return max(fitting, default=1)


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
    if settings.revision is not None and not is_folder:
        values["REVISION"] = settings.revision
    names = [*(f"{name}={value}" for name, value in values.items()), *_secrets(environment)]
    return [
        *("docker", "run", "--rm", "--name", settings.container),
        *("--label", f"{INSTANCE_LABEL}={settings.instance_id}"),
        *("--gpus", "all", "--shm-size", "1g"),  # shm: NCCL between shards
        *("-p", f"127.0.0.1:{port}:{_CONTAINER_PORT}"),
        *(part for mount in mounts for part in ("-v", mount)),
        *(part for name in names for part in ("-e", name)),
        IMAGE,
    ]


def run_environment(settings: TgiSettings, environment: Mapping[str, str]) -> dict[str, str]:
    """Give the environment that `run_arguments` takes its secrets from."""
    inherited = {name: value for name, value in environment.items() if name != "API_KEY"}
    return inherited if settings.api_key is None else {**inherited, "API_KEY": settings.api_key}


def _secrets(environment: Mapping[str, str]) -> list[str]:
    return [name for name in ("HF_TOKEN", "API_KEY") if environment.get(name)]
