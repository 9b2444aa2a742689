"""The group of `llamactl license`, and its commands."""

import click

from llamactl.commands.license.accept import accept_license
from llamactl.commands.license.export import export_ledger
from llamactl.commands.license.list import list_licenses
from llamactl.commands.license.show import show_license
from llamactl.commands.license.status import license_status
from llamactl.commands.license.verify import verify_ledger


@click.group(name="license")
def command() -> None:
    """Terms of the models: what they ask, and who accepted them."""


command.add_command(list_licenses)
command.add_command(show_license)
command.add_command(accept_license)
command.add_command(license_status)
command.add_command(verify_ledger)
command.add_command(export_ledger)
