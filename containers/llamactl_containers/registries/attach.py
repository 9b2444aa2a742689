"""Attaching documents to an image: OCI artifacts whose subject it is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from llamactl_containers.registries.oci import (
    OCI_INDEX,
    OCI_MANIFEST,
    Manifest,
    Registry,
    digest_of,
    fallback_tag,
)

# Source: OCI image specification v1.1, "Guidance for an Empty Descriptor".
_EMPTY = b"{}"
_EMPTY_TYPE = "application/vnd.oci.empty.v1+json"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document about an image: its kind, its media type, a file name for who fetches it."""

    kind: str
    media_type: str
    file_name: str
    content: bytes = field(repr=False)


def attach(
    registry: Registry, repository: str, subject: Manifest, attachments: Sequence[Attachment]
) -> tuple[tuple[str, str], ...]:
    """Push documents as artifacts with the image as their subject; give each one's digest by kind.

    Where the registry does not list them by itself, the fallback tag does, put once for all of
    them, as there are registries whose tags cannot be moved. The same document attached again is
    the same artifact.
    """
    pushed, unlisted = [], []
    for each in attachments:
        registry.put_content(repository, _EMPTY)
        blob = registry.put_content(repository, each.content)
        manifest = artifact(subject, each, blob)
        if not registry.put_manifest(repository, manifest, manifest.digest):
            unlisted.append({**manifest.descriptor(), "artifactType": each.media_type})
        pushed.append((each.kind, manifest.digest))
    _list_by_tag(registry, repository, subject, unlisted)
    return tuple(pushed)


def artifact(subject: Manifest, attachment: Attachment, blob: str) -> Manifest:
    """Give the manifest of an artifact. Source: OCI image specification v1.1, manifest.md."""
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": attachment.media_type,
        "config": {"mediaType": _EMPTY_TYPE, "digest": digest_of(_EMPTY), "size": len(_EMPTY)},
        "layers": [
            {
                "mediaType": attachment.media_type,
                "digest": blob,
                "size": len(attachment.content),
                "annotations": {"org.opencontainers.image.title": attachment.file_name},
            }
        ],
        "subject": subject.descriptor(),
    }
    return Manifest(OCI_MANIFEST, _json(document))


def _list_by_tag(
    registry: Registry, repository: str, subject: Manifest, entries: Sequence[dict[str, object]]
) -> None:
    if not entries:
        return
    tag = fallback_tag(subject.digest)
    found = registry.manifest(repository, tag)
    listed = [] if found is None else json.loads(found.content).get("manifests", [])
    known = {each.get("digest") for each in listed}
    missing = [each for each in entries if each["digest"] not in known]
    if missing:
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [*listed, *missing]}
        registry.put_manifest(repository, Manifest(OCI_INDEX, _json(index)), tag)


def _json(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
