"""`llamactl image push IMAGE`: an image that was built here, into a registry."""

from pathlib import Path

import click

from llamactl.app import App
from llamactl.commands.image.show import print_image
from llamactl.paths import FilePath


@click.command(
    name="push", epilog="Example: llamactl image push tgi-3.3.6 --registry registry.example/team"
)
@click.argument("image", metavar="IMAGE")
@click.option("--registry", metavar="HOST[/PATH]", required=True, help="Where it is to go.")
@click.option("--sign-key", type=FilePath(dir_okay=False), help="Sign it with this private key.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def push(app: App, image: str, registry: str, sign_key: Path | None, as_json: bool) -> None:
    """Push an image by its tag or digest, or the beginning of either.

    Its bill of materials and its provenance are attached to it; the tag comes last of all.
    """
    from llamactl.pipeline.image_push import push_image_of

    record = push_image_of(app, image, registry, sign_key)
    print_image(record, as_json=as_json, registry=registry)
