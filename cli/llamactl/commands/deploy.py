"""`llamactl deploy MODEL`: from a model to an endpoint that answers."""

import math
from pathlib import Path
from typing import get_args

import click

from llamactl.accept_option import accept_license_option
from llamactl.app import App
from llamactl.commands.list import record
from llamactl.output import print_json, talk
from llamactl.paths import FilePath
from llamactl.pipeline.license_gate import Accepted, have_license
from llamactl.pipeline.order import LocalOrder
from llamactl_catalog.errors import InvalidInput, NoPermission
from llamactl_infra.deployment import Deployment
from llamactl_infra.spec import Cloud, Engine

DEFAULT_MODEL = "smollm2-135m-instruct"
MAX_PORT = 65535


def _number(_ctx: click.Context, _param: click.Parameter, value: float) -> float:
    if math.isnan(value):  # which no comparison of a range keeps out
        raise click.BadParameter("'nan' is not a number of seconds")
    return value


@click.command(name="deploy")
@click.argument("model", required=False)
@click.option("--cloud", type=click.Choice(get_args(Cloud)), help="Where to run it.")
@click.option("--name", help="The deployment's name; else the model's id.")
@click.option(
    "--gguf",
    type=FilePath(),
    help="Serve this GGUF file of yours as MODEL, instead of fetching one.",
)
@click.option(
    "--engine",
    type=click.Choice(get_args(Engine)),
    default="llama.cpp",
    show_default=True,
    help="The serving program; tgi needs Docker and an NVIDIA GPU.",
)
@click.option("--port", type=click.IntRange(1, MAX_PORT), help="Listen here; else a free port.")
@click.option(
    "--context",
    type=click.IntRange(min=1),
    metavar="TOKENS",
    help="Context shared by the answers that run at once; else 8192, or the model's if less.",
)
@click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="How many answers run at once.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    help="Processor threads of llama.cpp; else all cores, all but one for a single answer.",
)
@click.option("--api-key", is_flag=True, help="Ask for an API key: llamactl endpoint NAME --key.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    callback=_number,
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait until it is ready.",
)
@accept_license_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask. (On this machine nothing is asked.)")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(
    app: App,
    model: str | None,
    cloud: Cloud | None,
    name: str | None,
    gguf: Path | None,
    engine: Engine,
    port: int | None,
    context: int | None,
    parallel: int,
    threads: int | None,
    api_key: bool,
    timeout: float,
    accept_license: Accepted,
    yes: bool,  # noqa: ARG001 - see its help
    as_json: bool,
) -> None:
    """Deploy MODEL and wait until it answers.

    With --cloud local it runs on this machine: no account, no GPU. MODEL is then optional; a small
    demonstration model is served.
    """
    from llamactl.pipeline.local import deploy_local

    _require_local(app, cloud, model, accept_license)
    order = LocalOrder(
        model=model if model is not None else DEFAULT_MODEL,
        engine=engine,
        name=name,
        gguf=gguf,
        port=port,
        context_tokens=context,
        parallel=parallel,
        threads=threads,
        with_api_key=api_key,
        timeout_s=timeout,
        accepted=accept_license,
    )
    deployment = deploy_local(app, order)
    if as_json:
        print_json(record(deployment))
    else:
        _hand_over(deployment)


def _require_local(app: App, cloud: Cloud | None, model: str | None, accepted: Accepted) -> None:
    """Refuse what this version cannot do, naming the ways on; the license comes before."""
    here = f"llamactl deploy {model or DEFAULT_MODEL} --cloud local"
    if cloud is None:
        elsewhere = [each for each in get_args(Cloud) if each != "local"]
        raise NoPermission(
            "no --cloud was named, and this version uses credentials of none",
            hint=f"without credentials, on this machine: {here}\n"
            f"       with credentials, on {' or '.join(elsewhere)}: in a later version",
        )
    if cloud != "local":
        if model is not None:
            have_license(app, app.catalog().model(model), None, accepted)
        message = f"this version does not deploy with --cloud {cloud}"
        raise InvalidInput(message, hint=f"on this machine: {here}")


def _hand_over(deployment: Deployment) -> None:
    """Print the endpoint, and say what can be done with it."""
    name, url = deployment.name, deployment.endpoint
    bearer = f' -H "Authorization: Bearer $(llamactl endpoint {name} --key)" \\\n   '
    auth = bearer if deployment.api_key is not None else ""
    api_key = f"llamactl endpoint {name} --key" if auth else "any"
    talk(f"\n{deployment.model} answers as '{name}' at")
    click.echo(url)
    talk(f"""
Talk with it:
  llamactl chat {name}
From Python, with the openai package (API key: {api_key}):
  client = OpenAI(base_url="{url}/v1", api_key="…")
With curl:
  curl {url}/generate \\
   {auth} -H 'Content-Type: application/json' \\
    -d '{{"inputs": "The capital of France is"}}'
Look after it:
  llamactl status {name}
  llamactl logs {name} --follow
  llamactl destroy {name}""")
