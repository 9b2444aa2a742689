"""`llamactl image recipe MODEL`: the Dockerfile, or all that an image is built from."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llamactl.app import App
from llamactl.image_options import image_options
from llamactl.output import print_json, talk
from llamactl.paths import FilePath

if TYPE_CHECKING:
    from llamactl_containers.recipe.context import BuildContext
    from llamactl_containers.recipe.recipe import Recipe


@click.command(name="recipe")
@image_options
@click.option("--output", type=FilePath(), metavar="DIR", help="Write the whole context there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def print_recipe(app: App, /, output: Path | None, as_json: bool, **order: Any) -> None:
    """Print the Dockerfile of an image, or write all that it is built from.

    Nothing is built. The base image is named by its digest where that is known; a build finds it
    out and records it.
    """
    from llamactl.pipeline.image_context import ImageOrder, image_recipe
    from llamactl.progress import stage
    from llamactl_containers.recipe.recipe import build_context

    wanted = ImageOrder(**order)
    if output is None and not as_json:
        click.echo(build_context(image_recipe(app, wanted, with_texts=False)).dockerfile, nl=False)
        return
    with stage("recipe") as report:
        recipe = image_recipe(app, wanted, report=report)
    context = build_context(recipe)
    if output is not None:
        _write(context, output)
        talk(f"{output}: {len(context.files)} files")
    if as_json:
        print_json(recipe_record(recipe, context))
    else:
        click.echo(output)


def recipe_record(recipe: "Recipe", context: "BuildContext") -> dict[str, object]:
    """Give a recipe as JSON has it."""
    from llamactl_containers.recipe.tag import image_tag

    base, weights = context.base, context.weights
    return {
        "model": recipe.model.id,
        "revision": recipe.revision,
        "license": recipe.terms.id,
        "engine": recipe.version.engine,
        "engine_version": recipe.version.version,
        "platform": recipe.contract.id,
        "image_name": context.image_name,
        "tag": None if base.digest is None else image_tag(context),
        "base": {"repository": base.repository, "tag": base.tag, "digest": base.digest},
        "runs_as_root_because": recipe.root_because,
        "labels": dict(context.labels),
        "files": [
            {
                "path": each.path,
                "size_bytes": len(each.content),
                "sha256": hashlib.sha256(each.content).hexdigest(),
            }
            for each in context.files
        ],
        "weights": None
        if weights is None
        else {"folder": str(weights.folder), "size_bytes": weights.total_bytes},
        "known_bugs": [
            {"id": each.id, "what": each.what, "done": each.done} for each in recipe.version.bugs
        ],
    }


def _write(context: "BuildContext", output: Path) -> None:
    from llamactl_containers.disk import told
    from llamactl_containers.recipe.context import write_context

    with told(output, "--output"):
        write_context(context, output)
