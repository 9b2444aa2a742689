"""Pushing an image that was built here: its layers, what describes it, its signature, its tag."""

from pathlib import Path

from llamactl.app import App
from llamactl.pipeline.images import Images, images_of, on_record, short
from llamactl.progress import stage
from llamactl_catalog.errors import NotFound
from llamactl_catalog.progress import Step
from llamactl_containers.builders.provenance import provenance
from llamactl_containers.builders.records import ImageRecord
from llamactl_containers.builders.sbom import sbom
from llamactl_containers.registries.oci import Manifest
from llamactl_containers.registries.opening import have_repository, open_registry
from llamactl_containers.registries.pushing import Pushed, push_image
from llamactl_containers.registries.reference import Reference, repository_in
from llamactl_containers.registries.signature import ImageSigner, image_signer


def push_image_of(app: App, name: str, registry: str, sign_key: Path | None = None) -> ImageRecord:
    """Push an image that was built here, by its tag, its digest, or the beginning of either.

    Raises:
        LlamactlError: there is no such image, no such key, or the registry refuses.
    """
    images = images_of(app)
    signer = signer_of(images, sign_key)
    record = images.records.find(name)
    target = repository_in(registry, record.name).with_tag(record.tag)
    with images.records.building(record.tag):
        return push_record(images, record, target, signer)


def signer_of(images: Images, sign_key: Path | None) -> ImageSigner | None:
    """Read the key that images are signed with, if one is named; before anything is done."""
    return None if sign_key is None else image_signer(sign_key, images.environment)


def push_record(
    images: Images, record: ImageRecord, target: Reference, signer: ImageSigner | None = None
) -> ImageRecord:
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
        pushed = push_image(registry, target, manifest, images.store, documents, report, signer)
        report(Step(_told(pushed, record)))
    return on_record(images, record, pushed)


def _told(pushed: Pushed, record: ImageRecord) -> str:
    if not pushed.was_there:
        return f"{pushed.reference.name}@{short(pushed.digest)}"
    if pushed.digest == record.digest:
        return f"{pushed.reference} was there already"
    return f"{pushed.reference} was there already, built elsewhere: {short(pushed.digest)}"
