"""Whether an `up` would find nothing to change, told from what the last one left in the backend.

Pulumi's program is a function of the stack's config, of the packages that it is made of and of the
state. Where the last run was an `up` of the same packages that went well, its config is the one of
now, and nobody has written the state since, another one changes nothing. What a cloud has changed
by itself is no part of this: `deploy` compares what runs with what is asked for.
"""

import hashlib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from llamactl_infra.spec import Spec
from llamactl_infra.stacks.checkpoints import config_in, is_secret, text_of
from llamactl_infra.stacks.place import StackPlace
from llamactl_infra.stacks.stack_store import StackStore
from llamactl_infra.stacks.yaml_values import NotReadable

# What the program imports of this project, and what declares for it.
_PACKAGES = ("llamactl_catalog", "llamactl_containers", "llamactl_infra")
_PROVIDERS = ("pulumi", "pulumi-aws", "pulumi-azure-native")


def is_unchanged(spec: Spec, place: StackPlace, store: StackStore) -> bool:
    """Tell whether an `up` is known to change nothing; False where that is not certain."""
    try:
        store.require_settings_file(spec.name)
        last = store.last_run(spec.name)
        config = _comparable(config_in(place.folder, spec.name))
        state = store.state(spec.name)
        return (
            (last.kind, last.result) == ("update", "succeeded")
            and last.message == run_message(spec.catalog_overlay)
            and _comparable(last.config) == config
            and last.state == state
            and not state.get("pending_operations")
        )
    except (NotReadable, OSError):
        return False


def run_message(overlay: str | None) -> str:
    """Return the message of an `up`: it names the program that ran, by its content.

    `overlay` is the file that adds to the catalog, if there is one.

    Raises:
        OSError: the program's files, or the catalog's overlay, cannot be read.
    """
    digest = hashlib.sha256()
    for each in _PROVIDERS:
        digest.update(f"{each} {_version(each)}\n".encode())
    for path in (*_sources(), *([] if overlay is None else [Path(overlay)])):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return f"llamactl, program {digest.hexdigest()[:32]}"


def _sources() -> Iterator[Path]:
    for name in _PACKAGES:
        found = find_spec(name)
        if found is None or found.origin is None:
            raise OSError(f"{name} is not there")
        folder = Path(found.origin).parent
        files = (each for each in folder.rglob("*") if each.is_file() and each.suffix != ".pyc")
        yield from sorted(files)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _comparable(config: Mapping[str, Any]) -> dict[str, str]:
    """Write each value as one text; secrets as they are encrypted.

    Raises:
        NotReadable: a value has parts, which may be written in more than one way.
    """
    return {key: _one_text(value) for key, value in config.items()}


def _one_text(value: object) -> str:
    if is_secret(value) and isinstance(value, dict):
        return f"secret {value['secure']}"
    if isinstance(value, dict | list):
        raise NotReadable("a value has parts")
    return f"plain {text_of(value)}"
