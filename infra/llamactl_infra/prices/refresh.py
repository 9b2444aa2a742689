"""Refreshing the user's cache of prices: fetch all, compare, replace the old book in one step."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, assert_never, get_args

from llamactl_catalog.errors import InvalidFile, Unhealthy
from llamactl_catalog.hardware import Price
from llamactl_catalog.offers import load_hardware, load_prices
from llamactl_catalog.price_book import newest
from llamactl_catalog.price_cache import cache_file, read_cached, sealed
from llamactl_catalog.price_changes import PriceChange, price_changes
from llamactl_catalog.progress import Report, Step
from llamactl_containers.disk import told
from llamactl_containers.whole_files import make_folder, write_whole

PricedCloud = Literal["aws", "azure"]
# What Azure's own tools read it from.
SUBSCRIPTION_VARIABLE = "AZURE_SUBSCRIPTION_ID"
PRICED_CLOUDS: tuple[PricedCloud, ...] = get_args(PricedCloud)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A cloud's prices after a refresh: how many, where they are kept, and what changed."""

    cloud: PricedCloud
    prices: int
    regions: int
    path: Path
    changes: tuple[PriceChange, ...]


def refresh(
    cloud: PricedCloud, cache: Path, report: Report, today: date, *, url: str | None = None
) -> Refreshed:
    """Fetch a cloud's prices into `cache`. Whatever goes wrong, the old ones stay as they are.

    Raises:
        ProgramMissing: a package that the cloud needs is not installed.
        NoPermission: there are no credentials, or the folder may not be written.
        Unhealthy: the price list is out of reach, or answers what cannot be read.
        NoCapacity: the disk is full.
    """
    path = cache_file(cache, cloud)
    bundled = [each for each in load_prices() if each.cloud == cloud]
    before = newest(bundled, _old(path))
    names = [each.name for each in load_hardware() if each.cloud == cloud]
    fetched = _fetch(cloud, names, report, today, url)
    if not fetched:
        raise Unhealthy(
            f"the price list of {cloud} names none of {len(names)} instance types",
            hint="the old prices stay in use; a newer llamactl may read it",
        )
    write_book(path, sealed(fetched))
    regions = len({each.region for each in fetched})
    report(Step(f"{len(fetched)} prices in {regions} regions"))
    changes = price_changes(before, newest(bundled, fetched))
    return Refreshed(cloud, len(fetched), regions, path, changes)


def _fetch(
    cloud: PricedCloud, names: list[str], report: Report, today: date, url: str | None
) -> list[Price]:
    match cloud:
        case "aws":
            from llamactl_infra.prices import aws

            return aws.fetch_prices(names, report, today, url=url)
        case "azure":
            from llamactl_infra.prices import azure

            return azure.fetch_prices(names, report, today, url=url)
        case _:
            assert_never(cloud)


def _old(path: Path) -> list[Price]:
    """Read the book that will be replaced; a damaged one counts as none."""
    try:
        return read_cached(path)
    except InvalidFile:
        return []


def write_book(path: Path, text: str) -> None:
    """Put a file into the cache in one step; writers take turns.

    Raises:
        NoPermission: the folder may not be written.
        NoCapacity: the disk is full.
    """
    from filelock import FileLock

    with told(path, "--cache-dir"):
        make_folder(path.parent)
        with FileLock(path.with_suffix(".lock")):
            write_whole(path, text)
