"""Refreshing what the clouds' services say they have in their regions, beside the prices."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import assert_never

from llamactl_catalog.availability import Listing, format_listings, listing_file
from llamactl_catalog.offers import load_prices
from llamactl_catalog.progress import Report, Step
from llamactl_infra.prices.refresh import SUBSCRIPTION_VARIABLE, PricedCloud, write_book


@dataclass(frozen=True, slots=True)
class Listed:
    """What a cloud's service has: in how many regions, how many different sizes, kept where."""

    regions: int
    instance_types: int
    path: Path


@dataclass(frozen=True, slots=True)
class Skipped:
    """The service was not asked; `reason` says why, and what would make it possible."""

    reason: str


def refresh_listings(  # noqa: PLR0913 - one refresh, and what it depends on
    cloud: PricedCloud,
    cache: Path,
    report: Report,
    today: date,
    *,
    subscription: str | None,
    token: Callable[[], str] | None = None,
    url: str | None = None,
) -> Listed | Skipped | None:
    """Ask a cloud's service what it has in each region with prices, and keep that in `cache`.

    None where the prices are the service's own: a region sells what it has a price for. `token`
    None: of whoever is signed in. Whatever goes wrong, what was known stays as it is.

    Raises:
        InvalidInput: the subscription is no id.
        NoPermission: the sign-in is refused, or the folder may not be written.
        Unhealthy: the service is out of reach, or answers what cannot be read.
        NoCapacity: the disk is full.
    """
    match cloud:
        case "aws":
            return None
        case "azure":
            found = _azure(cache, report, today, subscription, token, url)
        case _:
            assert_never(cloud)
    if isinstance(found, Skipped):
        report(Step("sizes in its regions: not asked"))
        return found
    path = listing_file(cache, cloud)
    write_book(path, format_listings(found))
    names = {name for each in found for name in each.instance_types}
    report(Step(f"{len(names)} sizes with GPUs in {len(found)} regions"))
    return Listed(len(found), len(names), path)


def _azure(  # noqa: PLR0913, PLR0917 - as above
    cache: Path,
    report: Report,
    today: date,
    subscription: str | None,
    token: Callable[[], str] | None,
    url: str | None,
) -> list[Listing] | Skipped:
    from llamactl_infra.prices import azure_sizes

    what = "azure: not asked which sizes Azure ML has in each region"
    if subscription is None:
        names = f"--subscription or {SUBSCRIPTION_VARIABLE}"
        return Skipped(f"{what}: no subscription is known; {names} names one")
    regions = sorted({each.region for each in load_prices(cache) if each.cloud == "azure"})
    try:
        known = token if token is not None else azure_sizes.signed_in()
        return azure_sizes.fetch_listings(subscription, regions, known, report, today, url=url)
    except azure_sizes.NotSignedInError as error:
        return Skipped(f"{what}: nobody is signed in; {error}")
