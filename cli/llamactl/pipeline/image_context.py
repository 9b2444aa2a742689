"""What an image is built from: the recipe of a model for a platform, out of what a user orders."""

from dataclasses import dataclass
from pathlib import Path

from llamactl.app import App
from llamactl.pipeline.image_weights import weights_folder
from llamactl_catalog.engine_models import check_loads
from llamactl_catalog.engine_versions import engine_version
from llamactl_catalog.errors import InvalidInput, LlamactlError
from llamactl_catalog.model import HuggingFaceSource, License, Model, license_at
from llamactl_catalog.progress import Report, silent
from llamactl_catalog.serving_contracts import serving_contract
from llamactl_containers.recipe.recipe import Recipe, base_image, published_base


@dataclass(frozen=True, slots=True)
class ImageOrder:
    """What a user wants of an image, by the options of `image recipe` and `image build`."""

    model: str
    platform: str
    engine: str = "tgi"
    base: str | None = None
    revision: str | None = None
    weights: Path | None = None
    without_texts: bool = False


def image_recipe(
    app: App,
    order: ImageOrder,
    *,
    acceptance: str | None = None,
    with_texts: bool = True,
    report: Report = silent,
) -> Recipe:
    """Make the recipe of an order, with the texts of the model's license.

    Without `with_texts` nothing is asked of the network.

    Raises:
        LlamactlError: an unknown model, engine, version or platform; texts that cannot be read;
            weights that are not those of the model.
    """
    if order.weights is not None and order.without_texts:
        message = "an image with weights holds the texts of their license"
        raise InvalidInput(message, hint="leave out --without-texts, or --with-weights")
    model, revision = ordered(app, order)
    version = engine_version(order.engine)
    check_loads(model, version)
    terms = license_at(model, revision)
    needs_texts = with_texts and not order.without_texts
    return Recipe(
        model=model,
        terms=terms,
        version=version,
        contract=serving_contract(order.platform),
        base=published_base(version) if order.base is None else base_image(order.base),
        revision=revision,
        license_files=_license_files(app, order, model, terms, report) if needs_texts else {},
        acceptance=acceptance,
        weights=None if order.weights is None else weights_folder(order.weights).baked(report),
    )


def ordered(app: App, order: ImageOrder) -> tuple[Model, str | None]:
    """Give the model of an order and its revision: the named one, the weights', the catalog's.

    Raises:
        LlamactlError: an unknown model; weights of another model or revision.
    """
    model, revision = app.catalog().model(order.model), order.revision
    if order.weights is not None:
        revision = weights_folder(order.weights).revision(model, revision)
    return model, revision if revision is not None else _pinned(model)


def _pinned(model: Model) -> str | None:
    for source in model.sources:
        if isinstance(source, HuggingFaceSource):
            return source.revision
    return None


def _license_files(
    app: App, order: ImageOrder, model: Model, terms: License, report: Report
) -> dict[str, bytes]:
    from llamactl_containers.licensing.texts import license_files

    try:
        read = app.license_texts().read_all(terms, model, report)
    except LlamactlError as error:
        if order.weights is None:
            way = "--without-texts makes an image without them, which says so"
            error.hint = way if error.hint is None else f"{error.hint}; or {way}"
        raise
    return license_files(terms, read)
