"""Which offers a user asks about: by cloud, region, instance type and GPU."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from llamactl_catalog.engines import TGI
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.hardware import Accelerator, InstanceType, Offer
from llamactl_catalog.regions import Region

_SHOWN = 12
# Of a number of GPUs.
_DIGITS = 6
_INSTANCE_TYPE = "--instance-type"
_REGION = "--region"
_REFRESH = "llamactl catalog refresh asks for today's prices"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; empty: whatever there is. Regions and the rest are alternatives."""

    clouds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    instance_types: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()

    def of(
        self,
        offers: Iterable[Offer],
        hardware: Iterable[InstanceType] = (),
        known: Collection[Region] = (),
    ) -> tuple[Offer, ...]:
        """Give the offers that are asked for.

        `hardware` and the regions of `known` are what there is beyond them, without a price.

        Raises:
            InvalidInput: nothing anywhere has such a name, nothing of the clouds that are asked
                for has it, or nothing has all of them together.
        """
        every = tuple(offers)
        priced = {each.instance_type.name: each.instance_type for each in every}
        beyond = [each for each in hardware if each.name not in priced]
        unpriced = {
            _INSTANCE_TYPE: [each.name for each in beyond],
            _REGION: [each.name for each in known],
        }
        for option, asked, key in self._questions():
            _check_known(option, asked, [*map(key, every), *unpriced.get(option, ())])
        _check_gpus("--gpu", self.gpus, [*priced.values(), *beyond])
        for alone in self._one_by_one():
            if not (any(map(alone.matches, every)) or alone.known_without_price(beyond, known)):
                raise _nothing(alone, every, beyond, known)
        found = tuple(each for each in every if self.matches(each))
        if not found:
            raise _nothing(self, every, beyond, known)
        return found

    def kinds(self, hardware: Iterable[InstanceType]) -> tuple[InstanceType, ...]:
        """Give the instance types that are asked for, whatever the region."""
        return tuple(
            each
            for each in hardware
            if _is_asked(self.clouds, each.cloud)
            and _is_asked(self.instance_types, each.name)
            and (not self.gpus or any(_is_named(each.accelerator, text) for text in self.gpus))
        )

    def matches(self, offer: Offer) -> bool:
        """Tell whether an offer is asked for."""
        region = offer.price.region
        return _is_asked(self.regions, region) and bool(self.kinds([offer.instance_type]))

    def names_region(self, region: str) -> bool:
        """Tell whether a region is among those that are asked for by name."""
        return bool(self.regions) and _is_asked(self.regions, region)

    def known_without_price(
        self, hardware: Iterable[InstanceType], known: Iterable[Region]
    ) -> bool:
        """Whether one region, instance type or GPU alone is there without a price."""
        if self.regions:
            named = [each for each in known if self.names_region(each.name)]
            return any(_is_asked(self.clouds, each.cloud) for each in named)
        return bool(self.kinds(hardware))

    def _one_by_one(self) -> Iterator["Selection"]:
        """Ask for each region, instance type and GPU alone in the clouds that are asked for."""
        for region in self.regions:
            yield Selection(clouds=self.clouds, regions=(region,))
        for name in self.instance_types:
            yield Selection(clouds=self.clouds, instance_types=(name,))
        for gpu in self.gpus:
            yield Selection(clouds=self.clouds, gpus=(gpu,))

    def _questions(self) -> Sequence[tuple[str, tuple[str, ...], Callable[[Offer], str]]]:
        return (
            ("--cloud", self.clouds, lambda each: each.instance_type.cloud),
            (_REGION, self.regions, lambda each: each.price.region),
            (_INSTANCE_TYPE, self.instance_types, lambda each: each.instance_type.name),
        )


def said(selection: Selection) -> str:
    """Write a selection as the options of the command line do."""
    named = (
        ("--cloud", selection.clouds),
        (_REGION, selection.regions),
        (_INSTANCE_TYPE, selection.instance_types),
        ("--gpu", selection.gpus),
    )
    return ", ".join(f"{option} {' '.join(asked)}" for option, asked in named if asked)


