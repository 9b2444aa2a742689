"""The Dockerfiles that lie in `golden/`.

To write them anew: PYTHONPATH=tests python tests/containers/recipe/recipe_goldens.py
"""

from pathlib import Path

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.engine_versions import engine_version
from llamactl_catalog.serving_contracts import serving_contract
from llamactl_containers.recipe.context import BakedWeights
from llamactl_containers.recipe.recipe import Recipe, base_image, build_context, published_base
from llamactl_containers.weights.manifest import StagedFile

GOLDEN = Path(__file__).parent / "golden"
DIGEST = "sha256:" + "3" * 64
WEIGHTS = BakedWeights(
    Path("/weights"),
    (StagedFile("config.json", 2, "a" * 64), StagedFile("model.safetensors", 7, "b" * 64)),
)
_CATALOG = load_catalog()


def recipe(platform="sagemaker", engine="tgi@3.3.6", model="llama-2-7b-chat", **options):
    known, version = _CATALOG.model(model), engine_version(engine)
    options.setdefault("base", published_base(version))
    return Recipe(known, known.license, version, serving_contract(platform), **options)


def dockerfiles():
    """Every golden file by its name."""
    pinned = base_image(f"registry.example:5000/mirror/tgi:2.2.0@{DIGEST}")
    made = {
        "tgi_sagemaker": recipe(revision="f5db02d"),
        "tgi_azureml": recipe("azureml"),
        "tgi_2_azureml_not_root": recipe("azureml", "tgi@2.2.0", base=pinned),
        "vllm_sagemaker": recipe(engine="vllm@0.10.2"),
        "tgi_sagemaker_weights": recipe(weights=WEIGHTS, acceptance="acc-1", base=pinned),
    }
    return {f"{name}.Dockerfile": build_context(each).dockerfile for name, each in made.items()}


if __name__ == "__main__":
    for name, text in dockerfiles().items():
        (GOLDEN / name).write_text(text, "utf-8")
