"""Which offers a user asks about: by cloud, region, instance type and GPU."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.hardware import Accelerator, InstanceType, Offer

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; empty: whatever there is. Regions and the rest are alternatives."""

    clouds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    instance_types: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()

    def of(self, offers: Iterable[Offer]) -> tuple[Offer, ...]:
        """Give the offers that are asked for.

        Raises:
            InvalidInput: nothing anywhere has such a name, or nothing has all of them together.
        """
        every = tuple(offers)
        for option, asked, key in self._questions():
            _check_known(option, asked, [key(each) for each in every])
        _check_gpus("--gpu", self.gpus, [each.instance_type for each in every])
        found = tuple(each for each in every if self._matches(each))
        if not found:
            raise InvalidInput(f"nothing is offered for {self._said()}", hint=self._instead(every))
        return found

    def _questions(self) -> Sequence[tuple[str, tuple[str, ...], Callable[[Offer], str]]]:
        return (
            ("--cloud", self.clouds, lambda each: each.instance_type.cloud),
            ("--region", self.regions, lambda each: each.price.region),
            ("--instance-type", self.instance_types, lambda each: each.instance_type.name),
        )

    def _matches(self, offer: Offer) -> bool:
        accelerator = offer.instance_type.accelerator
        return all(
            not asked or _folded(key(offer)) in {_folded(text) for text in asked}
            for _, asked, key in self._questions()
        ) and (not self.gpus or any(_is_named(accelerator, text) for text in self.gpus))

    def _said(self) -> str:
        named = ((option, asked) for option, asked, _ in self._questions())
        every = (*named, ("--gpu", self.gpus))
        return ", ".join(f"{option} {' '.join(asked)}" for option, asked in every if asked)

    def _instead(self, every: Sequence[Offer]) -> str:
        """Say where the instance types or GPUs asked for are, or of which cloud the region is."""
        if self.instance_types or self.gpus:
            narrow = Selection(instance_types=self.instance_types, gpus=self.gpus)
            regions = sorted({each.price.region for each in every if narrow._matches(each)})
            return f"regions that have it: {_listed(regions)}" if regions else "loosen --gpu"
        clouds = sorted({each.instance_type.cloud for each in every if self._in_region(each)})
        return f"--region {' '.join(self.regions)} is of --cloud {' or '.join(clouds)}"

    def _in_region(self, offer: Offer) -> bool:
        return offer.price.region in self.regions


def gpus(text: str, hardware: Iterable[InstanceType]) -> tuple[Accelerator, int]:
    """Read GPU or GPU:COUNT, as in A10G:4.

    Raises:
        InvalidInput: no cloud rents such a GPU, none that the engine runs on, or the count is
            no number of at least 1.
    """
    name, colon, count = text.partition(":")
    if colon and not (count.isdecimal() and int(count) > 0):
        raise InvalidInput(f"'{count}' is no number of GPUs", hint=f"write it like {name}:4")
    every = tuple(hardware)
    _check_gpus("GPU", (name,), every)
    named = [each for each in every if _is_named(each.accelerator, name)]
    kinds = sorted({each.accelerator.id for each in named})
    if len(kinds) > 1:
        raise InvalidInput(f"'{name}' is more than one GPU", hint=f"one of {_listed(kinds)}")
    usable = [each for each in named if each.unusable_because is None]
    if not usable:
        raise InvalidInput(f"{name}: {named[0].unusable_because}", hint="name another GPU")
    return usable[0].accelerator, int(count) if count else 1


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
