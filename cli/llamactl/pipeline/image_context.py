"""What an image is built from: the recipe of a model for a platform, out of what a user orders."""

from dataclasses import dataclass
from pathlib import Path

from llamactl.app import App
from llamactl_catalog.engine_versions import engine_version
from llamactl_catalog.errors import LlamactlError, NotFound
from llamactl_catalog.model import HuggingFaceSource, License, Model, license_at
from llamactl_catalog.progress import Report, Step, silent
from llamactl_catalog.serving_contracts import serving_contract
from llamactl_containers.recipe.context import BakedWeights
from llamactl_containers.recipe.recipe import Recipe, base_image, published_base
from llamactl_containers.weights.manifest import MANIFEST_NAME, StagedFile, read_manifest


@dataclass(frozen=True, slots=True)
class ImageOrder:
    """What a user wants of an image, by the options of `image recipe` and `image build`."""

    model: str
    platform: str
    engine: str = "tgi"
    base: str | None = None
    revision: str | None = None
    weights: Path | None = None


def image_recipe(
    app: App,
    order: ImageOrder,
    *,
    acceptance: str | None = None,
    with_texts: bool = True,
    report: Report = silent,
) -> Recipe:
    """Make the recipe of an order, with the texts of the model's license.

    An image without weights gets the texts that can be read: it is no copy of the model. One with
    weights needs them all. Without `with_texts` nothing is asked of the network.

    Raises:
        LlamactlError: an unknown model, engine, version or platform; texts that cannot be read.
    """
    model = app.catalog().model(order.model)
    version = engine_version(order.engine)
    revision = order.revision if order.revision is not None else _pinned(model)
    terms = license_at(model, revision)
    weights = None if order.weights is None else baked_weights(order.weights, report)
    return Recipe(
        model=model,
        terms=terms,
        version=version,
        contract=serving_contract(order.platform),
        base=published_base(version) if order.base is None else base_image(order.base),
        revision=revision,
        license_files=_license_files(app, model, terms, report, must=weights is not None)
        if with_texts
        else {},
        acceptance=acceptance,
        weights=weights,
    )


def baked_weights(folder: Path, report: Report = silent) -> BakedWeights:
    """List a folder's weights with their hashes: by its manifest, else by reading every file.

    Raises:
        NotFound: there are no files, or no config.json, without which no engine starts.
        InvalidFile: its manifest is none.
    """
    from llamactl_containers.weights.cache import file_sha256

    if not folder.is_dir():
        raise NotFound(f"no folder {folder}", hint="--with-weights takes a folder of weights")
    manifest = folder / MANIFEST_NAME
    if manifest.is_file():
        listed = read_manifest(manifest.read_bytes(), str(manifest)).files
    else:
        listed = tuple(
            StagedFile(
                path.relative_to(folder).as_posix(), path.stat().st_size, file_sha256(path, report)
            )
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        )
    if all(each.path != "config.json" for each in listed):
        hint = "llamactl weights stage fetches all that an engine needs"
        raise NotFound(f"no config.json in {folder}", hint=hint)
    return BakedWeights(folder.absolute(), listed)


def _pinned(model: Model) -> str | None:
    for source in model.sources:
        if isinstance(source, HuggingFaceSource):
            return source.revision
    return None


def _license_files(
    app: App, model: Model, terms: License, report: Report, *, must: bool
) -> dict[str, bytes]:
    from llamactl_containers.licensing.texts import license_files

    texts, read = app.license_texts(), []
    for each in terms.texts:
        try:
            read.append(texts.read(each, model, report))
        except LlamactlError:
            if must:
                raise
            report(Step(f"{each.file_name} cannot be read, and is left out"))
    return license_files(terms, read)
