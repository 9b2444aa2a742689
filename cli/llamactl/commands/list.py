"""`llamactl list`: what runs, where, since when, at what cost."""

from dataclasses import fields
from datetime import UTC, datetime

import click

from llamactl.app import App
from llamactl.deployments import everything
from llamactl.output import TERMINAL_COLUMNS, print_json, print_table, table_columns, talk
from llamactl.terminal_text import on_one_line
from llamactl_catalog.errors import LlamactlError
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
    deployments, trouble = everything(app)
    if trouble is not None:
        _say_what_is_missing(trouble)
    if as_json:
        print_json([record(each) for each in deployments])
        return
    if not deployments:
        if trouble is None:
            talk("nothing is deployed; to start a small model here: llamactl deploy --cloud local")
        return
    _print(deployments)
    for each in deployments:
        note = _note(each)
        if note is not None:
            talk(note)


def record(deployment: Deployment) -> dict[str, object]:
    """Give what `--json` says of one deployment: the public interface's fields."""
    values = {each.name: getattr(deployment, each.name) for each in fields(deployment)}
    return {name: values[name] for name in FIELDS}


def _say_what_is_missing(trouble: LlamactlError) -> None:
    talk(f"warning: deployments on clouds are not listed: {trouble.message}")
    if trouble.hint is not None:
        talk(f" hint: {trouble.hint}")


def _print(deployments: list[Deployment]) -> None:
    if any(each.cloud_facts is not None for each in deployments):
        # A cloud's URLs are longer than a terminal is wide.
        columns = ["name", "cloud", "region", "instance type", "state", "$/hour", "age"]
        rows = [_row(each, each.region, each.instance_type) for each in deployments]
        rows = [[row[0], row[1], row[3], row[4], row[2], *row[5:]] for row in rows]
        print_table(columns, rows, right=["$/hour", "age"])
        return
    columns = ["name", "cloud", "state", "endpoint", "$/hour", "age"]
    rows = [_row(each, each.endpoint if each.endpoint is not None else "-") for each in deployments]
    if table_columns(columns, rows) > TERMINAL_COLUMNS:  # long names: the URL is one command away
        at = columns.index("endpoint")
        columns, rows = _without(columns, at), [_without(row, at) for row in rows]
        talk("the table is too wide for endpoints: llamactl endpoint NAME")
    print_table(columns, rows, right=["$/hour", "age"])


def _note(deployment: Deployment) -> str | None:
    """Say what is to be known of a deployment on a cloud beyond its row."""
    facts = deployment.cloud_facts
    if facts is None:
        return None
    if deployment.state == "unknown" and deployment.reason is not None:
        return f"{deployment.name}: {on_one_line(deployment.reason)}"
    if facts.expires_on is not None and facts.expires_on < f"{datetime.now(UTC):%Y-%m-%d}":
        return f"{deployment.name}: was to end on {on_one_line(facts.expires_on)}"
    return None


def _without(cells: list[str], at: int) -> list[str]:
    return [*cells[:at], *cells[at + 1 :]]


def _row(deployment: Deployment, *middle: str) -> list[str]:
    age_s = max(0.0, (datetime.now(UTC) - deployment.created_at).total_seconds())  # clocks are set
    price = deployment.usd_per_hour
    return [
        deployment.name,
        deployment.cloud,
        deployment.state,
        *middle,
        f"{price:.2f}" if price is not None else "-",
        " ".join(format_duration(age_s).split()[:2]),  # the largest unit: `2 h`
    ]
