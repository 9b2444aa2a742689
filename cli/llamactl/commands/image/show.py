"""`llamactl image show IMAGE`: all that is known of an image that was built here."""

from typing import TYPE_CHECKING

import click

from llamactl.app import App
from llamactl.output import print_json

if TYPE_CHECKING:
    from llamactl_containers.builders.records import ImageRecord

SHORT_DIGEST = len("sha256:") + 12


@click.command(name="show")
@click.argument("image", metavar="IMAGE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show_image(app: App, image: str, as_json: bool) -> None:
    """Show an image by its tag or digest, or the beginning of either: what from, when, where."""
    from llamactl.pipeline.images import images_of

    images = images_of(app)
    record = images.records.find(image)
    if as_json:
        print_json(record.to_json())
        return
    is_here = record.manifest_type is not None and images.store.holds(record.digest)
    for name, value in _lines(record, is_here=is_here):
        click.echo(f"{name:<10}  {value}")


def print_image(record: "ImageRecord", *, as_json: bool, registry: str | None) -> None:
    """Print an image that was just built or pushed: as JSON, or by its digest."""
    if as_json:
        print_json(record.to_json())
        return
    host = (registry or "").removeprefix("https://").partition("/")[0]
    for place in reversed(record.pushed):
        name = place.reference.rpartition(":")[0]
        if registry is not None and host in name:
            click.echo(f"{name}@{place.digest}")
            return
    click.echo(f"{record.name}:{record.tag}@{record.digest}")


def _lines(record: "ImageRecord", *, is_here: bool) -> list[tuple[str, str]]:
    from llamactl_catalog.units import format_bytes

    size = "unknown" if record.size_bytes is None else format_bytes(record.size_bytes)
    lines = [
        ("image", record.name),
        ("tag", record.tag),
        ("digest", record.digest),
        ("platform", record.platform),
        ("size", size),
        ("layers", "here" if is_here else "not here"),
        ("base", record.base_name),
        ("", record.base),
        ("built", f"{record.built_at:%Y-%m-%d %H:%M} UTC by {record.tool} {record.tool_version}"),
    ]
    lines += [("log", record.log)] if record.log else []
    for place in record.pushed:
        lines.append(("pushed", f"{place.reference}, {place.at:%Y-%m-%d %H:%M} UTC"))
        lines.append(("", place.digest))
        lines += [("", f"{kind}: {digest}") for kind, digest in place.attached.items()]
    lines += [("label", f"{name}={value}") for name, value in record.labels.items()]
    lines += [("file", f"{path}  {sha256[:12]}") for path, sha256 in record.files.items()]
    return lines
