"""What reads the project's stacks without Pulumi, wherever they are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from llamactl_infra.stacks.yaml_values import NotReadable

Secrets = Literal["omitted", "masked", "read"]
"""What becomes of settings that are secrets: for "masked", only that there is one is told."""
MASK = "(secret)"

# What a state of version 4 may need; none of them changes what is read here.
_FEATURES = frozenset({
    "refreshBeforeUpdate",
    "views",
    "hooks",
    "taint",
    "replaceWith",
    "snippets-prototype",
    "extensionParameterization",
    "byteString",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One run of Pulumi on a stack: what it was, how it ended, and the config and state it left."""

    kind: str
    result: str
    message: str
    config: Mapping[str, Any] = field(repr=False)
    state: Mapping[str, Any] = field(repr=False)


class StackStore(Protocol):
    """The project's stacks in one backend.

    Raises:
        NotReadable: from each method, where Pulumi is to be asked instead.
    """

    def names(self) -> tuple[str, ...]:
        """Name every stack of the project."""

    def state(self, name: str) -> Mapping[str, Any]:
        """Return what the last run left in the state of a stack; {} where there was none."""

    def last_run(self, name: str) -> Run:
        """Return what the backend's history says of the last run on a stack."""

    def require_settings_file(self, name: str) -> None:
        """Refuse a stack whose settings are kept elsewhere than in a file of the project."""


def deployment_in(whole: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the state in a versioned document; {} where nothing was run yet.

    Raises:
        NotReadable: it is of a version or a shape that is not known here.
    """
    try:
        version, features = whole["version"], frozenset(whole.get("features") or ())
        state = {} if whole.get(key) is None else whole[key]
        known = version == 3 or (version == 4 and features <= _FEATURES)  # noqa: PLR2004 - Pulumi's
        is_state = isinstance(state, dict) and isinstance(state.get("resources", []), list)
    except (KeyError, TypeError, AttributeError) as error:
        raise NotReadable(f"no state: {error}") from error
    if not known or not is_state:
        raise NotReadable(f"a state of version {version}")
    return state
