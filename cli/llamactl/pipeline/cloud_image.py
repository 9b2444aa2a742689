"""The image stage of a cloud: which container is deployed, and having it in its registry."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from llamactl.app import App
from llamactl.output import talk
from llamactl.pipeline.accepted import Accepted
from llamactl.pipeline.cloud_order import CloudOrder
from llamactl.progress import stage
from llamactl_catalog.engine_versions import EngineVersion, engine_version
from llamactl_catalog.errors import InvalidInput, NotFound, Unhealthy
from llamactl_catalog.progress import Step
from llamactl_catalog.serving_contracts import contract_of
from llamactl_containers.builders.records import ImageRecord, ImageRecords
from llamactl_containers.registries.reference import read_reference, repository_in
from llamactl_infra.drafts.draft import Draft
from llamactl_infra.spec import Spec

READY = "ready"
"""What `--image` calls the cloud's own image of the engine."""

_ALSO_READY = "dlc"


@dataclass(frozen=True, slots=True)
class ImageChoice:
    """The container that is deployed.

    `reference` None: `staged` builds it and pushes it into `registry`. "ready": the cloud's own
    image; "published": the engine's own, as it is; "pushed": one that this machine has pushed;
    "named": the user's; "built": llamactl's own, yet to be built; "kept": that of the deployment
    as it stands. The last four are taken to keep llamactl's contract for images: they find staged
    weights by themselves.
    """

    kind: Literal["ready", "published", "pushed", "named", "built", "kept"]
    version: EngineVersion
    reference: str | None
    registry: str | None = None

    @property
    def finds_weights(self) -> bool:
        """Whether it finds weights that the platform has fetched: the engine's own does not."""
        return self.kind != "published"


def choose_image(
    app: App, order: CloudOrder, draft: Draft, spec: Spec, stored: Spec | None
) -> ImageChoice:
    """Choose the image of a deployment, whose cloud and region `spec` has.

    Raises:
        InvalidInput: what is named is no image, or without a digest.
        NotFound: the cloud has no ready one.
        LicenseRefused: the engine's version may not be deployed.
    """
    engine, version = _engine(order, stored)
    region = spec.region if spec.region is not None else ""
    if order.image in {READY, _ALSO_READY}:
        ready = draft.ready_image(engine, version, region)
        pinned = _pinned_before(ready.reference, ready.version, spec, stored)
        return ImageChoice(ready.kind, ready.version, pinned or ready.reference)
    known = engine_version(engine if version is None else f"{engine}@{version}")
    if order.image is not None:
        return _named(order.image, known)
    if order.registry is not None:
        return ImageChoice("built", known, None, order.registry)
    kept = _kept(spec, stored, known, version)
    if kept is not None:
        return kept
    pushed = _pushed(app, draft, spec, known)
    if pushed is not None:
        return pushed
    usual = draft.usual_image(engine, version, region)
    return ImageChoice(usual.kind, usual.version, usual.reference)


def pinned(choice: ImageChoice, digest_of: Callable[[str], str | None]) -> ImageChoice:
    """Name a cloud's own image by its digest, where its registry tells it; else it stays as it is.

    What is so named can be no other image tomorrow.
    """
    reference = choice.reference
    if choice.kind != "ready" or reference is None or "@" in reference:
        return choice
    digest = digest_of(reference)
    if digest is None:
        return choice
    by_digest = replace(read_reference(reference), tag=None).with_digest(digest)
    return replace(choice, reference=str(by_digest))


def have_image(app: App, choice: ImageChoice, spec: Spec, accepted: Accepted) -> ImageChoice:
    """Have the image where it is pulled from: build and push it, or find out its digest.

    Raises:
        LlamactlError: with the exit code of what went wrong.
    """
    if choice.kind == "built" and choice.registry is not None:
        return _built(app, choice, choice.registry, spec, accepted)
    if choice.kind == "published" and "@" not in str(choice.reference):
        return _with_digest(choice)
    return choice


def _engine(order: CloudOrder, stored: Spec | None) -> tuple[str, str | None]:
    """Give the engine and the version that was asked for, or that stands."""
    if order.engine is not None:
        name, _, version = order.engine.partition("@")
        return name, version or None
    if stored is not None:
        return stored.engine, stored.engine_version
    return "tgi", None


