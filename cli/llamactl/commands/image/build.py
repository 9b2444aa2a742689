"""`llamactl image build MODEL`: the image of a model for a platform, built here or in the cloud."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llamactl.accept_option import accept_license_option
from llamactl.app import App
from llamactl.commands.image.show import print_image
from llamactl.image_options import image_options
from llamactl.paths import FilePath

if TYPE_CHECKING:
    from llamactl.pipeline.accepted import Accepted


@click.command(name="build")
@image_options
@click.option(
    "--tool",
    type=click.Choice(["docker", "podman", "buildah"]),
    help="What builds it; else the first of them that works here.",
)
@click.option("--remote", is_flag=True, help="Build in the cloud of the registry.")
@click.option("--registry", metavar="HOST[/PATH]", help="Push it there; look there first.")
@click.option(
    "--sign-key", type=FilePath(dir_okay=False), help="With --registry: sign it with this key."
)
@accept_license_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def build(
    app: App,
    /,
    tool: Any,
    remote: bool,
    registry: str | None,
    sign_key: Path | None,
    accept_license: "Accepted",
    as_json: bool,
    **order: Any,
) -> None:
    """Build an image, unless one of the very same inputs is there; with --registry, push it too.

    It prints the image by its digest. The log of the build is kept; image show says where.

    Example: llamactl image build llama-2-7b-chat --for sagemaker
    """
    from llamactl.pipeline.image_build import BuildOrder, build_image
    from llamactl.pipeline.image_context import ImageOrder

    wanted = BuildOrder(ImageOrder(**order), tool, remote, registry, accept_license, sign_key)
    record = build_image(app, wanted)
    print_image(record, as_json=as_json, registry=registry)
