"""The catalog: every model that can be deployed here, and those that the organization hides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from llamactl_catalog.documents import (
    Documents,
    license_of,
    license_problems,
    model_of,
    model_problems,
    read_folder,
)
from llamactl_catalog.errors import InvalidFile, NotFound, UnknownModel
from llamactl_catalog.fields import did_you_mean
from llamactl_catalog.model import HuggingFaceSource, License, Model, Variant
from llamactl_catalog.overlay import Overlay, overlay_problems, pinned, read_overlay

BUILT_IN = "llamactl"
_DATA = Path(__file__).parent
_VARIANTS = get_args(Variant)


@dataclass(frozen=True, slots=True)
class HiddenModel:
    """A model that the organization's overlay hides, and why."""

    model: Model
    reason: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """The models by family and size, the hidden ones beside them, and all licenses."""

    models: tuple[Model, ...]
    hidden: tuple[HiddenModel, ...] = ()
    licenses: tuple[License, ...] = ()

    def model(self, model_id: str) -> Model:
        """Look a model up by its id.

        Raises:
            UnknownModel: there is none of that id; it names the close ones.
            NotFound: the organization's overlay hides it; it says why.
        """
        for model in self.models:
            if model.id == model_id:
                return model
        for each in self.hidden:
            if each.model.id == model_id:
                raise NotFound(
                    f"model '{model_id}' is hidden by the catalog overlay ({each.reason})",
                    hint="llamactl models lists those that you may use",
                )
        raise UnknownModel(model_id, _close_ids(model_id, self.models))

    def license(self, license_id: str) -> License:
        """Look a license up by its id.

        Raises:
            NotFound: there is none of that id; it names the close ones.
        """
        for each in self.licenses:
            if each.id == license_id:
                return each
        ids = [each.id for each in self.licenses]
        raise NotFound(
            f"no license '{license_id}' in the catalog{did_you_mean(license_id, ids)}",
            hint="llamactl license list lists them all",
        )


def load_catalog(overlay: Path | None = None) -> Catalog:
    """Load and check the built-in catalog, and over it the organization's overlay if there is one.

    Raises:
        InvalidFile: data files have problems; it holds all of them.
        NotFound: there is no overlay at that path.
    """
    built_in = _built_in()
    layer = Overlay() if overlay is None else read_overlay(overlay)
    added = layer.documents
    licenses = {
        **_licenses(added, _folder(overlay)),
        **_licenses(built_in, _DATA),
    }
    origin = str(overlay)
    own_models, own_problems = _models(built_in, licenses, BUILT_IN)
    if wrong := [*built_in.problems, *_license_problems(built_in), *own_problems]:
        raise InvalidFile(str(_DATA), wrong)
    added_models, added_problems = _models(added, licenses, origin)
    models = [*own_models, *added_models]
    wrong = [*added.problems, *_license_problems(added), *added_problems]
    wrong += overlay_problems(layer, built_in, models, licenses)
    if wrong:
        raise InvalidFile(origin, wrong)
    return _allowed(
        [pinned(each, layer.pins, licenses, origin) for each in models], layer, licenses
    )


@cache
def _built_in() -> Documents:
    """Read the files of the package, which do not change while it runs, once."""
    return read_folder(_DATA)


def _licenses(documents: Documents, folder: Path | None) -> dict[str, License]:
    return {
        license_id: license_of(license_id, document.content, folder)
        for license_id, document in documents.licenses.items()
    }


def _license_problems(documents: Documents) -> list[str]:
    return [
        problem
        for document in documents.licenses.values()
        for problem in license_problems(document)
    ]


def _folder(overlay: Path | None) -> Path | None:
    return overlay.parent if overlay is not None and overlay.is_file() else overlay


def _models(
    documents: Documents, licenses: Mapping[str, License], origin: str
) -> tuple[list[Model], list[str]]:
    models = []
    problems = []
    for model_id, document in documents.models.items():
        wrong = list(model_problems(document, licenses))
        problems += wrong
        if not wrong:
            models.append(model_of(model_id, document.content, licenses, origin))
    return models, problems


def _allowed(models: Sequence[Model], layer: Overlay, licenses: Mapping[str, License]) -> Catalog:
    in_order = sorted(models, key=_order)
    reasons = {each.id: layer.hidden_because(each) for each in in_order}
    return Catalog(
        models=tuple(each for each in in_order if reasons[each.id] is None),
        hidden=tuple(
            HiddenModel(each, reason)
            for each in in_order
            if (reason := reasons[each.id]) is not None
        ),
        licenses=tuple(licenses[license_id] for license_id in sorted(licenses)),
    )


def _order(model: Model) -> tuple[str, float, int, str]:
    # Two digits of the size, so that variants with some more tokens in their table stay together.
    size = float(f"{model.parameters:.1e}")
    return model.family, size, _VARIANTS.index(model.variant), model.id


def _close_ids(model_id: str, models: Sequence[Model]) -> list[str]:
    """Find the ids that look alike, however they are punctuated, and the one of a repository."""
    from difflib import get_close_matches

    asked = model_id.lower()
    of_repo = [
        model.id
        for model in models
        for source in model.sources
        if isinstance(source, HuggingFaceSource)
        and asked in (source.repo.lower(), source.repo.lower().partition("/")[2])
    ]
    if of_repo:
        return of_repo
    by_letters = {_letters(model.id): model.id for model in models}
    return [by_letters[each] for each in get_close_matches(_letters(asked), by_letters)]


def _letters(model_id: str) -> str:
    return "".join(filter(str.isalnum, model_id))
