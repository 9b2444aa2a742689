"""What the clouds' own services charge per token for a model: dated, by service and scope."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from llamactl_catalog.regions import Region
from llamactl_catalog.tables import Columns, day, optional, positive, read_table, text

_COLUMNS: Columns = {
    "cloud": text,
    "service": text,
    "model": text,
    "sold_as": text,
    "scope": text,
    "usd_per_million_input_tokens": positive,
    "usd_per_million_output_tokens": positive,
    "dated": day,
    "ends_on": optional(day),
    "source": text,
}
# Scopes that are no list of regions. A service with a wider scope may answer from anywhere in it.
_WIDE = {"global", "data zone", "not stated"}
_COUNTRIES = {"US": "United States"}
_UNIONS = {"EU cross-region"}


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """A price per token; `scope` is where it holds, `ends_on` the day from which it is not sold."""

    cloud: str
    service: str
    model: str
    sold_as: str
    scope: str
    usd_per_million_input_tokens: float
    usd_per_million_output_tokens: float
    dated: date
    ends_on: date | None
    source: str

    @property
    def name(self) -> str:
        """The service with the scope: `Azure AI Foundry (global)`."""
        regions = self.scope.split()
        several = len(regions) > 1 and self.scope not in _WIDE | _UNIONS
        return f"{self.service} ({f'{regions[0]} and others' if several else self.scope})"


def load_token_prices() -> list[TokenPrice]:
    """Load every price.

    Raises:
        InvalidFile: with all problems of the table.
    """
    return read_table("token_prices.csv", _COLUMNS, TokenPrice)


def token_prices_for(
    model: str, today: date, where: Collection[Region], prices: Collection[TokenPrice]
) -> Iterator[TokenPrice]:
    """Give each service's cheapest price of a model that is sold today in one of the regions."""
    best: dict[str, TokenPrice] = {}
    for each in prices:
        is_sold = each.ends_on is None or today < each.ends_on
        if each.model == model and is_sold and _holds(each, where):
            rival = best.get(each.service)
            if rival is None or _cost(each) < _cost(rival):
                best[each.service] = each
    yield from best.values()


def known_regions(
    regions: Mapping[tuple[str, str], Region], names: Collection[tuple[str, str]]
) -> tuple[Region, ...]:
    """Give the regions of the table that have these clouds and names."""
    return tuple(regions[each] for each in sorted(names) if each in regions)


def _cost(each: TokenPrice) -> tuple[float, str]:
    total = each.usd_per_million_input_tokens + each.usd_per_million_output_tokens
    return total, each.scope


def _holds(price: TokenPrice, where: Collection[Region]) -> bool:
    of_cloud = [each for each in where if each.cloud == price.cloud]
    if price.scope in _WIDE:
        return bool(of_cloud)
    if price.scope in _COUNTRIES:
        return any(each.country == _COUNTRIES[price.scope] for each in of_cloud)
    if price.scope in _UNIONS:
        return any(each.in_eu for each in of_cloud)
    return any(each.name in price.scope.split() for each in of_cloud)
