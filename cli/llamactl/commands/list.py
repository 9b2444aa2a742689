"""`llamactl list`: what runs, where, since when, at what cost."""

from dataclasses import asdict
from datetime import UTC, datetime

import click

from llamactl.app import App
from llamactl.output import print_json, print_table, talk
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
    print_table(
        ["name", "cloud", "state", "endpoint", "$/hour", "age"],
        [_row(each) for each in deployments],
        right=["$/hour", "age"],
    )


def record(deployment: Deployment) -> dict[str, object]:
    """Give what `--json` says of one deployment: the public interface's fields."""
    values = asdict(deployment)
    return {name: values[name] for name in FIELDS}


def _row(deployment: Deployment) -> list[str]:
    age_s = (datetime.now(UTC) - deployment.created_at).total_seconds()
    return [
        deployment.name,
        deployment.cloud,
        deployment.state,
        deployment.endpoint if deployment.endpoint is not None else "-",
        f"{deployment.usd_per_hour:.2f}",
        format_duration(age_s),
    ]
