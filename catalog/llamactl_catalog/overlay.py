"""An organization's overlay: models that it adds, revisions it pins, what it allows and denies."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from llamactl_catalog.documents import Document, Documents, read_file, read_folder
from llamactl_catalog.errors import NotFound
from llamactl_catalog.fields import did_you_mean
from llamactl_catalog.model import HuggingFaceSource, License, Model
from llamactl_catalog.shapes import OVERLAY

RULES_FILE = "overlay.toml"
_LISTS = ("models", "licenses", "families")


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason, and the models that it is for: those that meet every criterion given."""

    reason: str
    models: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    commercial_use: bool | None = None

    def matches(self, model: Model) -> bool:
        """Tell whether the model meets every criterion; ids and families may be patterns."""
        return (
            (not self.models or _any_match(model.id, self.models))
            and (not self.licenses or _any_match(model.license.id, self.licenses))
            and (not self.families or _any_match(model.family, self.families))
            and self.commercial_use in (None, model.license.commercial_use)
        )


@dataclass(frozen=True, slots=True)
class Pin:
    """The revision to take a model at, why, and the license if it is another one there."""

    model: str
    revision: str
    reason: str
    license: str | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """What an overlay says, and all problems found so far in its files."""

    documents: Documents = field(default_factory=Documents)
    pins: tuple[Pin, ...] = ()
    allow: tuple[Rule, ...] = ()
    deny: tuple[Rule, ...] = ()

    def hidden_because(self, model: Model) -> str | None:
        """Say why a model is hidden, or None; what is denied stays hidden though it is allowed."""
        for rule in self.deny:
            if rule.matches(model):
                return f"denied: {rule.reason}"
        if self.allow and not any(rule.matches(model) for rule in self.allow):
            reasons = dict.fromkeys(rule.reason for rule in self.allow)
            return f"not among the allowed: {'; '.join(reasons)}"
        return None


def read_overlay(path: Path) -> Overlay:
    """Read an overlay: one TOML file, or a folder with overlay.toml, models/ and licenses/.

    Raises:
        NotFound: there is neither.
        NoPermission: a file cannot be read.
    """
    if path.is_dir():
        rules = path / RULES_FILE
        overlay = _read_rules(rules, f"{RULES_FILE}: ") if rules.is_file() else Overlay()
        return _joined(overlay, read_folder(path))
    if not path.exists():
        raise NotFound(
            f"no catalog overlay at {path}",
            hint="correct --catalog-overlay, or catalog-overlay in your settings file",
        )
    return _read_rules(path, "")


def overlay_problems(
    overlay: Overlay, built_in: Documents, models: Sequence[Model], licenses: Collection[str]
) -> Iterator[str]:
    """Say what is wrong with an overlay's rules, given all the models that there are."""
    for kind, added, known in (
        ("model", overlay.documents.models, built_in.models),
        ("license", overlay.documents.licenses, built_in.licenses),
    ):
        for each in added:
            if each in known:
                yield (
                    f"{added[each].place}the {kind} {each} is in the catalog already: "
                    "give yours another id, or use pin, allow and deny"
                )
    families = {model.family for model in models}
    license_ids = [*licenses, *overlay.documents.unsound]
    ids = [*(model.id for model in models), *overlay.documents.unsound]
    for name, rules in (("allow", overlay.allow), ("deny", overlay.deny)):
        for index, rule in enumerate(rules):
            where = f"{name}[{index}]"
            yield from _names_problems(f"{where}.models", "model", rule.models, ids)
            yield from _names_problems(f"{where}.licenses", "license", rule.licenses, license_ids)
            yield from _names_problems(f"{where}.families", "family", rule.families, families)
    by_id = {model.id: model for model in models}
    for index, pin in enumerate(overlay.pins):
        if pin.model not in overlay.documents.unsound:
            yield from _pin_problems(f"pin[{index}]", pin, by_id)


