"""What can be rented where, at what price: instance types joined with their prices."""

from collections.abc import Sequence
from pathlib import Path

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.hardware import InstanceType, Offer, Price
from llamactl_catalog.hardware_tables import load_accelerators, load_instance_types
from llamactl_catalog.price_book import BUNDLED, newest, parse_prices
from llamactl_catalog.price_cache import cached_prices


def load_hardware() -> tuple[InstanceType, ...]:
    """Load every instance type of every cloud, those too that are never offered.

    Raises:
        InvalidFile: with all problems of a table.
    """
    return load_instance_types(load_accelerators())


def load_prices(cache: Path | None = None) -> tuple[Price, ...]:
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
    return newest(bundled, fetched) if fetched else tuple(bundled)


def offers(hardware: Sequence[InstanceType], prices: Sequence[Price]) -> tuple[Offer, ...]:
    """Give each priced instance type in each region, in the order of the prices.

    A price of an instance type that `hardware` does not have makes no offer: the clouds rent more
    than llamactl knows.
    """
    by_name = {(each.cloud, each.name): each for each in hardware}
    return tuple(
        Offer(instance_type, price)
        for price in prices
        if (instance_type := by_name.get((price.cloud, price.instance_type))) is not None
    )
