"""From what an image is to be, to the context that it is built from. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template

from llamactl_catalog.engine_versions import EngineVersion
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.model import License, Model
from llamactl_catalog.serving_contracts import ServingContract
from llamactl_containers.engines.engine import stop_s
from llamactl_containers.recipe.context import (
    DOCKERFILE,
    LICENSES,
    BakedWeights,
    BaseImage,
    BuildContext,
    ContextFile,
)
from llamactl_containers.recipe.weight_layers import copy_instructions
from llamactl_containers.registries.reference import read_reference

FOLDER = "/opt/llamactl"
MODEL_FOLDER = f"{FOLDER}/model"
_TERMS = "TERMS.txt"
_USER, _USER_NAME, _HOME = "1000:1000", "llamactl", "/tmp/llamactl"  # noqa: S108 - in the container


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an image is to be.

    `license_files` are the texts that go with the model, by file name; none: they are left out, and
    TERMS.txt says so. `acceptance` is the id of
    the record by which its license was accepted; only an image with weights needs one.
    """

    model: Model
    terms: License
    version: EngineVersion
    contract: ServingContract
    base: BaseImage
    revision: str | None = None
    license_files: Mapping[str, bytes] = field(default_factory=dict)
    acceptance: str | None = None
    weights: BakedWeights | None = None

    @property
    def root_because(self) -> str | None:
        """Say why the container runs as root; None: it runs as a user without rights."""
        if self.contract.root_because is not None:
            return self.contract.root_because
        return self.version.root_because


def published_base(version: EngineVersion) -> BaseImage:
    """Give the image that the engine's makers publish."""
    return BaseImage(version.repository, version.tag, version.digest)


def base_image(text: str) -> BaseImage:
    """Read REPOSITORY[:TAG][@DIGEST].

    Raises:
        InvalidInput: it is not written so, or has neither tag nor digest.
    """
    reference = read_reference(text)
    if reference.tag is None and reference.digest is None:
        raise InvalidInput(
            f"'{text}' names no one image", hint="add its tag or its digest: NAME:TAG@sha256:…"
        )
    return BaseImage(reference.name, reference.tag, reference.digest)


def build_context(recipe: Recipe) -> BuildContext:
    """Give the context: Dockerfile, entry script, the model's terms."""
    labels = image_labels(recipe)
    dockerfile = _dockerfile(recipe, labels)
    texts = {_TERMS: _terms(recipe).encode(), **recipe.license_files}
    contents = {
        DOCKERFILE: dockerfile.encode(),
        "entrypoint.sh": _packaged("entrypoint.sh").encode(),
        **{f"{LICENSES}/{name}": content for name, content in texts.items()},
    }
    version = recipe.version
    return BuildContext(
        image_name=f"llamactl/{recipe.model.id}",
        tag_prefix=f"{version.engine}-{version.version}-{recipe.contract.id}",
        base=recipe.base,
        files=tuple(ContextFile(path, contents[path]) for path in sorted(contents)),
        labels=labels,
        weights=recipe.weights,
    )


def image_labels(recipe: Recipe) -> dict[str, str]:
    """Give the image's labels: OCI's annotations, the platform's, llamactl's own."""
    model, version, contract = recipe.model, recipe.version, recipe.contract
    inside = version.license
    if recipe.weights is not None and recipe.terms.spdx != inside:
        inside = f"{inside} AND {recipe.terms.spdx}"
    labels = {
        "org.opencontainers.image.title": f"{model.id} on {version.engine}",
        "org.opencontainers.image.description": (
            f"{version.engine} {version.version} serving {model.name} on {contract.name}"
        ),
        "org.opencontainers.image.version": version.version,
        "org.opencontainers.image.licenses": inside,
        "org.opencontainers.image.source": version.source_url,
        "org.opencontainers.image.base.name": recipe.base.name,
        "llamactl.engine": version.engine,
        "llamactl.license": recipe.terms.id,
        "llamactl.model": model.id,
        "llamactl.platform": contract.id,
        "llamactl.weights": "none" if recipe.weights is None else MODEL_FOLDER,
        **contract.labels,
    }
    optional = {
        "org.opencontainers.image.base.digest": recipe.base.digest,
        "llamactl.revision": recipe.revision,
        "llamactl.acceptance": recipe.acceptance,
    }
    labels |= {name: value for name, value in optional.items() if value is not None}
    return dict(sorted(labels.items()))


def _dockerfile(recipe: Recipe, labels: Mapping[str, str]) -> str:
    weights = ""
    if recipe.weights is not None:
        weights = copy_instructions(recipe.weights, MODEL_FOLDER)
    why = recipe.root_because
    user = f"USER {_USER}" if why is None else f"# It is root: {why}.\nUSER 0:0"
    return Template(_packaged("Dockerfile.template")).substitute(
        title=labels["org.opencontainers.image.description"],
        base=recipe.base.reference,
        labels=_pairs(labels),
        environment=_pairs(_environment(recipe)),
        folder=FOLDER,
        weights=weights,
        user=user,
        port=recipe.contract.port,
        health=recipe.contract.health,
    )


def _environment(recipe: Recipe) -> dict[str, str]:
    """Give what holds for every start of the image; the rest comes with a deployment."""
    contract, version = recipe.contract, recipe.version
    values = {"LLAMACTL_ENGINE": version.engine, "LLAMACTL_PORT": str(contract.port)}
    if recipe.weights is not None:
        values["LLAMACTL_MODEL_DIR"] = MODEL_FOLDER
    elif contract.model_dir is not None:
        values["LLAMACTL_MODEL_DIR"] = contract.model_dir
    if version.stop_setting is not None:
        values[version.stop_setting] = str(stop_s(contract))
    if recipe.root_because is None:
        # A user without an account: programs ask these for its name.
        values |= {"HOME": _HOME, "HF_HOME": f"{_HOME}/huggingface"}
        values["HUGGINGFACE_HUB_CACHE"] = f"{_HOME}/huggingface/hub"  # TGI 2 has it in /data
        values |= {"USER": _USER_NAME, "LOGNAME": _USER_NAME}
    return dict(sorted(values.items()))


def _terms(recipe: Recipe) -> str:
    """Say which terms the model is under, whether or not its texts are here."""
    terms, weights = recipe.terms, recipe.weights
    where = "is in this image" if weights is not None else "is not in this image"
    lines = [
        f"{recipe.model.name} ({recipe.model.id}) {where}.",
        f"It is under the {terms.name} ({terms.spdx}).",
    ]
    if recipe.revision is not None:
        lines.append(f"Revision: {recipe.revision}")
    if recipe.acceptance is not None:
        lines.append(f"Acceptance: {recipe.acceptance}")
    if terms.texts and not recipe.license_files:
        lines.append("The texts of its license are left out of this image.")
    lines += [f"{each.text} ({each.source})" for each in terms.duties]
    return "\n".join(lines) + "\n"


def _pairs(values: Mapping[str, str]) -> str:
    pairs = [f"{name}={_quoted(value)}" for name, value in values.items()]
    return " \\\n    ".join(pairs)


def _quoted(value: str) -> str:
    """Quote a value for a Dockerfile, in which $ starts a variable even between double quotes."""
    if "\n" in value or "\r" in value:
        raise ValueError(f"a label cannot hold a line end: {value!r}")
    return json.dumps(value, ensure_ascii=False).replace("$", "\\$")


def _packaged(name: str) -> str:
    return (files("llamactl_containers.recipe") / name).read_text("utf-8")
