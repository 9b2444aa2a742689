"""Whether a spec asks for the deployment that is there, and what it leaves as it was."""

from dataclasses import replace

from llamactl_catalog.errors import InvalidInput
from llamactl_infra.spec import Spec

# What makes it another deployment. The rest are settings: a deployment that does not run takes the
# new ones when it is started again; one that runs is never restarted behind its users' backs.
_IDENTITY = ("model", "revision", "engine", "weights")
_SETTINGS = ("context_tokens", "parallel", "threads", "threads_batch", "num_shard", "port")


def merged(old: Spec, new: Spec) -> Spec:
    """Give the new spec, with the old value of every setting that it leaves open."""
    open_settings = ("prompt_format", "threads", "threads_batch", "num_shard", "port", "api_key")
    kept = {name: getattr(old, name) for name in open_settings if getattr(new, name) is None}
    return replace(new, **kept)


def check_same(old: Spec, new: Spec, *, is_running: bool) -> None:
    """Refuse to make another deployment out of one that is there.

    Raises:
        InvalidInput: naming each difference.
    """
    names = (*_IDENTITY, *_SETTINGS) if is_running else _IDENTITY
    wanted = merged(old, new)
    changes = [
        f"{name} {getattr(old, name)} is not {getattr(wanted, name)}"
        for name in names
        if getattr(old, name) != getattr(wanted, name)
    ]
    if is_running and old.api_key != wanted.api_key:
        changes.append("the API key differs")
    if changes:
        message = f"'{old.name}' is there with other settings: {'; '.join(changes)}"
        hint = f"llamactl destroy {old.name} first, or another --name"
        raise InvalidInput(message, hint=hint)
