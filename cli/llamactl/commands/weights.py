"""`llamactl weights`: model weights, into a folder or the user's own storage, verified."""

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llamactl.accept_option import accept_license_option
from llamactl.app import App
from llamactl.output import print_json, talk
from llamactl.paths import FilePath
from llamactl.pipeline.accepted import Accepted
from llamactl.terminal_text import for_terminal
from llamactl_catalog.errors import InvalidInput, Unhealthy
from llamactl_catalog.units import format_bytes

if TYPE_CHECKING:
    from llamactl.pipeline.staging import FetchOrder
    from llamactl_containers.weights.staging import Staged

_SOURCE = click.option(
    "--source",
    default="huggingface",
    show_default=True,
    metavar="huggingface|meta|FOLDER",
    help="Where the weights are: the Hub, Meta's signed download, or a folder of yours.",
)
_META_URL_FILE = click.option(
    "--meta-url-file",
    type=FilePath(dir_okay=False),
    help="A file with the URL of Meta's e-mail; else LLAMACTL_META_URL, or you are asked.",
)
_REPLACE = click.option("--replace", is_flag=True, help="Replace other weights that lie there.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _fetch_order(command: Callable[[App, "FetchOrder"], "Staged"]) -> Callable[..., None]:
    """Make a command of what fetches by an order: its options, and how its result is told."""

    @wraps(command)
    def told(
        app: App,
        model: str,
        target: str,
        source: str,
        meta_url_file: Path | None,
        replace: bool,
        accept_license: Accepted,
        as_json: bool,
    ) -> None:
        from llamactl.pipeline.staging import FetchOrder

        order = FetchOrder(model, target, source, meta_url_file, replace, accept_license)
        staged = command(app, order)
        if as_json:
            print_json(_record(target, staged))
        else:
            _hand_over(target, staged)

    made: Callable[..., None] = click.pass_obj(told)
    for option in (_JSON, accept_license_option, _REPLACE, _META_URL_FILE, _SOURCE):
        made = option(made)
    return made


@click.group(name="weights")
def command() -> None:
    """Weights: who may read them, fetch, stage into your storage, verify."""


@command.command(name="probe")
@click.argument("model")
@_JSON
@click.pass_obj
def probe_access(app: App, model: str, as_json: bool) -> None:
    """Tell whether your token may read MODEL's pinned revision.

    The token is taken from HF_TOKEN, HUGGING_FACE_HUB_TOKEN, the Hub's own token file or the
    system keyring, and never shown. Exit code 6: no access; 12: no such repository or revision.
    """
    from llamactl.pipeline.staging import probe

    access, refused = probe(app, model)
    if as_json:
        print_json({"model": model, "granted": refused is None, **asdict(access)})
    if refused is not None:
        raise refused
    if not as_json:
        click.echo(f"{access.repo} at {access.revision[:8]}: granted")
        kind = "it is gated" if access.gated else "it is open to everyone"
        with_what = "no token" if access.token is None else f"the token of the {access.token}"
        talk(f"{kind}; asked with {with_what}")


@command.command(name="fetch")
@click.argument("model")
@click.option(
    "--to", "target", required=True, metavar="DIR|s3://…|az://…", help="Where to put them."
)
@_fetch_order
def fetch(app: App, order: "FetchOrder") -> "Staged":
    """Fetch MODEL's weights: pinned, only what the engine needs, each file verified.

    Interrupted, run it again: only what is missing is moved. A manifest with digests is written
    last; LICENSE, use policy and notice stand beside the weights.
    """
    from llamactl.pipeline.staging import fetch_weights

    return fetch_weights(app, order)


@command.command(name="stage")
@click.argument("model")
@click.option(
    "--to", "target", required=True, metavar="s3://…|az://…", help="Your bucket and a prefix."
)
@_fetch_order
def stage_weights(app: App, order: "FetchOrder") -> "Staged":
    """Stage MODEL's weights into your object storage, streamed without a local copy."""
    from llamactl.pipeline.staging import fetch_weights

    if "://" not in order.target:
        hint = f"into a folder: llamactl weights fetch {order.model} --to {order.target}"
        raise InvalidInput(f"--to: '{order.target}' is no object storage", hint=hint)
    return fetch_weights(app, order)


@command.command(name="verify")
@click.argument("target")
@click.option("--full", is_flag=True, help="Read objects of a bucket too, and compare digests.")
@_JSON
@click.pass_obj
def verify(_app: App, target: str, full: bool, as_json: bool) -> None:
    """Check TARGET, a folder or s3://… or az://…, against its manifest.

    Sizes always, digests too for a folder. Exit code 8: some file is not right; each is named.
    """
    from llamactl.pipeline.staging import verify_weights
    from llamactl_containers.weights.verifying import problem_lines

    found = verify_weights(target, full=full)
    count = len(found.manifest.files)
    if as_json:
        print_json(
            {
                "target": target,
                "model": found.manifest.model,
                "ok": not found.problems,
                "files": count,
                "total_bytes": found.manifest.total_bytes,
                "digests_checked": found.digests_checked,
                "problems": [asdict(each) for each in found.problems],
                "unlisted": found.unlisted,
            }
        )
    if found.unlisted:
        talk(for_terminal(f"note: not in the manifest: {', '.join(found.unlisted)}"))
    if found.problems:
        lines = problem_lines(found.problems)
        raise Unhealthy(
            f"{target}: {len(found.problems)} of {count} files are not right\n{lines}",
            hint="fetch again into the same place: only what is wrong is moved",
        )
    if not as_json:
        what = "sizes and digests" if found.digests_checked else "sizes (--full reads all digests)"
        size = format_bytes(found.manifest.total_bytes)
        click.echo(f"{target}: {found.manifest.model}, {count} files, {size}: {what} are right")


def _record(target: str, staged: "Staged") -> dict[str, object]:
    return {
        "target": target,
        "moved_files": staged.moved_files,
        "moved_bytes": staged.moved_bytes,
        **asdict(staged.manifest),
    }


def _hand_over(target: str, staged: "Staged") -> None:
    for line in staged.manifest.left_out:
        talk(for_terminal(f"left out: {line}"))
    if staged.moved_files == 0:
        talk("nothing had to be moved: all of it was there")
    click.echo(target)
    talk(f"  llamactl weights verify {target}")
