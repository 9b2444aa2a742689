"""What can be rented where, at what price: instance types joined with their prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from llamactl_catalog.availability import Listings
from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.hardware import InstanceType, Offer, Price
from llamactl_catalog.hardware_tables import load_accelerators, load_instance_types
from llamactl_catalog.price_book import BUNDLED, newest, parse_prices
from llamactl_catalog.price_cache import cached_prices


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The prices that count, and by cloud the day of the user's last refresh, if there was one."""

    prices: tuple[Price, ...]
    fetched_on: Mapping[str, date]


def load_hardware() -> tuple[InstanceType, ...]:
    """Load every instance type of every cloud, those too that are never offered.

    Raises:
        InvalidFile: with all problems of a table.
    """
    return load_instance_types(load_accelerators())


def load_prices(cache: Path | None = None) -> tuple[Price, ...]:
    """Load the prices that count: those of `load_price_book`.

    Raises:
        InvalidFile: with all problems of a book.
        NoPermission: a book of the cache cannot be read.
    """
    return load_price_book(cache).prices


def listed_usd_per_hour(
    cloud: str, region: str, instance_type: str, cache: Path | None = None
) -> float | None:
    """Look up what an instance type costs in a region; None: it is on no list.

    Raises:
        InvalidFile: with all problems of a book.
        NoPermission: a book of the cache cannot be read.
    """
    place = cloud, region, instance_type.lower()
    return next(
        (
            each.usd_per_hour
            for each in load_prices(cache)
            if (each.cloud, each.region, each.instance_type.lower()) == place
        ),
        None,
    )


def load_price_book(cache: Path | None = None) -> PriceBook:
    """Load the bundled prices, and over them the younger ones that the user fetched.

    `cache` is llamactl's cache folder, where `llamactl catalog refresh` keeps them.

    Raises:
        InvalidFile: with all problems of a book.
        NoPermission: a book of the cache cannot be read.
    """
    with BUNDLED.open(encoding="utf-8", newline="") as lines:
        bundled, problems = parse_prices(lines)
    if problems:
        raise InvalidFile(str(BUNDLED), problems)
    fetched = [] if cache is None else cached_prices(cache)
    prices = newest(bundled, fetched) if fetched else tuple(bundled)
    fetched_on: dict[str, date] = {}
    for each in fetched:
        fetched_on[each.cloud] = max(each.dated, fetched_on.get(each.cloud, each.dated))
    return PriceBook(prices, fetched_on)


def offers(
    hardware: Sequence[InstanceType], prices: Sequence[Price], listings: Listings | None = None
) -> tuple[Offer, ...]:
    """Give each priced instance type in each region, in the order of the prices.

    A price of an instance type that `hardware` does not have makes no offer: the clouds rent more
    than llamactl knows. `listings` are what the clouds' services say they have in their regions; an
    offer that its region does not list says so.
    """
    by_name = {(each.cloud, each.name): each for each in hardware}
    has = listings if listings is not None else {}
    return tuple(
        Offer(
            instance_type,
            price,
            None
            if (listing := has.get((price.cloud, price.region))) is None
            else listing.refusal(price),
        )
        for price in prices
        if (instance_type := by_name.get((price.cloud, price.instance_type))) is not None
    )
