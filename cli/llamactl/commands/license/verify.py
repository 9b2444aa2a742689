"""`llamactl license verify`: whether the ledger is whole."""

from collections.abc import Sequence
from pathlib import Path

import click

from llamactl.app import App
from llamactl.output import print_json, talk
from llamactl.paths import FilePath
from llamactl.terminal_text import on_one_line
from llamactl_catalog.errors import LicenseRefused
from llamactl_catalog.licensing.chain import Verified


@click.command(name="verify")
@click.option(
    "--public-key",
    "public_keys",
    type=FilePath(dir_okay=False),
    multiple=True,
    help="Every record must be signed by one of these keys.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def verify_ledger(app: App, public_keys: Sequence[Path], as_json: bool) -> None:
    """Check the ledger: every record, the chain, the copies of the texts.

    Whatever was edited, removed, put in or put elsewhere is named, and the exit code is 3.
    """
    check = None
    if public_keys:
        from llamactl_containers.licensing.signing import signature_check

        check = signature_check(public_keys)
    address = app.ledger_address()
    found = app.ledger().verify(check)
    if as_json:
        print_json(_record(address, found, is_checked=check is not None))
    for each in found.problems if not as_json else ():
        click.echo(on_one_line(f"{each.file} {each.what}"))
    for note in found.notes:
        talk(note)
    if not found.is_whole:
        count = "1 problem" if len(found.problems) == 1 else f"{len(found.problems)} problems"
        hint = "restore what was touched from a copy; until then nothing deploys by this ledger"
        raise LicenseRefused(f"the license ledger {address} is broken: {count}", hint=hint)
    if not as_json:
        click.echo(_whole(address, found, is_checked=check is not None))


def _whole(address: str, found: Verified, *, is_checked: bool) -> str:
    count = "1 record" if len(found.records) == 1 else f"{len(found.records)} records"
    signed = sum(each.signer is not None for each in found.records)
    if is_checked:
        signatures = ", every signature is right"
    elif signed:
        signatures = f", {signed} signed (not checked without --public-key)"
    else:
        signatures = ""
    return f"{address} is whole: {count}{signatures}"


def _record(address: str, found: Verified, *, is_checked: bool) -> dict[str, object]:
    return {
        "ledger": address,
        "whole": found.is_whole,
        "records": len(found.records),
        "signed": sum(each.signer is not None for each in found.records),
        "signatures_checked": is_checked,
        "problems": [
            {"record": each.number, "file": each.file, "what": each.what} for each in found.problems
        ],
        "notes": list(found.notes),
    }
