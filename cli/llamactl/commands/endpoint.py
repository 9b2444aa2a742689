"""`llamactl endpoint NAME`: the URL, for use in `$(…)`."""

import click

from llamactl.app import App
from llamactl.names import deployment_name
from llamactl.output import print_json
from llamactl_catalog.errors import InvalidInput, Unhealthy


@click.command(name="endpoint")
@deployment_name
@click.option("--key", is_flag=True, help="Print the API key instead of the URL.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(app: App, name: str, key: bool, as_json: bool) -> None:
    """Print the URL of the deployment NAME, and nothing else."""
    deployment = app.local().deployment(name)
    if deployment.endpoint is None or deployment.state != "running":
        reason = f": {deployment.reason}" if deployment.reason is not None else ""
        message = f"'{name}' is {deployment.state}{reason}"
        raise Unhealthy(message, hint=deployment.repair_hint)
    if key and deployment.api_key is None:
        raise InvalidInput(f"'{name}' asks for no API key", hint="deploy it with --api-key")
    if as_json:
        auth = "bearer" if deployment.api_key is not None else "none"
        print_json({"endpoint": deployment.endpoint, "model": deployment.model, "auth": auth})
        return
    click.echo(deployment.api_key if key else deployment.endpoint)
