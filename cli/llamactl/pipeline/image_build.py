"""Building an image and pushing it: nothing twice, and the tag in the registry last of all."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llamactl.app import App
from llamactl.pipeline.image_context import ImageOrder, image_recipe
from llamactl.pipeline.license_gate import Accepted, have_license
from llamactl.progress import stage
from llamactl_catalog.errors import InvalidInput, NotFound
from llamactl_catalog.progress import Report, Step
from llamactl_catalog.units import format_bytes
from llamactl_containers.builders.builder import Room, Tool
from llamactl_containers.builders.choice import choose_builder
from llamactl_containers.builders.provenance import provenance
from llamactl_containers.builders.records import ImageRecord, ImageRecords, PushedTo, inputs_of
from llamactl_containers.builders.remote import (
    RemoteBuilder,
    remote_builder,
    weights_refusal,
)
from llamactl_containers.builders.sbom import sbom
from llamactl_containers.builders.store import ImageStore, total_bytes
from llamactl_containers.recipe.context import BaseImage, BuildContext
from llamactl_containers.recipe.recipe import build_context
from llamactl_containers.recipe.tag import image_tag
from llamactl_containers.registries.credentials import auth_file
from llamactl_containers.registries.oci import Manifest
from llamactl_containers.registries.opening import (
    have_repository,
    kind_of,
    login_to,
    open_registry,
)
from llamactl_containers.registries.pushing import Pushed, name_image, push_image
from llamactl_containers.registries.reference import Reference, repository_in

_FOUND = "registry"
_STAGED_BYTES = 4


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """What is to be built, with which tool, and where it is to go.

    `remote`: in the cloud of the registry. `tool` None: the first one that is here.
    """

    image: ImageOrder
    tool: Tool | None = None
    remote: bool = False
    registry: str | None = None
    accepted: Accepted = field(default_factory=Accepted)


@dataclass(frozen=True, slots=True)
class Images:
    """Where the images of this machine are, and what is known of them."""

    records: ImageRecords
    store: ImageStore
    environment: Mapping[str, str]
    home: Path


def images_of(app: App) -> Images:
    """Give the images of this machine; nothing is made yet."""
    records = ImageRecords(app.state_dir / "images")
    return Images(records, ImageStore(app.cache_dir / "images"), os.environ, Path.home())


def build_image(app: App, order: BuildOrder) -> ImageRecord:
    """Have an image of these inputs: it is built only where it is neither here nor there.

    Raises:
        LlamactlError: with the exit code of what went wrong.
    """
    images = images_of(app)
    builder = _remote_builder(order, images)
    context = _context(app, order, images)
    tag = image_tag(context)
    target = None
    if order.registry is not None:
        target = repository_in(order.registry, context.image_name).with_tag(tag)
    with images.records.building(tag):
        if target is not None and (found := _there(images, context, target)) is not None:
            return found
        if builder is not None and target is not None:
            return _built_remotely(images, builder, context, target)
        record = _here(images, context, tag)
        if record is None:
            record = _built(images, context, tag, order.tool)
        return record if target is None else push_record(images, record, target)


def push_image_of(app: App, name: str, registry: str) -> ImageRecord:
    """Push an image that was built here, by its tag, its digest, or the beginning of either.

    Raises:
        LlamactlError: there is no such image, or the registry refuses.
    """
    images = images_of(app)
    record = images.records.find(name)
    target = repository_in(registry, record.name).with_tag(record.tag)
    with images.records.building(record.tag):
        return push_record(images, record, target)


def push_record(images: Images, record: ImageRecord, target: Reference) -> ImageRecord:
    """Push what a record stands for, and put the place on record.

    Raises:
        NotFound: its layers are no longer here.
        LlamactlError: the registry refuses, or cannot be reached.
    """
    with (
        stage("push") as report,
        open_registry(target.registry, images.environment, images.home) as registry,
    ):
        content = images.store.read(record.digest)
        if content is None or record.manifest_type is None:
            hint = "llamactl image build makes it again"
            raise NotFound(f"the layers of {record.tag} are not here", hint=hint)
        have_repository(target)
        manifest = Manifest(record.manifest_type, content)
        documents = [sbom(record), provenance(record)]
        pushed = push_image(registry, target, manifest, images.store, documents, report)
        report(Step(_told(pushed, record)))
    return _on_record(images, record, pushed)


def _told(pushed: Pushed, record: ImageRecord) -> str:
    if not pushed.was_there:
        return f"{pushed.reference.name}@{_short(pushed.digest)}"
    if pushed.digest == record.digest:
        return f"{pushed.reference} was there already"
    return f"{pushed.reference} was there already, built elsewhere: {_short(pushed.digest)}"


def _context(app: App, order: BuildOrder, images: Images) -> BuildContext:
    acceptance = None
    if order.image.weights is not None:
        bare = image_recipe(app, replace(order.image, weights=None), with_texts=False)
        found = have_license(app, bare.model, bare.revision, order.accepted)
        acceptance = None if found is None else found.id
    with stage("recipe") as report:
        recipe = image_recipe(app, order.image, acceptance=acceptance, report=report)
        base = _resolved(recipe.base, images, report)
        context = build_context(replace(recipe, base=base))
        report(Step(f"{context.image_name}:{image_tag(context)}"))
    return context


def _resolved(base: BaseImage, images: Images, report: Report) -> BaseImage:
    """Find out the base's digest where only its tag is known: the recipe then holds it."""
    if base.digest is not None:
        return base
    report(Step(f"asking for the digest of {base.name}"))
    host, _, repository = base.repository.partition("/")
    with open_registry(host, images.environment, images.home) as registry:
        digest = registry.digest(repository, base.tag or "latest")
    if digest is None:
        raise NotFound(f"there is no image {base.name}", hint="name another with --base")
    return replace(base, digest=digest)


