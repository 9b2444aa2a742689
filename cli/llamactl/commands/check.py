"""`llamactl check [MODEL]`: all that can be known before anything is spent."""

from typing import get_args

import click

from llamactl.app import App
from llamactl.deploy_options import settings_option
from llamactl.pipeline.cloud_order import ANY, CloudOrder
from llamactl.planning_options import (
    COUNT,
    context_option,
    gpu_option,
    instance_type_option,
    max_usd_per_hour_option,
    region_option,
)
from llamactl_catalog.placement import Quantization
from llamactl_infra.spec import Cloud

_RENTED = tuple(each for each in get_args(Cloud) if each != "local")


@click.command(name="check")
@click.argument("model", required=False)
@click.option("--cloud", type=click.Choice([*_RENTED, ANY]), help="Where; else where you sign in.")
@click.option("--name", help="The deployment's name; else the model's id.")
@region_option
@instance_type_option
@gpu_option
@click.option(
    "--quantize",
    "quantizations",
    type=click.Choice(get_args(Quantization)),
    multiple=True,
    help="How weights are stored; may be repeated.",
)
@click.option("--engine", metavar="NAME[@VERSION]", help="The serving program; else tgi.")
@click.option("--concurrency", type=COUNT, metavar="N", help="How many requests run at once.")
@context_option
@click.option("--replicas", type=COUNT, metavar="N", help="How many instances.")
@click.option("--min", "min_instances", type=COUNT, metavar="N", help="As deploy takes it.")
@click.option("--max", "max_instances", type=COUNT, metavar="N", help="As deploy takes it.")
@max_usd_per_hour_option
@click.option("--image", metavar="REF@DIGEST|ready", help="The container, as deploy takes it.")
@click.option("--weights", metavar="hub|s3://…|az://…", help="Where the weights are staged.")
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(
    app: App,
    model: str | None,
    cloud: str | None,
    name: str | None,
    regions: tuple[str, ...],
    instance_types: tuple[str, ...],
    gpus: tuple[str, ...],
    quantizations: tuple[Quantization, ...],
    engine: str | None,
    concurrency: int | None,
    context: int | None,
    replicas: int | None,
    min_instances: int | None,
    max_instances: int | None,
    max_usd_per_hour: float | None,
    image: str | None,
    weights: str | None,
    settings: tuple[tuple[str, str], ...],
    as_json: bool,
) -> int:
    """Tell all that can be known of deploying MODEL before it costs anything.

    Each line is ok, FAILED or unknown, with its fix below; nothing is made. The exit code is that
    of the first that FAILED. Without MODEL: the tools, the credentials of each cloud, where stacks
    and licenses are kept.
    """
    from llamactl.pipeline.checking import check_deployment, check_surroundings
    from llamactl.pipeline.finding_lines import told
    from llamactl.pipeline.ground import OwnGround

    if model is None:
        chosen = tuple(each for each in _RENTED if cloud in {None, ANY, each})
        return told(check_surroundings(app, OwnGround(app), chosen), as_json=as_json)
    order = CloudOrder(
        model=model,
        cloud=cloud,
        name=name,
        regions=regions,
        instance_types=instance_types,
        gpus=gpus,
        quantizations=quantizations,
        engine=engine,
        concurrency=concurrency,
        context_tokens=context,
        replicas=replicas,
        min_instances=min_instances,
        max_instances=max_instances,
        max_usd_per_hour=max_usd_per_hour,
        image=image,
        weights=weights,
        settings=settings,
    )
    return told(check_deployment(app, OwnGround(app), order), as_json=as_json)
