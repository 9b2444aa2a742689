"""Where a deployment answers, by its stack's state alone: no cloud is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from llamactl_infra.deployment import AuthKind
from llamactl_infra.stacks.reading import outputs_of, resources_of


@dataclass(frozen=True, slots=True)
class KnownEndpoint:
    """What a caller needs to know of an endpoint; the last `up` wrote it down."""

    url: str
    model: str
    auth: AuthKind


def known_endpoint(state: Mapping[str, Any]) -> KnownEndpoint | None:
    """Return the endpoint that a state holds; None: the state alone does not tell for certain.

    It does not where a run was cut off, where an `up` never came to its end, and where the
    endpoint itself is no longer in the state, as after a destroy that failed half way.
    """
    outputs = outputs_of(state)
    url, model, name = (outputs.get(each) for each in ("url", "model", "endpoint_name"))
    auth = next((each for each in get_args(AuthKind) if each == outputs.get("auth")), None)
    if not (isinstance(url, str) and isinstance(model, str) and isinstance(name, str)):
        return None
    if auth is None or state.get("pending_operations") or not _is_held(name, state):
        return None
    return KnownEndpoint(url, model, auth)


def _is_held(name: str, state: Mapping[str, Any]) -> bool:
    """Tell whether a state holds the endpoint of that name; ids are names, or paths that end so."""
    return any(
        each.named.words.endswith("endpoint") and each.held.id.rpartition("/")[2] == name
        for each in resources_of(state)
    )
