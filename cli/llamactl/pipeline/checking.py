"""What `check` looks at: a deployment that may be made, or what is here without one."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from llamactl.app import App
from llamactl.pipeline.cloud_order import ANY, CloudOrder
from llamactl.pipeline.ground import Ground
from llamactl.pipeline.installation import backend_finding, builder_finding, ledger_finding
from llamactl.pipeline.placing import candidates, cloud_of, rented
from llamactl.pipeline.preflight import findings
from llamactl.pipeline.preparing import prepared
from llamactl.plan_words import place_of
from llamactl_catalog.errors import LlamactlError
from llamactl_infra.drafts.draft import open_draft
from llamactl_infra.live.cloud import Account, Finding
from llamactl_infra.spec import Cloud


def check_surroundings(app: App, ground: Ground, clouds: Sequence[Cloud]) -> Iterator[Finding]:
    """Look at the tools, the credentials of each cloud, and where things are kept.

    Who has credentials of one cloud may do without those of another.
    """
    signed_in = {each: _credentials(ground, each) for each in clouds}
    able = [each for each, (account, _) in signed_in.items() if account is not None]
    seen: set[tuple[str, str]] = set()
    for cloud in able or clouds:
        for each in ground.tools(cloud):
            if (each.check, each.text) not in seen:
                yield each
            seen.add((each.check, each.text))
    yield builder_finding(os.environ, needed=False)
    for account, finding in signed_in.values():
        is_spare = account is None and able
        yield replace(finding, state="unknown") if is_spare else finding
    yield backend_finding(app, os.environ)
    yield ledger_finding(app)


def check_deployment(app: App, ground: Ground, order: CloudOrder) -> Iterator[Finding]:
    """Look at all that can be known of one deployment; no acceptance is asked for or recorded.

    Raises:
        UnknownModel: there is none of that id.
    """
    app.catalog().model(order.model)
    accounts: dict[Cloud, Account | None] = {}
    if order.cloud in {None, ANY}:
        told = {each: _credentials(ground, each) for each in rented()}
        accounts = {each: account for each, (account, _) in told.items() if account is not None}
        if not accounts:
            yield from (finding for _, finding in told.values())
    yield from _of_placement(app, ground, order, accounts)


def _of_placement(
    app: App, ground: Ground, order: CloudOrder, accounts: dict[Cloud, Account | None]
) -> Iterator[Finding]:
    try:
        stored = ground.stored(order.deployment_name())
        wanted = order
        if stored is None and len(accounts) == 1:
            wanted = replace(order, cloud=next(iter(accounts)))
        is_open = stored is None and wanted.cloud in {None, ANY}
        found = candidates(app, replace(wanted, dry_run=is_open))
    except LlamactlError as error:
        yield Finding("placement", "failed", error.message, error)
        return
    placement = next(
        (each for each in found.placements if not accounts or cloud_of(each) in accounts),
        found.placements[0],
    )
    cloud = cloud_of(placement)
    capacity = found.scaling.capacity(placement.instances)
    usd = capacity.peak_usd_per_hour(placement.usd_per_hour)
    at_peak = f", ${usd:.2f} at the peak of {capacity}" if capacity.is_scaled else ""
    yield Finding("placement", "ok", f"{place_of(placement)}{at_peak}")
    meant = open_draft(cloud).account_meant(order.settings, stored)
    account, _ = _credentials(ground, cloud, meant)
    try:
        ready = prepared(app, wanted, found, placement, None, account=account)
    except LlamactlError as error:
        yield Finding("settings", "failed", error.message, error)
        return
    yield from findings(app, ground, ready)


def _credentials(
    ground: Ground, cloud: Cloud, meant: str | None = None
) -> tuple[Account | None, Finding]:
    try:
        account = ground.live(cloud).account(meant)
    except LlamactlError as error:
        return None, Finding(cloud, "failed", error.message, error)
    return account, Finding(cloud, "ok", f"{account.id}, signed in as {account.principal}")
