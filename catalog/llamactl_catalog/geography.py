"""Which offers lie in a part of the world, a country or the EU."""

from collections.abc import Mapping, Sequence

from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.fields import did_you_mean
from llamactl_catalog.hardware import Offer
from llamactl_catalog.regions import Region

_EU = "EU"


def inside(
    geographies: Sequence[str],
    selected: Sequence[Offer],
    regions: Mapping[tuple[str, str], Region],
) -> Sequence[Offer]:
    """Keep the offers in any of the places that are asked for; without any, all of them.

    Raises:
        InvalidInput: there is no such place, or no price is known there.
    """
    if not geographies:
        return selected
    places = {region: _places(each) for region, each in regions.items()}
    known = {name.casefold(): name for names in places.values() for name in names}
    for text in geographies:
        if text.casefold() not in known:
            wide = sorted({each.geography for each in regions.values()} | {_EU})
            close = did_you_mean(text, sorted(known.values()))
            message = f"--geography: there is no '{text}'{close}"
            hint = f"one of {', '.join(wide)}, or a country with regions, such as Germany"
            raise InvalidInput(message, hint=hint)
    asked = {known[text.casefold()] for text in geographies}
    found = [
        each
        for each in selected
        if asked & places.get((each.price.cloud, each.price.region), frozenset())
    ]
    if not found:
        priced = {place for each in selected for place in _places_of(each, regions)}
        named = " or ".join(sorted(asked))
        hint = f"llamactl catalog refresh asks for today's; known: {', '.join(sorted(priced))}"
        message = f"no price is known in {named} of what is asked for"
        raise InvalidInput(message, hint=hint)
    return found


def _places(region: Region) -> frozenset[str]:
    return frozenset({region.geography, region.country, *((_EU,) if region.in_eu else ())})


def _places_of(offer: Offer, regions: Mapping[tuple[str, str], Region]) -> frozenset[str]:
    region = regions.get((offer.price.cloud, offer.price.region))
    return frozenset() if region is None else _places(region)
