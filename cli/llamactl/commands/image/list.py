"""`llamactl image list`: the images that were built here."""

from typing import TYPE_CHECKING

import click

from llamactl.app import App
from llamactl.output import print_json, print_table, talk

if TYPE_CHECKING:
    from llamactl_containers.builders.records import ImageRecord


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_images(app: App, as_json: bool) -> None:
    """List the images that were built here or found in a registry, the newest first."""
    from llamactl.pipeline.images import images_of

    records = images_of(app).records.all()
    if as_json:
        print_json([each.to_json() for each in records])
        return
    if not records:
        talk("no image yet: llamactl image build MODEL --for PLATFORM makes one")
        return
    columns = ["image", "tag", "digest", "size", "built", "pushed to"]
    print_table(columns, [_row(each) for each in records], right=["size"])


def _row(record: "ImageRecord") -> list[str]:
    from llamactl.commands.image.show import SHORT_DIGEST
    from llamactl_catalog.units import format_bytes

    places = [each.reference.partition("/")[0] for each in record.pushed]
    return [
        record.name,
        record.tag,
        record.digest[:SHORT_DIGEST],
        "" if record.size_bytes is None else format_bytes(record.size_bytes),
        record.built_at.strftime("%Y-%m-%d %H:%M"),
        ", ".join(dict.fromkeys(places)),
    ]
