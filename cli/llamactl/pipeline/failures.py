"""A deployment that failed: why, the container's last words, what stands, and the ways on."""

from contextlib import suppress

from llamactl.output import talk
from llamactl.pipeline.ground import Ground
from llamactl.terminal_text import for_terminal, on_one_line
from llamactl_catalog.errors import LlamactlError, NotFound, Unhealthy
from llamactl_infra.deployment import Deployment, kinds_of
from llamactl_infra.live.cloud import LiveEndpoint
from llamactl_infra.spec import Spec

_LOG_LINES = 20
# Where an endpoint has containers of which the log tells something.
_AT_WORK = ("creating", "updating", "running", "failed")


def told_failure(ground: Ground, spec: Spec, error: LlamactlError) -> LlamactlError:
    """Say all that is known of a failure, and give the error that says why, with the ways on."""
    from llamactl_infra.stacks.causes import explained

    why = error
    if isinstance(error, Unhealthy):
        seen = _seen(ground, spec)
        log = _last_words(ground, spec) if seen is None or seen.state in _AT_WORK else []
        why = explained(error, spec.cloud, None if seen is None else seen.reason, log)
        if log:
            talk("\nThe container's last words:")
            for line in log:
                talk(f"    {for_terminal(line)}")
    talk(f"\n{what_stands(ground, spec.name)}")
    why.hint = ways_on(why.hint, spec.name)
    return why


def ways_on(hint: str | None, name: str) -> str:
    """Add to a hint what continues, and what ends it."""
    again = f"the same command continues; llamactl destroy {name} removes what stands"
    if hint is None:
        return again
    fix = hint.removesuffix("; then the same command continues")
    return f"{fix}\n       then {again}"


def what_stands(ground: Ground, name: str) -> str:
    """Say what there is of a deployment now, and what it costs."""
    try:
        found = ground.deployment(name)
    except NotFound:  # no stack, or one without settings yet
        return f"Nothing of '{name}' stands."
    except LlamactlError as error:
        return f"What stands of '{name}' is not known: {for_terminal(error.message)}"
    facts = found.cloud_facts
    resources = facts.resources if facts is not None else ()
    if not resources:
        return f"Nothing of '{name}' stands, but its stack. It costs nothing."
    count = "1 resource" if len(resources) == 1 else f"{len(resources)} resources"
    reason = f" ({on_one_line(found.reason)})" if found.reason is not None else ""
    return (
        f"What stands of '{name}': {count} ({', '.join(kinds_of(resources))}); "
        f"its state is {found.state}{reason}.\n"
        f"{_cost(found)}"
    )


def _cost(found: Deployment) -> str:
    if found.usd_per_hour is None:
        return "What it costs is not known: its price is on no list."
    if found.usd_per_hour == 0:
        return "No instance runs: they cost $0.00 an hour now."
    return f"It may cost ${found.usd_per_hour:.2f} an hour until it is removed."


def _last_words(ground: Ground, spec: Spec) -> list[str]:
    with suppress(LlamactlError):  # there is none yet, or it may not be read
        return list(ground.live(spec.cloud).log(spec, tail=_LOG_LINES, follow=False))
    return []


def _seen(ground: Ground, spec: Spec) -> LiveEndpoint | None:
    with suppress(LlamactlError):
        return ground.live(spec.cloud).endpoint(spec)
    return None
