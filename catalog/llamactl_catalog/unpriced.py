"""Instance types that are known and asked for, and for which there is no price."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial

from llamactl_catalog.engines import TGI, Engine
from llamactl_catalog.hardware import InstanceType
from llamactl_catalog.offers import PriceBook
from llamactl_catalog.placement import Rejection
from llamactl_catalog.regions import Region
from llamactl_catalog.selection import Selection


def unpriced(
    selection: Selection,
    hardware: Iterable[InstanceType],
    book: PriceBook,
    engine: Engine = TGI,
    *,
    known: Collection[Region] = (),
) -> tuple[Rejection, ...]:
    """Name what is asked for and has no price, so that nothing vanishes from a plan.

    Where regions are asked for, one rejection for each that has no price of the instance type; else
    one for each instance type without a price anywhere, with the region "". `known` are the clouds'
    regions, those too without any price.
    """
    priced = {(each.cloud, each.region, each.instance_type) for each in book.prices}
    anywhere = {(cloud, name) for cloud, _, name in priced}
    regions = sorted({place[:2] for place in priced} | {(each.cloud, each.name) for each in known})
    asked = [each for each in regions if selection.names_region(each[1])]
    say = partial(no_price, book=book, engine=engine)
    return tuple(_missing(selection.kinds(hardware), priced, anywhere, asked, selection, say))


def _missing(  # noqa: PLR0913, PLR0917 - what is known of the prices
    kinds: Sequence[InstanceType],
    priced: set[tuple[str, str, str]],
    anywhere: set[tuple[str, str]],
    asked: Sequence[tuple[str, str]],
    selection: Selection,
    say: Callable[[InstanceType, str | None], str],
) -> Iterator[Rejection]:
    for kind in kinds:
        if not selection.regions:
            if (kind.cloud, kind.name) not in anywhere:
                yield Rejection(kind.cloud, "", kind.name, say(kind, None))
            continue
        for cloud, region in asked:
            if cloud == kind.cloud and (cloud, region, kind.name) not in priced:
                yield Rejection(cloud, region, kind.name, say(kind, region))


def no_price(kind: InstanceType, region: str | None, book: PriceBook, engine: Engine = TGI) -> str:
    """Say that there is no price of an instance type in a region, None: in any, and what to do."""
    where = "" if region is None else f" in {region}"
    incompatible = engine.incompatible_because(kind)
    if incompatible is not None:
        return f"no price is known{where}; {incompatible}"
    fetched_on = book.fetched_on.get(kind.cloud)
    if fetched_on is not None:
        return f"no price is known{where}: the price list of {fetched_on} does not name it"
    return f"no price is bundled{where}: llamactl catalog refresh --cloud {kind.cloud} asks for it"
