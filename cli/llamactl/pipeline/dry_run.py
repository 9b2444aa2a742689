"""`deploy --dry-run`: the page or the record of what would be, without credentials or effect."""

import click

from llamactl.app import App
from llamactl.output import print_json
from llamactl.pipeline.cloud_order import CloudOrder
from llamactl.pipeline.confirmation_page import confirmation_page, next_steps
from llamactl.pipeline.deploy_record import deploy_record
from llamactl.pipeline.license_standing import license_standing
from llamactl.pipeline.placing import candidates
from llamactl.pipeline.preparing import prepared


def dry_run(app: App, order: CloudOrder) -> None:
    """Print what an order would deploy.

    Raises:
        LlamactlError: nothing can be deployed so, or the license forbids it outright.
    """
    standing = license_standing(app, app.catalog().model(order.model), order.accepted)
    found = candidates(app, order)
    ready = prepared(app, order, found, found.placements[0], standing.record)
    if order.as_json:
        print_json(deploy_record(ready, standing))
        return
    click.echo(confirmation_page(ready, standing))
    click.echo(f"\n{next_steps(ready, standing)}")
