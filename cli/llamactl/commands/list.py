"""`llamactl list`: what runs, where, since when, at what cost."""

from dataclasses import asdict
from datetime import UTC, datetime

import click

from llamactl.app import App
from llamactl.output import TERMINAL_COLUMNS, print_json, print_table, table_columns, talk
from llamactl_catalog.units import format_duration
from llamactl_infra.deployment import Deployment

FIELDS = (
    "name", "model", "cloud", "region", "instance_type", "state", "endpoint", "usd_per_hour",
    "created_at",
)  # fmt: skip


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(app: App, as_json: bool) -> None:
    """List the deployments: what runs, where, since when, at what cost."""
    deployments = app.local().deployments()
    if as_json:
        print_json([record(each) for each in deployments])
        return
    if not deployments:
        talk("nothing is deployed; to start a small model here: llamactl deploy --cloud local")
        return
    columns = ["name", "cloud", "state", "endpoint", "$/hour", "age"]
    rows = [_row(each) for each in deployments]
    if table_columns(columns, rows) > TERMINAL_COLUMNS:  # long names: the URL is one command away
        at = columns.index("endpoint")
        columns, rows = _without(columns, at), [_without(row, at) for row in rows]
        talk("the table is too wide for endpoints: llamactl endpoint NAME")
    print_table(columns, rows, right=["$/hour", "age"])


def record(deployment: Deployment) -> dict[str, object]:
    """Give what `--json` says of one deployment: the public interface's fields."""
    values = asdict(deployment)
    return {name: values[name] for name in FIELDS}


def _without(cells: list[str], at: int) -> list[str]:
    return [*cells[:at], *cells[at + 1 :]]


def _row(deployment: Deployment) -> list[str]:
    age_s = max(0.0, (datetime.now(UTC) - deployment.created_at).total_seconds())  # clocks are set
    return [
        deployment.name,
        deployment.cloud,
        deployment.state,
        deployment.endpoint if deployment.endpoint is not None else "-",
        f"{deployment.usd_per_hour:.2f}",
        " ".join(format_duration(age_s).split()[:2]),  # the largest unit: `2 h`
    ]