def _here(images: Images, context: BuildContext, tag: str) -> ImageRecord | None:
    """Give the record of an image that is here, whole, and from these very inputs."""
    record = images.records.get(tag)
    if record is None or record.inputs_sha256 != inputs_of(context)["inputs_sha256"]:
        return None
    if record.manifest_type is None or not images.store.holds(record.digest):
        return None
    with stage("build") as report:
        report(Step(f"{tag} was built already"))
    return record


def _there(images: Images, context: BuildContext, target: Reference) -> ImageRecord | None:
    """Give the record of an image that the registry has under this tag."""
    with stage("registry") as report:
        report(Step(f"asking {target.registry}"))
        with open_registry(target.registry, images.environment, images.home) as registry:
            digest = registry.digest(target.repository, target.tag or "")
        report(Step("not there yet" if digest is None else f"{target} is there already"))
    if digest is None:
        return None
    record = images.records.get(str(target.tag))
    if record is None:
        now = datetime.now(UTC)
        record = _record(context, target, digest, {"tool": _FOUND, "started_at": now})
    kept = next((each for each in record.pushed if each.reference == str(target)), None)
    if kept is not None and kept.digest == digest:
        return record
    return _on_record(images, record, Pushed(target, digest, was_there=True))


def _built(images: Images, context: BuildContext, tag: str, tool: Tool | None) -> ImageRecord:
    builder = choose_builder(tool, images.environment)
    started_at = datetime.now(UTC)
    log = images.records.log_path(tag)
    log.unlink(missing_ok=True)
    with stage("build") as report:
        report(Step(f"with {builder.name}"))
        with images.store.scratch() as scratch:
            auth = _base_login(context, images, scratch)
            room = Room(images.store, log, images.environment, auth)
            built = builder.build(context, tag, room, report)
        size_bytes = total_bytes(built.manifest.content)
        report(Step(f"{_short(built.digest)}, {format_bytes(size_bytes)}, with {builder.name}"))
    record = ImageRecord(
        **inputs_of(context),
        tag=tag,
        digest=built.digest,
        size_bytes=size_bytes,
        manifest_type=built.manifest.media_type,
        tool=built.tool,
        tool_version=built.tool_version,
        started_at=started_at,
        built_at=datetime.now(UTC),
        log=str(log),
    )
    images.records.put(record)
    return record


def _base_login(context: BuildContext, images: Images, scratch: Path) -> Path | None:
    """Log in to the base's registry where it is a cloud's: the tools cannot do that themselves."""
    host = context.base.repository.partition("/")[0]
    if kind_of(host) == "oci":
        return None
    login = login_to(host, images.environment, images.home)
    if login is None:
        return None
    path = scratch / "auth.json"
    path.touch(mode=0o600)
    path.write_text(auth_file({host: login}), "utf-8")
    return path


def _remote_builder(order: BuildOrder, images: Images) -> RemoteBuilder | None:
    if not order.remote:
        return None
    if order.registry is None:
        raise InvalidInput("--remote needs a registry", hint="name it with --registry")
    if order.tool is not None:
        raise InvalidInput("--remote and --tool exclude each other")
    if order.image.weights is not None:
        raise weights_refusal()
    return remote_builder(repository_in(order.registry, "image").registry, images.environment)


def _built_remotely(
    images: Images, builder: RemoteBuilder, context: BuildContext, target: Reference
) -> ImageRecord:
    tag = str(target.tag)
    started_at = datetime.now(UTC)
    log = images.records.log_path(tag)
    log.unlink(missing_ok=True)
    # Another tag while it is built: the own one never names an image that nothing is attached to.
    staged = target.with_tag(f"{tag}-staged-{secrets.token_hex(_STAGED_BYTES)}")
    with stage("build") as report:
        have_repository(target)
        built = builder.build(context, staged, log, report)
        report(Step(f"{_short(built.digest)}, by {built.tool}"))
    told = {"tool": built.tool, "tool_version": built.run, "started_at": started_at}
    record = _record(context, target, built.digest, {**told, "log": str(log)})
    with (
        stage("push") as report,
        open_registry(target.registry, images.environment, images.home) as registry,
    ):
        documents = [sbom(record), provenance(record)]
        pushed = name_image(registry, target, str(staged.tag), documents)
        report(Step(f"{target.name}@{_short(pushed.digest)}"))
    return _on_record(images, record, pushed)


def _record(
    context: BuildContext, target: Reference, digest: str, known: Mapping[str, Any]
) -> ImageRecord:
    """Give the record of an image whose layers are only in a registry."""
    unknown = {"tool_version": "", "log": "", "size_bytes": None, "manifest_type": None}
    now = {"built_at": datetime.now(UTC), "tag": str(target.tag), "digest": digest}
    return ImageRecord(**inputs_of(context), **{**unknown, **now, **known})


def _on_record(images: Images, record: ImageRecord, pushed: Pushed) -> ImageRecord:
    push = PushedTo(str(pushed.reference), pushed.digest, datetime.now(UTC), dict(pushed.attached))
    updated = record.with_push(push)
    images.records.put(updated)
    return updated


def _short(digest: str) -> str:
    return digest[: len("sha256:") + 12]
