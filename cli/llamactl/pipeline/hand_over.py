"""The end of `deploy`: the endpoint, how to ask it, and the commands that come next."""

import click

from llamactl.output import talk
from llamactl_catalog.model import Model
from llamactl_gateway.ways_in import ways_in
from llamactl_infra.deployment import Deployment


def hand_over(deployment: Deployment, model: Model) -> None:
    """Print the URL, and say what can be done with it."""
    name, url = deployment.name, deployment.endpoint
    if url is None:
        return
    ways = ways_in(deployment, url, chat=model.variant != "base")
    talk(f"\n{deployment.model} answers as '{name}' at")
    click.echo(url)
    talk(f"""
Talk with it:
  llamactl chat {name}
From Python, with the package {ways.needs}:
{_indented(ways.python)}
With curl:
{_indented(ways.curl)}
Look after it:
  llamactl status {name}
  llamactl logs {name} --follow
  llamactl destroy {name}""")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())
