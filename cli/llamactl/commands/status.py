"""`llamactl status NAME`: how one deployment is doing, and why."""

from dataclasses import asdict

import click

from llamactl.app import App
from llamactl.names import deployment_name
from llamactl.output import print_json
from llamactl_infra.deployment import Deployment


@click.command(name="status")
@deployment_name
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(app: App, name: str, as_json: bool) -> None:
    """Tell how the deployment NAME is doing, and why."""
    deployment = app.local().deployment(name)
    values = {key: value for key, value in asdict(deployment).items() if key != "api_key"}
    if as_json:
        print_json(values | {"api_key_required": deployment.api_key is not None})
        return
    for label, value in _lines(deployment):
        click.echo(f"{label:<10} {value}")


def _lines(deployment: Deployment) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ("name", deployment.name),
        ("model", deployment.model),
        ("state", deployment.state),
        ("reason", deployment.reason),
        ("endpoint", deployment.endpoint),
        ("auth", "API key" if deployment.api_key is not None else "none"),
        ("cloud", f"{deployment.cloud}, {deployment.region}, {deployment.instance_type}"),
        ("engine", deployment.engine),
        ("context", f"{deployment.context_tokens} tokens" if deployment.context_tokens else None),
        ("process", deployment.pid),
        ("cost", f"${deployment.usd_per_hour:.2f} an hour"),
        ("since", f"{deployment.created_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("log", deployment.log_path),
    ]
    return [(label, value) for label, value in rows if value is not None]
