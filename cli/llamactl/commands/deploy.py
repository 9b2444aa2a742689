"""`llamactl deploy MODEL`: from a model to an endpoint that answers."""

import math
from typing import Any, get_args

import click

from llamactl.app import App
from llamactl.commands.list import record
from llamactl.deploy_options import (
    USUAL_PARALLEL,
    USUAL_TIMEOUT_S,
    DeployCommand,
    deploy_options,
    of_clouds,
    of_here,
    refuse_others,
)
from llamactl.output import print_json
from llamactl_catalog.errors import InvalidInput
from llamactl_infra.deployment import Deployment
from llamactl_infra.spec import Engine

DEFAULT_MODEL = "smollm2-135m-instruct"
_HERE = "local"


@click.command(name="deploy", cls=DeployCommand)
@click.argument("model", required=False)
@deploy_options
@click.pass_context
def command(ctx: click.Context, /, model: str | None, **options: Any) -> None:
    """Deploy MODEL and wait until it answers.

    On a cloud it is planned, priced, checked and shown before anything is made; --dry-run ends
    there. The same command again continues what was cut off, or updates what stands.

    With --cloud local it runs on this machine: no account, no GPU. MODEL is then optional; a small
    demonstration model is served.
    """
    app: App = ctx.obj
    here = _is_here(app, options)
    refuse_others(ctx, here=here)
    if here:
        deployment: Deployment | None = _deploy_here(app, model, options)
    else:
        deployment = _deploy_on_a_cloud(app, model, options)
    if deployment is None:
        return
    if options["as_json"]:
        print_json(record(deployment))
    else:
        from llamactl.pipeline.hand_over import hand_over

        hand_over(deployment, app.catalog().model(deployment.model))


def _is_here(app: App, options: dict[str, Any]) -> bool:
    """Tell whether it is for this machine: by its name, or by that of a deployment here."""
    if options["cloud"] is None and options["name"] is not None:
        return options["name"] in app.local().names()
    return bool(options["cloud"] == _HERE)


def _deploy_here(app: App, model: str | None, options: dict[str, Any]) -> Deployment:
    from llamactl.deployments import require_free
    from llamactl.pipeline.local import deploy_local
    from llamactl.pipeline.order import LocalOrder

    own = of_here(options)
    order = LocalOrder(
        **{**own, "parallel": own["parallel"] or USUAL_PARALLEL},
        model=model if model is not None else DEFAULT_MODEL,
        engine=_engine_here(options["engine"]),
        name=options["name"],
        context_tokens=options["context_tokens"],
        timeout_s=options["timeout_s"] or USUAL_TIMEOUT_S,
        accepted=options["accept_license"],
    )
    require_free(app, order.deployment_name(), "local")
    return deploy_local(app, order)


def _engine_here(text: str | None) -> Engine:
    """Give the engine of this machine.

    Raises:
        InvalidInput: there is no such one.
    """
    engines: tuple[Engine, ...] = get_args(Engine)
    for engine in engines:
        if text == engine or (text is None and engine == "llama.cpp"):
            return engine
    hint = f"there is {', '.join(engines)}"
    raise InvalidInput(f"no engine '{text}' for this machine", hint=hint)


def _deploy_on_a_cloud(app: App, model: str | None, options: dict[str, Any]) -> Deployment | None:
    from llamactl.pipeline.cloud_order import CloudOrder

    _check(options)
    timeout_s = options["timeout_s"]
    order = CloudOrder(
        **of_clouds(options),
        model=_model(model, options),
        cloud=options["cloud"],
        name=options["name"],
        engine=options["engine"],
        context_tokens=options["context_tokens"],
        timeout_s=None if timeout_s is None else math.ceil(timeout_s),
        accepted=options["accept_license"],
        yes=options["yes"],
        as_json=options["as_json"],
    )
    if order.dry_run:
        from llamactl.pipeline.dry_run import dry_run

        dry_run(app, order)
        return None
    from llamactl.pipeline.cloud import deploy_cloud

    return deploy_cloud(app, order)


def _model(model: str | None, options: dict[str, Any]) -> str:
    """Give the model that was named, or that of the saved plan."""
    if model is not None:
        return model
    if options["plan_file"] is None:
        hint = "llamactl models lists them; a small one, here: llamactl deploy --cloud local"
        raise InvalidInput("MODEL is missing: what is to be deployed?", hint=hint)
    from llamactl.pipeline.plan_file import read_plan

    return read_plan(options["plan_file"]).model


def _check(options: dict[str, Any]) -> None:
    """Refuse options that exclude each other."""
    for one, other in (
        ("dry_run", "preview"),
        ("replicas", "min_instances"),
        ("replicas", "max_instances"),
        ("image", "registry"),
    ):
        if options[one] and options[other]:
            names = [
                f"--{each.removesuffix('_instances').replace('_', '-')}" for each in (one, other)
            ]
            raise click.UsageError(f"{' and '.join(names)} exclude each other")
    least, most = options["min_instances"], options["max_instances"]
    if least is not None and most is not None and least > most:
        raise click.UsageError(f"--min {least} is more than --max {most}")
