"""Building an image and pushing it: nothing twice, and the tag in the registry last of all."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llamactl.app import App
from llamactl.pipeline.accepted import Accepted
from llamactl.pipeline.image_context import ImageOrder, image_recipe, ordered
from llamactl.pipeline.image_push import push_record, signer_of
from llamactl.pipeline.image_weights import check_content
from llamactl.pipeline.images import Images, images_of, on_record, short
from llamactl.pipeline.license_gate import have_license
from llamactl.progress import stage
from llamactl_catalog.errors import InvalidInput, NotFound
from llamactl_catalog.progress import Report, Step
from llamactl_catalog.units import format_bytes
from llamactl_containers.builders.builder import Room, Tool
from llamactl_containers.builders.choice import choose_builder
from llamactl_containers.builders.provenance import provenance
from llamactl_containers.builders.records import ImageRecord, inputs_of
from llamactl_containers.builders.remote import (
    RemoteBuilder,
    remote_builder,
    weights_refusal,
)
from llamactl_containers.builders.sbom import sbom
from llamactl_containers.builders.store import total_bytes
from llamactl_containers.recipe.context import BaseImage, BuildContext
from llamactl_containers.recipe.recipe import build_context
from llamactl_containers.recipe.tag import image_tag
from llamactl_containers.registries.credentials import auth_file
from llamactl_containers.registries.opening import (
    have_repository,
    kind_of,
    login_to,
    open_registry,
)
from llamactl_containers.registries.pushing import Pushed, name_image, signatures
from llamactl_containers.registries.reference import Reference, repository_in
from llamactl_containers.registries.signature import ImageSigner

_FOUND = "registry"
_STAGED_BYTES = 4


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """What is to be built, with which tool, and where it is to go.

    `remote`: in the cloud of the registry. `tool` None: the first one that is here. `sign_key`: the
    file of the key that it is signed with in the registry.
    """

    image: ImageOrder
    tool: Tool | None = None
    remote: bool = False
    registry: str | None = None
    accepted: Accepted = field(default_factory=Accepted)
    sign_key: Path | None = None


def build_image(app: App, order: BuildOrder) -> ImageRecord:
    """Have an image of these inputs: it is built only where it is neither here nor there.

    Raises:
        LlamactlError: with the exit code of what went wrong.
    """
    images = images_of(app)
    builder, signer = _remote_builder(order, images), _signer(order, images)
    context = _context(app, order, images)
    tag = image_tag(context)
    target = None
    if order.registry is not None:
        target = repository_in(order.registry, context.image_name).with_tag(tag)
    with images.records.building(tag):
        if target is not None and (found := _there(images, context, target, signer)) is not None:
            return found
        if builder is not None and target is not None:
            return _built_remotely(images, builder, context, target, signer)
        record = _here(images, context, tag)
        if record is None:
            record = _built(images, context, tag, order.tool)
        return record if target is None else push_record(images, record, target, signer)


def _context(app: App, order: BuildOrder, images: Images) -> BuildContext:
    acceptance = None
    if order.image.weights is not None:
        found = have_license(app, *ordered(app, order.image), order.accepted)
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


def _there(
    images: Images, context: BuildContext, target: Reference, signer: ImageSigner | None
) -> ImageRecord | None:
    """Give the record of an image that the registry has under this tag, signed if that is asked."""
    record = images.records.get(str(target.tag))
    with (
        stage("registry") as report,
        open_registry(target.registry, images.environment, images.home) as registry,
    ):
        report(Step(f"asking {target.registry}"))
        digest = registry.digest(target.repository, target.tag or "")
        if digest is None:
            report(Step("not there yet"))
            return None
        is_ours = record is not None and record.digest == digest and record.tool != _FOUND
        signature = signatures(registry, target, digest, signer, is_ours=is_ours)
        report(Step(f"{target} is there already"))
    if record is None:
        now = datetime.now(UTC)
        record = _record(context, target, digest, {"tool": _FOUND, "started_at": now})
    kept = next((each for each in record.pushed if each.reference == str(target)), None)
    if kept is not None and kept.digest == digest:
        if dict(signature).items() <= kept.attached.items():
            return record
        signature = (*kept.attached.items(), *signature)
    pushed = Pushed(target, digest, was_there=True, attached=signature)
    return on_record(images, record, pushed)


def _built(images: Images, context: BuildContext, tag: str, tool: Tool | None) -> ImageRecord:
    builder = choose_builder(tool, images.environment)
    if context.weights is not None:
        with stage("weights") as report:
            check_content(context.weights, report)
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
        report(Step(f"{short(built.digest)}, {format_bytes(size_bytes)}, with {builder.name}"))
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


def _signer(order: BuildOrder, images: Images) -> ImageSigner | None:
    if order.sign_key is not None and order.registry is None:
        message = "--sign-key signs in a registry"
        raise InvalidInput(message, hint="name it with --registry, or sign with image push")
    return signer_of(images, order.sign_key)


def _built_remotely(
    images: Images,
    builder: RemoteBuilder,
    context: BuildContext,
    target: Reference,
    signer: ImageSigner | None,
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
        report(Step(f"{short(built.digest)}, by {built.tool}"))
    told = {"tool": built.tool, "tool_version": built.run, "started_at": started_at}
    record = _record(context, target, built.digest, {**told, "log": str(log)})
    with (
        stage("push") as report,
        open_registry(target.registry, images.environment, images.home) as registry,
    ):
        documents = [sbom(record), provenance(record)]
        pushed = name_image(registry, target, str(staged.tag), documents, signer)
        report(Step(f"{target.name}@{short(pushed.digest)}"))
    return on_record(images, record, pushed)


def _record(
    context: BuildContext, target: Reference, digest: str, known: Mapping[str, Any]
) -> ImageRecord:
    """Give the record of an image whose layers are only in a registry."""
    unknown = {"tool_version": "", "log": "", "size_bytes": None, "manifest_type": None}
    now = {"built_at": datetime.now(UTC), "tag": str(target.tag), "digest": digest}
    return ImageRecord(**inputs_of(context), **{**unknown, **now, **known})
