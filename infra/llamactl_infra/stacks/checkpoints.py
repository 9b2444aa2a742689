"""Names, state and settings of stacks, read from the backend's own objects without Pulumi.

A checkpoint is what `pulumi stack export` prints, as it lies in a DIY backend. Layouts, versions
and features that are not known here are left to Pulumi.

Source: pulumi 3.260, pkg/backend/diy/{meta,store,state}.go and pkg/resource/stack/checkpoint.go.
"""

import gzip
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llamactl_infra.stacks.backends import Backend
from llamactl_infra.stacks.place import PROJECT, PROJECT_FILES
from llamactl_infra.stacks.stack_store import MASK, Run, Secrets, deployment_in
from llamactl_infra.stacks.yaml_values import NotReadable, mapping_of

_STACKS = f"stacks/{PROJECT}"
# The layout with a folder for each project. Without it, a stack's file names no project.
_LAYOUT = re.compile(rb"\s*version:\s*1\s*")
_STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
# As all names of one stack begin alike, their order is that of the times in them.
_HISTORY = re.compile(r"\.history(\.json(?:\.gz|\.zst)?)$")
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# In the order in which Pulumi meets them: of two that are equally new it takes the last.
_SUFFIXES = (".json", ".json.gz", ".json.zst")


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The project's checkpoints in a backend.

    Raises:
        NotReadable: from each method, where Pulumi is to be asked instead.
    """

    backend: Backend

    def names(self) -> tuple[str, ...]:
        """Name every stack of the project."""
        self._require_layout()
        found = set()
        for each in self.backend.entries(_STACKS):
            name = _without_suffix(each.name)
            if name is None and each.name.endswith((".yaml", ".yml")):
                raise NotReadable(f"{each.name} is a checkpoint of another kind")
            if name is not None and _STACK_NAME.fullmatch(name):
                found.add(name)
        return tuple(sorted(found))

    def state(self, name: str) -> Mapping[str, Any]:
        """Return what the last run left in the state of a stack; {} where there was none."""
        self._require_layout()
        variants = {f"{name}{suffix}" for suffix in _SUFFIXES}
        found = [each for each in self.backend.entries(_STACKS) if each.name in variants]
        if not found:
            raise NotReadable(f"no checkpoint of {name}")
        newest = max(reversed(found), key=lambda each: each.modified)
        return _latest(unpacked(self.backend.read(f"{_STACKS}/{newest.name}")))

    def last_run(self, name: str) -> Run:
        """Return what Pulumi's history says of the last run on a stack."""
        self._require_layout()
        folder = f"history/{PROJECT}/{name}"
        found = {each.name for each in self.backend.entries(folder)}
        runs = sorted(each for each in found if _HISTORY.search(each))
        if not runs:
            raise NotReadable(f"no history of {name}")
        checkpoint = _HISTORY.sub(r".checkpoint\1", runs[-1])
        try:
            told = json.loads(unpacked(self.backend.read(f"{folder}/{runs[-1]}")))
            kind, result, message = told["kind"], told["result"], told["message"]
            config = dict(told.get("config") or {})
        except (ValueError, RecursionError, KeyError, TypeError) as error:
            raise NotReadable(f"no history: {error}") from error
        state = _latest(unpacked(self.backend.read(f"{folder}/{checkpoint}")))
        return Run(kind, result, message, config, state)

    def require_settings_file(self, name: str) -> None:
        """Do nothing: settings are in a file of the project."""

    def _require_layout(self) -> None:
        if not _LAYOUT.fullmatch(self.backend.read("meta.yaml")):
            raise NotReadable("the backend's layout is another one")


def settings_in(folder: Path, name: str, secrets: Secrets = "omitted") -> dict[str, str]:
    """Read the settings of a stack from its file in the project's folder; {} where there is none.

    Raises:
        NotReadable: Pulumi is to be asked: for secrets, or as more than this file decides.
    """
    return settings_of(config_in(folder, name), secrets)


def settings_of(config: Mapping[str, Any], secrets: Secrets = "omitted") -> dict[str, str]:
    """Return the project's settings of a stack's whole config.

    Raises:
        NotReadable: values of secrets are asked for, and there are some; or one is part of a value.
    """
    found: dict[str, str] = {}
    for key, value in config.items():
        hidden = is_secret(value)
        if hidden and secrets == "read":
            raise NotReadable("Pulumi alone decrypts secrets")
        namespace, _, setting = key.partition(":")
        if namespace == PROJECT and not (hidden and secrets == "omitted"):
            found[setting] = MASK if hidden else text_of(value)
    return found


def config_in(folder: Path, name: str) -> dict[str, Any]:
    """Read the whole config of a stack from its file, secrets as they are encrypted there.

    Raises:
        NotReadable: more than this file decides, or it is of another shape.
    """
    project = next((each for each in PROJECT_FILES if (folder / each).is_file()), PROJECT_FILES[0])
    if mapping_of(folder / project).keys() & {"config", "stackConfigDir"}:
        raise NotReadable("the project gives its stacks settings too")
    path = folder / f"Pulumi.{name}{Path(project).suffix}"
    if not path.exists():
        return {}
    whole = mapping_of(path)
    config = whole.get("config", {})
    if "environment" in whole or not isinstance(config, dict):
        raise NotReadable("an environment gives the stack settings too")
    if any(key.count(":") != 1 for key in config):
        raise NotReadable("a key has no namespace of its own")
    return config


def is_secret(value: object) -> bool:
    """Tell whether a value of a stack's config is encrypted."""
    return isinstance(value, dict) and value.keys() == {"secure"}


def text_of(value: object) -> str:
    """Write a value as Pulumi hands it on: a text as it is, what has parts as JSON."""
    if isinstance(value, str):
        return value
    if _has_secrets(value):
        raise NotReadable("a part of it is a secret")
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _has_secrets(value: object) -> bool:
    if isinstance(value, dict):
        return "secure" in value or any(_has_secrets(each) for each in value.values())
    return isinstance(value, list) and any(_has_secrets(each) for each in value)


def _without_suffix(file_name: str) -> str | None:
    return next(
        (file_name.removesuffix(each) for each in _SUFFIXES if file_name.endswith(each)), None
    )


def unpacked(content: bytes) -> bytes:
    """Unpack by the content, as Pulumi does, and not by the name."""
    if content.startswith(_ZSTD):
        raise NotReadable("the checkpoint is compressed with zstd")
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise NotReadable(str(error)) from error


def _latest(content: bytes) -> Mapping[str, Any]:
    try:
        whole = json.loads(content)
        checkpoint = {"latest": whole["checkpoint"].get("latest")}
        return deployment_in({**whole, **checkpoint}, "latest")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise NotReadable(f"no checkpoint: {error}") from error
