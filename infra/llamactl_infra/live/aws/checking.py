"""All that AWS tells before anything is spent: each thing as a finding, and nothing is raised."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from llamactl_catalog.errors import InvalidFile, LlamactlError
from llamactl_infra.clouds.aws.asked import asked_of
from llamactl_infra.clouds.aws.checks import problems_of
from llamactl_infra.live.aws.artifacts import (
    IMAGE,
    WEIGHTS,
    disk_finding,
    host_image_finding,
    image_finding,
    weights_finding,
)
from llamactl_infra.live.aws.asking import Absent, Clients
from llamactl_infra.live.aws.identity import account_of
from llamactl_infra.live.aws.names_taken import CHECK as NAMES
from llamactl_infra.live.aws.names_taken import names_finding
from llamactl_infra.live.aws.offers import CHECK as INSTANCE_TYPE
from llamactl_infra.live.aws.offers import known_type, offer_finding
from llamactl_infra.live.aws.permissions import CHECK as PERMISSIONS
from llamactl_infra.live.aws.permissions import permissions_finding
from llamactl_infra.live.aws.quotas import CHECK as QUOTA
from llamactl_infra.live.aws.quotas import quota_finding
from llamactl_infra.live.cloud import Account, Finding
from llamactl_infra.spec import Spec

CREDENTIALS = "credentials"
LIMITS = "names and limits"

Found = TypeVar("Found", Finding, Finding | None)


def findings(clients: Clients, spec: Spec, standing: Spec | None) -> Iterator[Finding]:
    """Give each finding as soon as it is known; without credentials, what needs none."""
    account = _account(clients, spec)
    if isinstance(account, Account):
        said = f"account {account.id}, as {account.principal}"
        yield Finding(CREDENTIALS, "ok", said)
    else:
        yield Finding(CREDENTIALS, "failed", account.message, account)
    limits = _limits(spec)
    yield limits
    yield host_image_finding(spec)
    disk = disk_finding(spec)
    if disk is not None:
        yield disk
    if isinstance(account, Account) and None not in (spec.region, spec.instance_type):
        known = known_type(spec)
        yield _told(INSTANCE_TYPE, lambda: offer_finding(clients, spec, known))
        if limits.error is None:  # else it has not even a name to ask for
            yield from _asked(clients, spec, standing, account)
        if known is not None:  # the costliest last: as many calls as there are endpoints
            ours = standing if limits.error is None else None
            yield _told(QUOTA, lambda: quota_finding(clients, spec, known, ours))


def _account(clients: Clients, spec: Spec) -> Account | LlamactlError:
    try:
        return account_of(clients, spec.region)
    except LlamactlError as error:
        return error


def _limits(spec: Spec) -> Finding:
    problems = problems_of(spec)
    if spec.image is None:  # it is chosen, or built, later
        problems = tuple(each for each in problems if not each.startswith("image:"))
    if not problems:
        return Finding(LIMITS, "ok", "SageMaker takes all of it")
    error = InvalidFile(f"deployment '{spec.name}'", problems)
    return Finding(LIMITS, "failed", "; ".join(problems), error)


def _asked(
    clients: Clients, spec: Spec, standing: Spec | None, account: Account
) -> Iterator[Finding]:
    asked = asked_of(replace(spec, image=spec.image if spec.image is not None else ""))
    for check, ask in (
        (IMAGE, lambda: image_finding(clients, asked, account)),
        (WEIGHTS, lambda: weights_finding(clients, asked)),
    ):
        found = _told(check, ask)
        if found is not None:
            yield found
    yield _told(NAMES, lambda: names_finding(clients, asked, standing))
    yield _told(PERMISSIONS, lambda: permissions_finding(clients, asked, account, standing))


def _told(check: str, ask: Callable[[], Found]) -> Found | Finding:
    """Ask; what AWS does not tell is unknown, never bad."""
    try:
        return ask()
    except Absent as error:
        return Finding(check, "unknown", f"AWS does not tell: {error}")
    except LlamactlError as error:
        return Finding(check, "unknown", error.message)
