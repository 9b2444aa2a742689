"""`llamactl endpoint NAME`: the URL, for use in `$(…)`."""

import click

from llamactl.app import App
from llamactl.deployments import api_key, find, known_endpoint
from llamactl.names import deployment_name
from llamactl.output import print_json, talk
from llamactl_catalog.errors import InvalidInput, Unhealthy
from llamactl_infra.deployment import AuthKind, Deployment


@click.command(name="endpoint")
@deployment_name
@click.option("--key", is_flag=True, help="Print the API key instead of the URL.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(app: App, name: str, key: bool, as_json: bool) -> None:
    """Print the URL of the deployment NAME, and nothing else."""
    known = None if key else known_endpoint(app, name)
    if known is not None:
        _print(known.url, known.model, _auth(known.auth), as_json=as_json)
        return
    deployment = _answering(app, name)
    if key and not as_json:
        click.echo(_key(app, deployment))
        return
    is_open = deployment.cloud == "local" and deployment.api_key is None
    auth = "none" if is_open else _auth(deployment.auth)
    _print(deployment.endpoint, deployment.model, auth, as_json=as_json)


def _answering(app: App, name: str) -> Deployment:
    """Ask how the deployment is, and refuse one that cannot answer."""
    deployment = find(app, name)
    if not deployment.may_answer:
        reason = f": {deployment.reason}" if deployment.reason is not None else ""
        message = f"'{name}' is {deployment.state}{reason}"
        raise Unhealthy(message, hint=deployment.repair_hint)
    if deployment.state == "unknown":
        talk(f"warning: whether '{name}' answers is not known: {deployment.reason}")
    return deployment


def _print(url: str | None, model: str, auth: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"endpoint": url, "model": model, "auth": auth})
    else:
        click.echo(url)


def _auth(kind: AuthKind) -> str:
    return "bearer" if kind == "key" else kind


def _key(app: App, deployment: Deployment) -> str:
    found = api_key(app, deployment)
    if found is not None:
        return found
    name = deployment.name
    if deployment.cloud == "local":
        raise InvalidInput(f"'{name}' asks for no API key", hint="deploy it with --api-key")
    hint = "docs/endpoints.md shows how each kind of endpoint is called"
    raise InvalidInput(f"'{name}' asks for no API key, but for credentials", hint=hint)
