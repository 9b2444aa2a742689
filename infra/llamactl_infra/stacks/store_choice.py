"""Which store reads the stacks of a place: a DIY backend's objects, or a service's API."""

from collections.abc import Mapping
from contextlib import suppress

from llamactl_infra.stacks.backends import backend_of
from llamactl_infra.stacks.checkpoints import Checkpoints
from llamactl_infra.stacks.place import StackPlace
from llamactl_infra.stacks.service_stacks import ServiceStacks, account_of
from llamactl_infra.stacks.stack_store import StackStore
from llamactl_infra.stacks.yaml_values import NotReadable


def store_of(place: StackPlace, environment: Mapping[str, str]) -> StackStore | None:
    """Open the stacks of a place; None: only Pulumi can read its backend."""
    with suppress(NotReadable):
        account = account_of(place, environment)
        if account is not None:
            return ServiceStacks(account)
        return Checkpoints(backend_of(place, environment))
    return None