def gpus(text: str, hardware: Iterable[InstanceType]) -> tuple[Accelerator, int]:
    """Read GPU or GPU:COUNT, as in A10G:4.

    Raises:
        InvalidInput: no cloud rents such a GPU, none that the engine runs on, or the count is
            no number of at least 1.
    """
    name, colon, count = text.partition(":")
    if colon and not (count.isdecimal() and len(count) <= _DIGITS and int(count) > 0):
        message = f"'{count[:20]}' is no number of GPUs"
        raise InvalidInput(message, hint=f"write it like {name}:4")
    every = tuple(hardware)
    _check_gpus("GPU", (name,), every)
    named = [each for each in every if _is_named(each.accelerator, name)]
    kinds = sorted({each.accelerator.id for each in named})
    if len(kinds) > 1:
        raise InvalidInput(f"'{name}' is more than one GPU", hint=f"one of {_listed(kinds)}")
    usable = [each for each in named if TGI.incompatible_because(each) is None]
    if not usable:
        raise InvalidInput(str(TGI.incompatible_because(named[0])), hint="name another GPU")
    return usable[0].accelerator, int(count) if count else 1


def _nothing(
    asked: Selection,
    every: Sequence[Offer],
    unpriced: Sequence[InstanceType],
    known: Collection[Region],
) -> InvalidInput:
    """Say where a price of what is asked for is known, of which cloud it is, or why it never is."""
    message = f"no price is known for {said(asked)}"
    wanted = Selection(regions=asked.regions)
    if asked.instance_types or asked.gpus:
        somewhere = Selection(asked.clouds, (), asked.instance_types, asked.gpus)
        regions = sorted({each.price.region for each in every if somewhere.matches(each)})
        if regions:
            hint = f"{_REFRESH}; regions with a price: {_listed(regions)}"
            return InvalidInput(message, hint=hint)
        reasons = [TGI.incompatible_because(each) for each in somewhere.kinds(unpriced)]
        if reasons:
            return InvalidInput(message, hint=_REFRESH if None in reasons else reasons[0])
        wanted = Selection(instance_types=asked.instance_types, gpus=asked.gpus)
    elif asked.known_without_price(unpriced, known):
        return InvalidInput(message, hint=_REFRESH)
    message = f"nothing is offered for {said(asked)}"
    clouds = {each.instance_type.cloud for each in every if wanted.matches(each)}
    clouds |= {each.cloud for each in known if wanted.names_region(each.name)}
    if not wanted.regions:
        clouds |= {each.cloud for each in wanted.kinds(unpriced)}
    if not clouds:
        return InvalidInput(message, hint="nothing is all of that: leave out an option")
    belongs = f"{said(wanted)} is of --cloud {' or '.join(sorted(clouds))}"
    return InvalidInput(message, hint=belongs)


def _check_known(option: str, asked: Sequence[str], known: Iterable[str]) -> None:
    names = {_folded(each): each for each in sorted(set(known))}
    for text in asked:
        if _folded(text) not in names:
            close = [names[each] for each in get_close_matches(_folded(text), names, n=3)]
            hint = f"did you mean {' or '.join(close)}?" if close else _listed([*names.values()])
            raise InvalidInput(f"{option}: there is no '{text}'", hint=hint)


def _check_gpus(option: str, asked: Sequence[str], hardware: Sequence[InstanceType]) -> None:
    accelerators = {each.accelerator.id: each.accelerator for each in hardware}
    for text in asked:
        if not any(_is_named(each, text) for each in accelerators.values()):
            _check_known(option, (text,), accelerators)


def _is_asked(asked: Sequence[str], name: str) -> bool:
    return not asked or _folded(name) in {_folded(text) for text in asked}


def _is_named(accelerator: Accelerator, text: str) -> bool:
    """Take the id, the start of it up to a dash (`a100`), or the name with or without its maker."""
    asked, known = _folded(text), accelerator.id
    return known == asked or known.startswith(f"{asked}-") or _folded(accelerator.name) == asked


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def _folded(text: str) -> str:
    return text.casefold().replace(" ", "-")