def pinned(model: Model, pins: Sequence[Pin], licenses: Mapping[str, License], by: str) -> Model:
    """Give the model at the revision that the overlay named `by` pins, if it pins one."""
    for pin in pins:
        if pin.model == model.id:
            sources = tuple(
                replace(source, revision=pin.revision)
                if isinstance(source, HuggingFaceSource)
                else source
                for source in model.sources
            )
            note = f"Revision {pin.revision[:7]} is pinned by {by}: {pin.reason}"
            terms = model.license if pin.license is None else licenses[pin.license]
            return replace(model, sources=sources, license=terms, notes=(*model.notes, note))
    return model


def _read_rules(path: Path, place: str) -> Overlay:
    content, wrong = read_file(path, OVERLAY)
    wrong += [] if wrong else _empty_rules(content)
    if wrong:
        return Overlay(Documents(problems=tuple(place + problem for problem in wrong)))
    return Overlay(
        Documents(_tables(content, "models", place), _tables(content, "licenses", place)),
        pins=tuple(Pin(**each) for each in content.get("pin", ())),
        allow=tuple(_rule(each) for each in content.get("allow", ())),
        deny=tuple(_rule(each) for each in content.get("deny", ())),
    )


def _empty_rules(content: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}[{index}]: has a reason only, expected one or more of "
        f"{', '.join(_LISTS)}, commercial_use"
        for name in ("allow", "deny")
        for index, rule in enumerate(content.get(name, ()))
        if set(rule) == {"reason"}
    ]


def _tables(content: Mapping[str, Any], kind: str, place: str) -> dict[str, Document]:
    return {
        name: Document(f"{place}{kind}.{name}.", each)
        for name, each in content.get(kind, {}).items()
    }


def _rule(content: Mapping[str, Any]) -> Rule:
    lists = {name: tuple(content.get(name, ())) for name in _LISTS}
    return Rule(content["reason"], **lists, commercial_use=content.get("commercial_use"))


def _joined(overlay: Overlay, folder: Documents) -> Overlay:
    own = overlay.documents
    twice = [
        f"{folder_documents[name].place}{name} stands in {RULES_FILE} too"
        for folder_documents, own_documents in (
            (folder.models, own.models),
            (folder.licenses, own.licenses),
        )
        for name in folder_documents.keys() & own_documents.keys()
    ]
    return replace(
        overlay,
        documents=Documents(
            models={**own.models, **folder.models},
            licenses={**own.licenses, **folder.licenses},
            unsound=folder.unsound,
            problems=(*own.problems, *folder.problems, *twice),
        ),
    )


def _names_problems(
    where: str, kind: str, patterns: Sequence[str], known: Collection[str]
) -> Iterator[str]:
    for pattern in patterns:
        if not any(fnmatchcase(each, pattern) for each in known):
            yield f'{where}: there is no {kind} "{pattern}"{did_you_mean(pattern, known)}'


def _pin_problems(where: str, pin: Pin, models: Mapping[str, Model]) -> Iterator[str]:
    model = models.get(pin.model)
    if model is None:
        close = did_you_mean(pin.model, models)
        yield f'{where}.model: there is no model "{pin.model}"{close}'
        return
    revisions = [each.revision for each in model.sources if isinstance(each, HuggingFaceSource)]
    if not revisions:
        yield f"{where}.model: {model.id} has no Hugging Face source, so no revision to pin"
    terms = [model.license.id, *(each.license for each in model.earlier_licenses)]
    if pin.license is None and model.earlier_licenses and pin.revision not in revisions:
        yield (
            f"{where}.license: is missing; {model.id} changed its license at revision "
            f"{model.earlier_licenses[0].changed_at[:7]}, so say which one yours is under: "
            f"{' or '.join(terms)}"
        )
    elif pin.license is not None and pin.license not in terms:
        yield f'{where}.license: is "{pin.license}", expected {" or ".join(terms)}'


def _any_match(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
