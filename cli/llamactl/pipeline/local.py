"""Deploying on this machine: weights, memory, start, first answer."""

import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from llamactl.app import App
from llamactl.output import talk
from llamactl.pipeline.license_gate import have_license
from llamactl.pipeline.local_weights import (
    check_memory,
    gguf_path,
    have_gguf,
    hub_repository,
    told_origins,
)
from llamactl.pipeline.order import LocalOrder
from llamactl.progress import stage
from llamactl_catalog.cautions import NO_GUARDRAILS
from llamactl_catalog.errors import InvalidInput, Unhealthy
from llamactl_catalog.model import Model
from llamactl_catalog.prefill import prefill_tokens
from llamactl_catalog.progress import Report, Step
from llamactl_catalog.sharding import shard_counts
from llamactl_catalog.units import format_duration
from llamactl_containers import docker
from llamactl_infra.deployment import Deployment
from llamactl_infra.spec import Spec

# Room for four answers of the default length at once, each with a prompt as long.
DEFAULT_CONTEXT_TOKENS = 8192
_KEY_BYTES = 24


def deploy_local(app: App, order: LocalOrder) -> Deployment:
    """Serve a model on this machine and wait until it has answered.

    Run again after a failure or an interrupt it goes on where it was; where the deployment runs
    already as ordered, it is returned as it is.

    Raises:
        LlamactlError: with the exit code of what went wrong.
    """
    model = app.catalog().model(order.model)
    target = app.local()
    known = _as_before(app, model, order, target.deployments())
    origins = told_origins(model, known, app.cache_dir) if order.engine == "llama.cpp" else ()
    acceptance = have_license(app, model, None, order.accepted, origins)
    if model.variant == "base":
        talk(f"warning: {NO_GUARDRAILS}")
    with target.claim(order.deployment_name()):
        standing = target.deployments()
        order = _as_before(app, model, order, standing)
        spec = _spec(app, model, order, standing)
        if acceptance is not None:
            ledger = app.ledger_address()
            spec = replace(spec, license_acceptance=acceptance.id, license_ledger=ledger)
        found = target.begin(spec)
        if spec.engine == "llama.cpp" and found.state != "running":
            with stage("weights") as report:
                header = have_gguf(model, order, app.cache_dir, report)
                check_memory(header, spec.context_tokens)
        with stage("start") as report:
            deployment = target.deploy(spec, report, timeout_s=order.timeout_s)
            if found.state != "running":
                report(Step(f"{spec.engine} is ready"))
            else:
                _check_answers(target.deployment(spec.name))
    with stage("answer") as report:
        _first_answer(deployment, report, order.timeout_s)
    return deployment


def _as_before(
    app: App, model: Model, order: LocalOrder, standing: Sequence[Deployment]
) -> LocalOrder:
    """Serve the GGUF file that the deployment has served before, where none is named now."""
    found = next((each for each in standing if each.name == order.deployment_name()), None)
    same = found is not None and (found.model, found.engine) == (model.id, "llama.cpp")
    if found is None or found.weights is None or not same or order.gguf is not None:
        return order
    with suppress(InvalidInput):  # there is none that can be fetched
        if found.weights == str(gguf_path(model, order, app.cache_dir)):
            return order
    return replace(order, gguf=Path(found.weights))


def _check_answers(deployment: Deployment) -> None:
    if deployment.reason is not None:
        name = deployment.name
        hint = f"llamactl logs {name} shows what it is busy with; llamactl destroy {name} ends it"
        raise Unhealthy(f"'{name}' runs, but {deployment.reason}", hint=hint)


def _spec(app: App, model: Model, order: LocalOrder, standing: Sequence[Deployment]) -> Spec:
    name = order.deployment_name()
    weights, revision, num_shard = _weights(model, order, app.cache_dir)
    old_key = next((each.api_key for each in standing if each.name == name), None)
    new_key = secrets.token_urlsafe(_KEY_BYTES) if order.with_api_key else None
    context_tokens = _context_tokens(model, order)
    prefill, batch = _tgi_bounds(model, order, context_tokens)
    return Spec(
        name=name,
        model=model.id,
        cloud="local",
        engine=order.engine,
        weights=weights,
        revision=revision,
        num_shard=num_shard,
        threads=order.threads,
        threads_batch=order.threads,
        context_tokens=context_tokens,
        parallel=order.parallel,
        prompt_format=model.prompt_format,
        port=order.port,
        prefill_tokens=prefill,
        batch_tokens=batch,
        api_key=old_key if old_key is not None else new_key,
    )


def _tgi_bounds(
    model: Model, order: LocalOrder, context_tokens: int
) -> tuple[int | None, int | None]:
    """Bound what TGI works on at once, so that its memory is as it is planned.

    Source: llamactl_catalog.memory. MPT has no paged attention in TGI, which then does not count
    by itself what there is room for: one whole context.
    """
    if order.engine != "tgi":
        return None, None
    shape = model.architecture
    batch = context_tokens if shape.kind == "mpt" else None
    return prefill_tokens(shape, context_tokens), batch


def _weights(
    model: Model, order: LocalOrder, cache_dir: Path
) -> tuple[str, str | None, int | None]:
    """Choose what the engine loads, its revision, and the GPUs that it is spread over."""
    match order.engine:
        case "llama.cpp":
            return str(gguf_path(model, order, cache_dir)), None, None
        case "tgi":
            source = hub_repository(model, order)
            docker.require_docker(gpus=1)
            return (
                source.repo,
                source.revision,
                shard_counts(model, "none", docker.gpu_count())[-1],
            )
        case _ as never:
            assert_never(never)


def _context_tokens(model: Model, order: LocalOrder) -> int:
    longest = model.architecture.context_tokens
    if order.context_tokens is None:
        return min(longest, DEFAULT_CONTEXT_TOKENS)
    if order.context_tokens > longest:
        raise InvalidInput(
            f"--context {order.context_tokens} is beyond the {longest} tokens of {model.id}",
            hint=f"at most --context {longest}",
        )
    return order.context_tokens


def _first_answer(deployment: Deployment, report: Report, timeout_s: float) -> None:
    """Have one token generated: a deployment that has answered is one that can."""
    from llamactl_gateway.endpoint import Sampling, connect

    report(Step("asking for a first token"))
    started = time.monotonic()
    endpoint = connect(deployment, silence_timeout_s=timeout_s)
    for _ in endpoint.complete("Hello", Sampling(max_tokens=1)):
        continue
    report(Step(f"first answer after {format_duration(time.monotonic() - started)}"))
