"""`llamactl catalog`: the facts that llamactl plans with; `refresh` fetches today's prices."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

import click

from llamactl.app import App
from llamactl.output import print_json, print_table, talk
from llamactl.terminal_text import for_terminal
from llamactl_catalog.errors import LlamactlError
from llamactl_infra.prices.refresh import PRICED_CLOUDS, SUBSCRIPTION_VARIABLE, PricedCloud

if TYPE_CHECKING:
    from llamactl_catalog.price_changes import PriceChange
    from llamactl_infra.prices.listings import Listed, Skipped
    from llamactl_infra.prices.refresh import Refreshed


def _urls(_ctx: click.Context, _param: click.Parameter, values: Sequence[str]) -> Mapping[str, str]:
    urls: dict[str, str] = {}
    for value in values:
        cloud, equals, url = value.partition("=")
        if cloud not in PRICED_CLOUDS or not equals or not url.startswith(("http://", "https://")):
            raise click.BadParameter(f"'{value}' is not CLOUD=URL with a cloud that has prices")
        urls[cloud] = url
    return urls


@click.group(name="catalog")
def command() -> None:
    """The facts that llamactl plans with, and how to renew them."""


@command.command(name="refresh")
@click.option("--cloud", type=click.Choice(PRICED_CLOUDS), help="Only the prices of this cloud.")
@click.option(
    "--price-url",
    "urls",
    multiple=True,
    hidden=True,
    callback=_urls,
    metavar="CLOUD=URL",
    help="Ask here instead of the cloud: a mirror.",
)
@click.option(
    "--subscription",
    metavar="ID",
    envvar=SUBSCRIPTION_VARIABLE,
    show_envvar=True,
    help="Also ask which instance types this subscription's service has in each region.",
)
@click.option(
    "--sizes-url",
    hidden=True,
    metavar="URL",
    help="Ask here which instance types there are: a mirror.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def refresh_prices(
    app: App,
    cloud: PricedCloud | None,
    urls: Mapping[str, str],
    subscription: str | None,
    sizes_url: str | None,
    as_json: bool,
) -> None:
    """Fetch today's prices, and show what changed.

    The prices are kept in the cache folder, and every plan uses them. What a cloud's price list
    names is taken whole or not at all: after a failure the old prices stay in use. A cloud that
    fails does not keep the others from being refreshed.

    Where a price list names machines and not the service on them, the service is asked too which it
    has in each region: that wants a sign-in, and is left out without one.
    """
    done: list[Refreshed] = []
    asked: dict[PricedCloud, Listed | Skipped | None] = {}
    failed: list[LlamactlError] = []
    for each in PRICED_CLOUDS if cloud is None else (cloud,):
        try:
            done.append(_refresh(app, each, urls.get(each)))
            asked[each] = _ask_service(app, each, subscription, sizes_url)
        except LlamactlError as error:
            failed.append(error)
    if as_json:
        print_json([{**_record(each), **_listed(asked.get(each.cloud))} for each in done])
    else:
        _print_changes(done)
    for failure in failed[:-1]:
        talk(for_terminal(failure.message + (f"\n hint: {failure.hint}" if failure.hint else "")))
    if failed:
        raise failed[-1]  # told last, and the exit code is its own


def _refresh(app: App, cloud: PricedCloud, url: str | None) -> "Refreshed":
    from llamactl.progress import stage
    from llamactl_infra.prices.refresh import refresh

    with stage(cloud) as report:
        today = datetime.now(UTC).date()
        return refresh(cloud, app.cache_dir, report, today, url=url)


def _ask_service(
    app: App, cloud: PricedCloud, subscription: str | None, url: str | None
) -> "Listed | Skipped | None":
    from llamactl.progress import stage
    from llamactl_catalog.progress import silent
    from llamactl_infra.prices.listings import Skipped, refresh_listings

    today = datetime.now(UTC).date()
    if subscription is None:
        found = refresh_listings(cloud, app.cache_dir, silent, today, subscription=None)
    else:
        with stage(cloud) as report:
            found = refresh_listings(
                cloud, app.cache_dir, report, today, subscription=subscription, url=url
            )
    if isinstance(found, Skipped):
        talk(found.reason)
    return found


def _listed(found: "Listed | Skipped | None") -> dict[str, object]:
    """Say what is known of the regions beyond prices, and why it is not where it is not."""
    from llamactl_infra.prices.listings import Listed, Skipped

    return {
        "listing": asdict(found) if isinstance(found, Listed) else None,
        "listing_skipped": found.reason if isinstance(found, Skipped) else None,
    }


def _record(done: "Refreshed") -> dict[str, object]:
    return {
        "cloud": done.cloud,
        "prices": done.prices,
        "regions": done.regions,
        "path": done.path,
        "changes": [
            {
                "kind": each.kind,
                "region": each.region,
                "instance_type": each.instance_type,
                "was_usd_per_hour": each.was,
                "usd_per_hour": each.now,
                "percent": None if each.percent is None else round(each.percent, 2),
            }
            for each in done.changes
        ],
    }


def _print_changes(done: Sequence["Refreshed"]) -> None:
    changes = [change for each in done for change in each.changes]
    rows = [_changed_row(each) for each in changes if each.kind == "changed"]
    for kind in ("new", "gone"):
        some = sorted(
            (each for each in changes if each.kind == kind), key=lambda each: each.instance_type
        )
        for name, group in groupby(some, key=lambda each: each.instance_type):
            rows.append(_grouped_row(kind, name, [*group]))
    if rows:
        columns = ["change", "instance type", "region", "was $/h", "now $/h", "%"]
        print_table(columns, rows, right=["was $/h", "now $/h", "%"])
    elif done:
        talk("no price changed")


def _changed_row(change: "PriceChange") -> list[str]:
    return [
        change.kind,
        change.instance_type,
        change.region,
        _usd(change.was),
        _usd(change.now),
        f"{change.percent:+.1f}",
    ]


def _grouped_row(kind: str, name: str, group: Sequence["PriceChange"]) -> list[str]:
    """Tell what is new or gone by instance type: with a first refresh, whole regions are new."""
    where = group[0].region if len(group) == 1 else f"{len(group)} regions"
    was = [each.was for each in group if each.was is not None]
    now = [each.now for each in group if each.now is not None]
    return [kind, name, where, _range(was), _range(now), ""]


def _range(prices: Sequence[float]) -> str:
    if not prices:
        return ""
    low, high = min(prices), max(prices)
    return _usd(low) if low == high else f"{_usd(low)} to {_usd(high)}"


def _usd(price: float | None) -> str:
    return "" if price is None else f"{price:.3f}"
