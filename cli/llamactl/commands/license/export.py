"""`llamactl license export`: the ledger for programs, spreadsheets and auditors."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, assert_never, get_args

import click

from llamactl.app import App
from llamactl.output import talk
from llamactl.paths import FilePath
from llamactl.terminal_text import on_one_line
from llamactl_catalog.errors import LicenseRefused
from llamactl_catalog.licensing.chain import Record, Verified
from llamactl_catalog.licensing.export import as_csv, as_json
from llamactl_containers.disk import told
from llamactl_containers.licensing.ledger import Ledger

Format = Literal["json", "csv", "html"]


@click.command(name="export")
@click.option(
    "--format",
    "format_",
    type=click.Choice(get_args(Format)),
    default="json",
    show_default=True,
    help="html is a page for an auditor, to read and to print.",
)
@click.option("--output", type=FilePath(dir_okay=False), help="Write this file; else stdout.")
@click.pass_obj
def export_ledger(app: App, format_: Format, output: Path | None) -> None:
    """Write out all records, for an auditor or a program.

    A ledger that is broken is written out, too, with all that is wrong; the exit code is 3 then.
    """
    ledger = app.ledger()
    found = ledger.verify()
    text = _text(format_, ledger, found)
    if output is None:
        click.echo(text, nl=False)
    else:
        with told(output, "--output"):
            output.write_bytes(text.encode("utf-8", "backslashreplace"))
        talk(f"{len(found.records)} records are in {output}")
    if not found.is_whole:
        for each in found.problems:
            talk(on_one_line(f"{each.file} {each.what}"))
        hint = "what was written out says so, too; csv has the sound records alone"
        raise LicenseRefused(f"the license ledger {ledger.address} is broken", hint=hint)


def _text(format_: Format, ledger: Ledger, found: Verified) -> str:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    match format_:
        case "json":
            return as_json(ledger.address, found, now)
        case "csv":
            return as_csv(found.records)
        case "html":
            from llamactl_catalog.licensing.auditor_page import auditor_page

            return auditor_page(ledger.address, found, now, _texts(ledger, found.records))
        case _ as never:
            assert_never(never)


def _texts(ledger: Ledger, records: Iterable[Record]) -> dict[str, str]:
    hashes = {
        text.sha256
        for each in records
        if each.is_readable
        for text in each.acceptance().terms.texts
        if text.sha256 is not None
    }
    found = {each: ledger.text(each) for each in sorted(hashes)}
    return {
        each: content.decode("utf-8-sig", errors="replace")
        for each, content in found.items()
        if content is not None
    }
