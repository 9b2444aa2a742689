"""What must be on record before a model is deployed: by its license, and by that of its weights."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from llamactl_catalog.catalog import Catalog
from llamactl_catalog.errors import InvalidInput, LicenseRefused
from llamactl_catalog.licensing.acceptance import Kind
from llamactl_catalog.model import HuggingFaceSource, License, MetaSource, Model, license_at


@dataclass(frozen=True, slots=True)
class Requirement:
    """The kind of record that a model needs; `kept_back` is the use that its license withholds."""

    model: str
    license: License
    kind: Kind
    kept_back: str | None = None


def requirement(model: Model, revision: str | None = None) -> Requirement | None:
    """Say what must be on record before a revision of a model is deployed; None: nothing.

    Raises:
        InvalidInput: it is not known which license the revision is under.
    """
    return _of_terms(model, license_at(model, revision))


def requirements(
    catalog: Catalog, model: Model, revision: str | None = None, weights: Iterable[str] = ()
) -> tuple[Requirement, ...]:
    """Say all that must be on record: for the model, and for others whose weights it is served by.

    `weights` are what is known of the files: repositories, ids of models, ids of licenses, as a
    manifest or the header of a file names them. A model that the overlay hides counts, too.

    Raises:
        InvalidInput: of `requirement`.
        LicenseRefused: the files are under a license that keeps a use back, of no known model.
    """
    names = {each.strip().strip("/").lower() for each in weights}
    needed = [requirement(model, revision), *_of_others(catalog, model, revision, names)]
    found = [each for each in needed if each is not None]
    known = {model.license.id, *(each.license.id for each in found)}
    others = [each for each in catalog.licenses if each.id not in known]
    found += _of_licenses(model, others, {_letters(each) for each in names})
    return tuple({(each.license.id, each.kind, _named(each)): each for each in found}.values())


def kept_back_use(terms: License) -> str | None:
    """Say which use a license withholds that a deployment may be; None: no such use."""
    if not terms.commercial_use:
        return "is for non-commercial use only"
    match terms.hosting:
        case "allowed":
            return None
        case "separate-license":
            return "needs a separate license to be hosted for others"
        case "forbidden":
            return "may not be hosted for others"


def _of_terms(model: Model, terms: License) -> Requirement | None:
    kept_back = kept_back_use(terms)
    if kept_back is not None:
        return Requirement(model.id, terms, "override", kept_back)
    return Requirement(model.id, terms, "acceptance") if terms.acceptance_required else None


def _of_others(
    catalog: Catalog, model: Model, revision: str | None, names: Collection[str]
) -> Iterator[Requirement | None]:
    held = {*names, *_places(model)}
    for other in (*catalog.models, *(each.model for each in catalog.hidden)):
        if other.id != model.id and (other.id in names or held & _places(other)):
            yield _of_other(other, model, revision)


def _of_other(other: Model, model: Model, revision: str | None) -> Requirement | None:
    try:
        return requirement(other, revision)
    except InvalidInput:
        # The entry that pins a revision of its own says which of the two licenses it is under.
        before = {each.license for each in other.earlier_licenses}
        if model.license.id in before | {other.license.id}:
            return None
        raise


def _of_licenses(
    model: Model, licenses: Iterable[License], letters: Collection[str]
) -> Iterator[Requirement]:
    for terms in licenses:
        needed = _of_terms(model, terms) if _letters(terms.id) in letters else None
        if needed is not None and needed.kept_back is not None:
            raise LicenseRefused(
                f"the weights say that they are under {terms.name}, which {needed.kept_back}",
                hint="deploy them as the model that they are, "
                f"or add one under {terms.id} to the catalog overlay: docs/overlay.md",
            )
        if needed is not None:
            yield needed


def _places(model: Model) -> set[str]:
    """Give the names under which a model's weights are published."""
    repos = {each.repo.lower() for each in model.sources if isinstance(each, HuggingFaceSource)}
    return repos | {f"meta:{each.name}" for each in model.sources if isinstance(each, MetaSource)}


def _named(needed: Requirement) -> str | None:
    """Give the model that a record must name; an acceptance holds for every one."""
    return needed.model if needed.kind == "override" else None


def _letters(name: str) -> str:
    """Leave out what stands between: the Hub writes llama3.1 for llama-3.1."""
    return "".join(filter(str.isalnum, name)).lower()
