"""`llamactl endpoint NAME`: the URL, for use in `$(…)`."""

import click

from llamactl.app import App
from llamactl.deployments import api_key, find
from llamactl.names import deployment_name
from llamactl.output import print_json, talk
from llamactl_catalog.errors import InvalidInput, Unhealthy
from llamactl_infra.deployment import Deployment


@click.command(name="endpoint")
@deployment_name
@click.option("--key", is_flag=True, help="Print the API key instead of the URL.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(app: App, name: str, key: bool, as_json: bool) -> None:
    """Print the URL of the deployment NAME, and nothing else."""
    deployment = find(app, name)
    if not deployment.may_answer:
        reason = f": {deployment.reason}" if deployment.reason is not None else ""
        message = f"'{name}' is {deployment.state}{reason}"
        raise Unhealthy(message, hint=deployment.repair_hint)
    if deployment.state == "unknown":
        talk(f"warning: whether '{name}' answers is not known: {deployment.reason}")
    if as_json:
        kind = _auth(deployment)
        print_json({"endpoint": deployment.endpoint, "model": deployment.model, "auth": kind})
        return
    click.echo(_key(app, deployment) if key else deployment.endpoint)


def _auth(deployment: Deployment) -> str:
    if deployment.cloud == "local":
        return "bearer" if deployment.api_key is not None else "none"
    return "bearer" if deployment.auth == "key" else deployment.auth


def _key(app: App, deployment: Deployment) -> str:
    found = api_key(app, deployment)
    if found is not None:
        return found
    name = deployment.name
    if deployment.cloud == "local":
        raise InvalidInput(f"'{name}' asks for no API key", hint="deploy it with --api-key")
    hint = "docs/endpoints.md shows how each kind of endpoint is called"
    raise InvalidInput(f"'{name}' asks for no API key, but for credentials", hint=hint)
