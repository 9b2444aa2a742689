"""`llamactl status NAME`: how one deployment is doing, and why."""

from dataclasses import asdict

import click

from llamactl.app import App
from llamactl.deployments import find
from llamactl.names import deployment_name
from llamactl.output import print_json
from llamactl.terminal_text import for_terminal
from llamactl_infra.deployment import AuthKind, CloudFacts, Deployment

_WAYS_IN: dict[AuthKind, str] = {
    "key": "API key",
    "aad_token": "the token of a sign-in",
    "sigv4": "requests signed with the cloud's credentials",
}


@click.command(name="status")
@deployment_name
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(app: App, name: str, as_json: bool) -> None:
    """Tell how the deployment NAME is doing, and why."""
    deployment = find(app, name, closely=True)
    if as_json:
        print_json(_document(deployment))
        return
    for label, value in _lines(deployment):
        click.echo(f"{label:<10} {for_terminal(str(value))}")


def _document(deployment: Deployment) -> dict[str, object]:
    values = asdict(deployment)
    facts = values.pop("cloud_facts")
    del values["api_key"]
    told = "none" if _is_open(deployment) else deployment.auth
    own = {"auth": told, "api_key_required": told == "key"}
    return {**values, **({} if facts is None else facts), **own}


def _is_open(deployment: Deployment) -> bool:
    """Tell whether it lets everyone in: on this machine, without a key."""
    return deployment.cloud_facts is None and deployment.api_key is None


def _lines(deployment: Deployment) -> list[tuple[str, object]]:
    facts = deployment.cloud_facts
    on_cloud = [] if facts is None else _facts(facts)
    rows: list[tuple[str, object]] = [
        ("name", deployment.name),
        ("model", deployment.model),
        ("state", deployment.state),
        ("reason", deployment.reason),
        ("endpoint", deployment.endpoint),
        ("auth", _auth(deployment)),
        ("cloud", f"{deployment.cloud}, {deployment.region}, {deployment.instance_type}"),
        ("engine", deployment.engine),
        ("context", f"{deployment.context_tokens} tokens" if deployment.context_tokens else None),
        *on_cloud,
        ("process", deployment.pid),
        ("cost", _cost(deployment)),
        ("since", f"{deployment.created_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("log", deployment.log_path if facts is None else f"llamactl logs {deployment.name}"),
    ]
    return [(label, value) for label, value in rows if value is not None]


def _auth(deployment: Deployment) -> str:
    return "none" if _is_open(deployment) else _WAYS_IN[deployment.auth]


def _cost(deployment: Deployment) -> str:
    price, facts = deployment.usd_per_hour, deployment.cloud_facts
    now = f"${price:.2f} an hour" if price is not None else "not known"
    peak = None if facts is None else facts.peak_usd_per_hour
    if facts is None or peak is None or facts.min_instances == facts.max_instances:
        return now
    return f"{now}, ${peak:.2f} at the peak"


def _facts(facts: CloudFacts) -> list[tuple[str, object]]:
    differences = facts.differences if facts.differences is not None else ()
    count = len(facts.resources)
    return [
        ("instances", _instances(facts)),
        ("image", facts.image),
        ("revision", facts.revision),
        ("slot", facts.slot),
        *[("differs", each) for each in differences],
        ("owner", facts.owner),
        ("expires", facts.expires_on),
        ("resources", f"{count}: {', '.join(facts.kinds())}" if count else "none"),
    ]


def _instances(facts: CloudFacts) -> str | None:
    now = "not known" if facts.instances is None else f"{facts.instances} now"
    least, most = facts.min_instances, facts.max_instances
    if least is None or most is None or least == most:
        return None if facts.instances is None else now
    return f"{now}, from {least} to {most}"