def _named(text: str, version: EngineVersion) -> ImageChoice:
    reference = read_reference(text)
    if reference.digest is None:
        message = f"--image {text}: without a digest another image may take its place"
        raise InvalidInput(message, hint="write REGISTRY/REPOSITORY@sha256:…, or --image ready")
    is_published = reference.name == version.repository
    named = str(replace(reference, tag=None))
    return ImageChoice("published" if is_published else "named", version, named)


def _kept(
    spec: Spec, stored: Spec | None, known: EngineVersion, version: str | None
) -> ImageChoice | None:
    if stored is None or stored.image is None or stored.engine_version != version:
        return None
    if (stored.cloud, stored.region) != (spec.cloud, spec.region):
        return None
    is_published = stored.image.startswith(f"{known.repository}@")
    return ImageChoice("published" if is_published else "kept", known, stored.image)


def _pinned_before(
    reference: str, version: EngineVersion, spec: Spec, stored: Spec | None
) -> str | None:
    """Give the ready image as the deployment has it: a tag that moved changes nothing that runs."""
    if stored is None or stored.image is None or stored.engine_version != version.version:
        return None
    is_same = (stored.cloud, stored.region) == (spec.cloud, spec.region)
    return stored.image if is_same and _repository(stored.image) == _repository(reference) else None


def _repository(reference: str) -> str:
    return read_reference(reference).name


def _pushed(app: App, draft: Draft, spec: Spec, version: EngineVersion) -> ImageChoice | None:
    """Find the newest image of this model and engine that was pushed where it can be pulled."""
    app.require_own_state()
    for record in ImageRecords(app.state_dir / "images").all():
        if not _is_for(record, spec, version):
            continue
        for push in record.pushed:
            reference = read_reference(push.reference)
            if draft.reaches(reference.registry, spec):
                return ImageChoice("pushed", version, str(reference.with_digest(push.digest)))
    return None


def _is_for(record: ImageRecord, spec: Spec, version: EngineVersion) -> bool:
    told = {
        "llamactl.platform": contract_of(spec.cloud).id,
        "llamactl.engine": version.engine,
        "llamactl.model": spec.model,
        "llamactl.weights": "none",
        "org.opencontainers.image.version": version.version,
    }
    return told.items() <= record.labels.items()


def _built(
    app: App, choice: ImageChoice, registry: str, spec: Spec, accepted: Accepted
) -> ImageChoice:
    from llamactl.pipeline.image_build import BuildOrder, build_image
    from llamactl.pipeline.image_context import ImageOrder

    version = choice.version
    image = ImageOrder(
        model=spec.model,
        platform=contract_of(spec.cloud).id,
        engine=f"{version.engine}@{version.version}",
    )
    record = build_image(app, BuildOrder(image, registry=registry, accepted=accepted))
    wanted = repository_in(registry, record.name).with_tag(record.tag)
    push = next(each for each in record.pushed if each.reference == str(wanted))
    return replace(choice, reference=str(wanted.with_digest(push.digest)))


def _with_digest(choice: ImageChoice) -> ImageChoice:
    """Ask the registry which digest the engine's release has; without an answer, keep the tag."""
    from llamactl_containers.registries.opening import open_registry

    reference = read_reference(str(choice.reference))
    with stage("image") as report:
        report(Step(f"asking {reference.registry} for the digest of {reference.tag}"))
        try:
            with open_registry(reference.registry, os.environ, Path.home()) as registry:
                digest = registry.digest(reference.repository, reference.tag or "")
        except Unhealthy as error:
            report(Step(f"{reference}, by its tag"))
            talk(f"warning: the image is named by its tag alone: {error.message}")
            return choice
        if digest is None:
            hint = "another version: --engine tgi@VERSION, or an image of your own: --registry"
            raise NotFound(f"there is no image {reference}", hint=hint)
        report(Step(f"{reference.name}@{digest[:19]}"))
    return replace(choice, reference=str(reference.with_digest(digest)))
