"""Everything that can be known before anything is spent: for `deploy`, and for `check`."""

import os
from collections.abc import Iterator

from llamactl.app import App
from llamactl.output import talk
from llamactl.pipeline.finding_lines import error_of, finding_lines
from llamactl.pipeline.ground import Ground
from llamactl.pipeline.installation import builder_finding
from llamactl.pipeline.preparing import Prepared
from llamactl.pipeline.standing_acceptance import standing_acceptance
from llamactl.progress import stage
from llamactl_catalog.engine_versions import EngineVersion, written
from llamactl_catalog.errors import InvalidInput, LlamactlError, Unhealthy
from llamactl_catalog.host_images import host_images_of
from llamactl_catalog.licensing.gate import covering, refusal
from llamactl_catalog.licensing.requirement import requirements
from llamactl_catalog.model import Model
from llamactl_catalog.progress import Step
from llamactl_infra.live.cloud import Finding
from llamactl_infra.spec import Spec

_FROM_HUB = ("hub", "token", "staged")
_TRIES = 3  # a Hub that does not answer is told as unknown: that is no reason to wait long


def findings(app: App, ground: Ground, ready: Prepared) -> Iterator[Finding]:
    """Find out all that can be known of a deployment, the cheapest first; nothing is made.

    What is here, then the license, who may read the weights, and what the cloud says.
    """
    spec = ready.spec
    yield from ground.tools(spec.cloud)
    if ready.image.reference is None:
        yield builder_finding(os.environ)
    yield license_finding(app, ready.model, spec.revision, spec.weights, ready.stored)
    yield from shared_findings(app, ready)
    if ready.weights.kind in _FROM_HUB:
        yield gate_finding(app, ready.model)
    if not host_images_of(spec.cloud):
        yield _driver_finding(ready.image.version)
    for each in ground.live(spec.cloud).checks(spec, ready.stored):
        if each.check != "weights" or ready.weights.kind != "staged":  # deploy brings them there
            yield each


def preflight(app: App, ground: Ground, ready: Prepared) -> None:
    """Check a deployment before anything is made.

    Raises:
        LlamactlError: the first thing that failed; the others are told before.
    """
    failed: list[Finding] = []
    unknown: list[Finding] = []
    try:
        with stage("check") as report:
            count = 0
            for each in findings(app, ground, ready):
                count += 1
                report(Step(f"{each.check}: {each.text}"))
                failed += [each] if each.state == "failed" else []
                unknown += [each] if each.state == "unknown" else []
            if failed:
                raise error_of(failed[0])
            report(Step(f"{count - len(unknown)} of {count} are well"))
    finally:
        for each in [*unknown, *failed[1:]]:
            talk("\n".join(finding_lines(each)))


def license_finding(
    app: App, model: Model, revision: str | None, weights: str, stored: Spec | None = None
) -> Finding:
    """Say whether the license is accepted; nobody is asked, and nothing is recorded."""
    record = standing_acceptance(app, stored, revision)
    if record is not None:
        return Finding("license", "ok", f"the deployment's acceptance stands: record {record.id}")
    try:
        needed = requirements(app.catalog(), model, revision, [weights])
        records = app.ledger().records() if needed else ()
    except LlamactlError as error:
        return Finding("license", "failed", error.message, error)
    for each in needed:
        if covering(each, records) is None:
            refused = refusal(each)
            return Finding("license", "failed", refused.message, refused)
    if not needed:
        return Finding("license", "ok", "it asks for no acceptance")
    names = ", ".join(each.license.id for each in needed)
    return Finding("license", "ok", f"{names}: the acceptance is on record")


def shared_findings(app: App, ready: Prepared) -> Iterator[Finding]:
    """Look, on a backend that others use, whether they can read its secrets and its acceptance."""
    try:
        stacks = app.stacks()
        backend = stacks.shared_backend()
        problem = stacks.secrets_problem(ready.spec.name) if ready.stored is None else None
    except LlamactlError as error:
        yield Finding("backend", "failed", error.message, error)
        return
    if backend is None:
        return
    if problem is not None:
        yield Finding("secrets", "failed", problem.message, problem)
    needed = requirements(app.catalog(), ready.model, ready.spec.revision, [ready.spec.weights])
    address = ready.spec.license_ledger
    address = address if address is not None else app.ledger_address()
    if needed and address == app.own_ledger_address():
        text = f"the backend {backend} is shared, and the ledger {address} is this machine's alone"
        hint = "--license-ledger s3://BUCKET/PREFIX, az://…, or a folder that all its users share"
        was_so = ready.stored is not None and ready.stored.license_ledger == address
        yield Finding(
            "ledger", "unknown" if was_so else "failed", text, InvalidInput(text, hint=hint)
        )


def gate_finding(app: App, model: Model) -> Finding:
    """Ask the Hub with the very token that will be used: one that exists may not be let in."""
    from llamactl.pipeline.staging import probe
    from llamactl_containers.weights.ranges import Patience

    try:
        access, refused = probe(app, model.id, Patience(tries=_TRIES))
    except Unhealthy as error:
        return Finding("gate", "unknown", error.message, error)
    except LlamactlError as error:
        return Finding("gate", "failed", error.message, error)
    if refused is not None:
        return Finding("gate", "failed", refused.message, refused)
    token = "no token" if access.token is None else f"the token of the {access.token}"
    kind = "gated, and granted" if access.gated else "open to everyone"
    return Finding("gate", "ok", f"{access.repo} at {access.revision[:8]} is {kind}; with {token}")


def _driver_finding(version: EngineVersion) -> Finding:
    """Say what a host must run, where the cloud chooses it: no container runs without."""
    cuda = written(version.cuda)
    text = f"the cloud chooses its hosts' driver and does not name it; CUDA {cuda} needs a new one"
    return Finding("driver", "unknown", text)
