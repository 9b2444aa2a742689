"""The spec: everything that a deployment is to be, as one value that a stack's config stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, get_args

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.model import PromptFormatName

Cloud = Literal["aws", "azure", "local"]
Engine = Literal["llama.cpp", "tgi"]

_INTEGERS = (
    "context_tokens",
    "parallel",
    "threads",
    "threads_batch",
    "num_shard",
    "prefill_tokens",
    "batch_tokens",
    "port",
)
_CHOICES = {
    "cloud": get_args(Cloud),
    "engine": get_args(Engine),
    "prompt_format": get_args(PromptFormatName),
}


@dataclass(frozen=True, slots=True)
class Spec:
    """What one deployment is to be. None: the target or the engine decides.

    `weights` is the path of a GGUF file for llama.cpp, a Hub repository or a folder for TGI.
    `context_tokens` is shared by the `parallel` requests that run at once. TGI works
    on `prefill_tokens` of prompts at once; `batch_tokens` bounds what it has in flight where it
    cannot tell by itself. `license_acceptance` is
    the id of the record in `license_ledger` that covers the model; `catalog_overlay` is where the
    organization's own models are told.
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

    def to_config(self) -> dict[str, str]:
        """Give the stack config that `from_config` reads back; what is None is left out."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: str(value) for name, value in values.items() if value is not None}

    @classmethod
    def from_config(cls, config: Mapping[str, str]) -> "Spec":
        """Read a spec from a stack config.

        Raises:
            InvalidFile: with every missing, unknown and malformed key of the config.
        """
        problems = [*_unknown(config), *_missing(config), *_malformed(config)]
        if problems:
            raise InvalidFile("stack config", problems, hint="llamactl deploy writes a valid one")
        values = {name: int(text) if name in _INTEGERS else text for name, text in config.items()}
        return cls(**values)  # type: ignore[arg-type]  # checked key by key above


def _unknown(config: Mapping[str, str]) -> list[str]:
    known = {each.name for each in fields(Spec)}
    return [f"{name}: no such setting" for name in sorted(set(config) - known)]


def _missing(config: Mapping[str, str]) -> list[str]:
    needed = ("name", "model", "cloud", "engine", "weights", "context_tokens", "parallel")
    return [f"{name}: is missing" for name in needed if name not in config]


def _malformed(config: Mapping[str, str]) -> list[str]:
    numbers = [
        f"{name}: '{config[name]}' is not a whole number of at least 1"
        for name in _INTEGERS
        if name in config
        and not (config[name].isascii() and config[name].isdigit() and int(config[name]))
    ]
    choices = [
        f"{name}: '{config[name]}' is not one of {', '.join(allowed)}"
        for name, allowed in _CHOICES.items()
        if name in config and config[name] not in allowed
    ]
    return numbers + choices
