"""Images as folders: what tools write, taken into the store."""

import json
from pathlib import Path

from llamactl_catalog.errors import InvalidFile
from llamactl_containers.builders.plain_config import with_plain_config
from llamactl_containers.builders.store import ImageStore, layers
from llamactl_containers.registries.oci import Manifest

_AGAIN = "build it again, or with another --tool"


def take_directory(folder: Path, store: ImageStore) -> Manifest:
    """Take what buildah and podman write to `dir:FOLDER`: manifest.json, and a file a blob.

    Raises:
        InvalidFile: it is no such folder.
        LlamactlError: the store cannot be written.
    """
    try:
        content = (folder / "manifest.json").read_bytes()
        media_type = str(json.loads(content)["mediaType"])
    except (FileNotFoundError, ValueError, KeyError) as error:
        raise InvalidFile(str(folder), [f"holds no image: {error}"], hint=_AGAIN) from error
    return _taken(Manifest(media_type, content), folder, store)


def take_oci_layout(folder: Path, store: ImageStore) -> Manifest:
    """Take an OCI image layout that holds one image. Source: OCI image-layout.md, v1.1.

    Raises:
        InvalidFile: it is no such folder, or holds several images.
        LlamactlError: the store cannot be written.
    """
    blobs = folder / "blobs" / "sha256"
    try:
        (entry,) = json.loads((folder / "index.json").read_bytes())["manifests"]
        content = (blobs / _name(entry["digest"])).read_bytes()
        found = Manifest(str(entry["mediaType"]), content)
    except (FileNotFoundError, ValueError, KeyError) as error:
        raise InvalidFile(str(folder), [f"holds no single image: {error}"], hint=_AGAIN) from error
    if found.digest != entry["digest"]:
        raise InvalidFile(str(folder), [f"{entry['digest']} is another blob"], hint=_AGAIN)
    return _taken(found, blobs, store)


def _taken(manifest: Manifest, blobs: Path, store: ImageStore) -> Manifest:
    for blob in layers(manifest.content):
        path = blobs / _name(blob.digest)
        if not path.exists() and not store.path(blob.digest).exists():
            raise InvalidFile(str(blobs), [f"{blob.digest} is missing"], hint=_AGAIN)
        if path.exists():
            store.take(path, blob.digest)
    return with_plain_config(manifest, store)


def _name(digest: str) -> str:
    return digest.removeprefix("sha256:")
