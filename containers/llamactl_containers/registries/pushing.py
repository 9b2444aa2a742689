"""Pushing an image: layers, manifest by digest, what is attached, and the tag at the very end."""

from collections.abc import Sequence
from dataclasses import dataclass

from llamactl_catalog.errors import NotFound
from llamactl_catalog.progress import Report, Step
from llamactl_containers.builders.store import ImageStore, layers
from llamactl_containers.registries.attach import Attachment, attach
from llamactl_containers.registries.oci import Manifest, Registry
from llamactl_containers.registries.opening import drop_tag
from llamactl_containers.registries.reference import Reference
from llamactl_containers.registries.signature import KIND, ImageSigner, have_signature


@dataclass(frozen=True, slots=True)
class Pushed:
    """Where an image is now. `was_there`: its tag was, and nothing was sent.

    `attached` are the digests of what describes it, by kind.
    """

    reference: Reference
    digest: str
    was_there: bool
    attached: tuple[tuple[str, str], ...] = ()


def push_image(  # noqa: PLR0913, PLR0917 - all of it goes there
    registry: Registry,
    target: Reference,
    manifest: Manifest,
    store: ImageStore,
    attachments: Sequence[Attachment],
    report: Report,
    signer: ImageSigner | None = None,
) -> Pushed:
    """Push an image from the store to `target`, whose tag names it when all of it has arrived.

    A tag that is there already stays as it is: it was made from the same inputs. With a `signer`
    the image is signed before it has its tag.

    Raises:
        NotFound: its layers are no longer here.
        NoPermission: the tag names an image that was built elsewhere, and the key has not signed.
        LlamactlError: the registry refuses, or cannot be reached.
    """
    tag = target.tag or ""
    report(Step(f"asking {registry.host} for {tag}"))
    there = registry.digest(target.repository, tag)
    if there is not None and there != manifest.digest:
        signed = signatures(registry, target, there, signer, is_ours=False)
        return Pushed(target, there, was_there=True, attached=signed)
    if there is None:
        _send(registry, target.repository, manifest, store, report)
    report(Step("attaching what describes it"))
    attached = attach(registry, target.repository, manifest, attachments)
    if signer is not None:
        report(Step("signing it"))
    attached += signatures(registry, target, manifest.digest, signer, is_ours=True)
    if there is None:
        registry.put_manifest(target.repository, manifest, tag)
    return Pushed(target, manifest.digest, there is not None, attached)


def name_image(
    registry: Registry,
    target: Reference,
    staged_tag: str,
    attachments: Sequence[Attachment],
    signer: ImageSigner | None = None,
) -> Pushed:
    """Give an image that was pushed elsewhere, under a tag for the moment, its own tag.

    Raises:
        NotFound: there is none under `staged_tag`.
        LlamactlError: the registry refuses, or cannot be reached.
    """
    manifest = registry.manifest(target.repository, staged_tag)
    if manifest is None:
        raise NotFound(f"no image under {target.name}:{staged_tag}", hint="build it again")
    attached = attach(registry, target.repository, manifest, attachments)
    attached += signatures(registry, target, manifest.digest, signer, is_ours=True)
    registry.put_manifest(target.repository, manifest, target.tag or "")
    drop_tag(registry, target, staged_tag)
    return Pushed(target, manifest.digest, was_there=False, attached=attached)


def signatures(
    registry: Registry, target: Reference, digest: str, signer: ImageSigner | None, *, is_ours: bool
) -> tuple[tuple[str, str], ...]:
    """Sign an image where that is asked; give the signatures' digest as what is attached.

    Raises:
        NoPermission: it was not built here, and the key has not signed it.
    """
    if signer is None:
        return ()
    return ((KIND, have_signature(registry, target, digest, signer, is_ours=is_ours)),)


def _send(
    registry: Registry, repository: str, manifest: Manifest, store: ImageStore, report: Report
) -> None:
    if not store.holds(manifest.digest):
        hint = "llamactl image build makes it again"
        raise NotFound(f"the layers of {manifest.digest} are no longer here", hint=hint)
    blobs = layers(manifest.content)
    total_bytes = sum(each.size_bytes for each in blobs)
    done_bytes = 0
    for blob in blobs:
        before = done_bytes

        def sent(sent_bytes: int, before: int = before) -> None:
            report(Step("pushing", before + sent_bytes, total_bytes, paced=True))

        sent(0)
        if not registry.has_blob(repository, blob.digest):
            registry.put_file(repository, blob.digest, store.path(blob.digest), sent)
        done_bytes += blob.size_bytes
        sent(blob.size_bytes)
    registry.put_manifest(repository, manifest, manifest.digest)
