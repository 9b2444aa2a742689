"""All that Azure tells beforehand, cheapest first; what it does not tell is unknown."""

from collections.abc import Callable, Iterator, Mapping

from llamactl_catalog.errors import InvalidInput, LlamactlError, NoPermission, ProgramMissing
from llamactl_infra.clouds.azure.asked import own_of
from llamactl_infra.clouds.azure.checks import check
from llamactl_infra.clouds.azure.management import Management
from llamactl_infra.live.azure import image, permissions, quotas
from llamactl_infra.live.azure.identity import account_of
from llamactl_infra.live.azure.places import (
    look_at_given,
    look_at_name,
    look_at_region,
    look_at_services,
)
from llamactl_infra.live.cloud import Finding
from llamactl_infra.spec import Spec


def limits(spec: Spec) -> Finding:
    """Check names and numbers against Azure's limits; nothing is asked."""
    try:
        check(spec)
    except LlamactlError as error:
        return Finding("limits", "failed", error.message, error)
    return Finding("limits", "ok", "names and numbers are within Azure ML's limits")


def findings(
    management: Management,
    environment: Mapping[str, str],
    spec: Spec,
    standing: Spec | None,
    running: quotas.CountRunning,
) -> Iterator[Finding]:
    """Check credentials, and with them all that a spec needs. Without them nothing can be asked."""
    principal = "whoever is signed in"
    try:
        account = account_of(management, environment, own_of(spec).subscription)
    except (NoPermission, ProgramMissing, InvalidInput) as error:
        yield Finding("credentials", "failed", error.message, error)
        return
    except LlamactlError as error:
        yield Finding("credentials", "unknown", error.message)
    else:
        principal = account.principal
        yield Finding("credentials", "ok", f"{principal}, subscription {account.id}")
    looks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("services", lambda: look_at_services(management, spec)),
        ("region", lambda: look_at_region(management, spec)),
        (quotas.CHECK, lambda: quotas.look(management, spec, standing, running)),
        (permissions.CHECK, lambda: permissions.look(management, spec, principal)),
        ("given resources", lambda: look_at_given(management, spec)),
        ("name", lambda: look_at_name(management, spec)),
        (image.CHECK, lambda: image.look(management, spec)),
    )
    for name, look in looks:
        yield _as_known(name, look)


def _as_known(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except LlamactlError as error:  # throttled, refused, out of reach: neither good nor bad
        return Finding(name, "unknown", error.message)
