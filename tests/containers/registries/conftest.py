"""Registries that run here: one for anybody, one that asks for a password; and an image."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from llamactl_containers.builders.store import ImageStore
from llamactl_containers.registries.attach import Attachment
from llamactl_containers.registries.oci import Manifest, Registry, digest_of
from standins.image_registry import RunningRegistry, running_registry

# `pusher` and `secret`, as `htpasswd -nbB pusher secret` writes them.
HTPASSWD = "pusher:$2b$05$qhKPyaDwrvu3cxdOb/YI9ezbFaoocktq.bdmBIA2WyMcRnMA7Cxga\n"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCUMENT = Attachment("sbom", "application/vnd.cyclonedx+json", "sbom.cdx.json", b'{"a": 1}')


@pytest.fixture(scope="session")
def anybodys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    if shutil.which("docker-registry") is None:
        pytest.skip("docker-registry is not on PATH")
    with running_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    if shutil.which("docker-registry") is None:
        pytest.skip("docker-registry is not on PATH")
    with running_registry(tmp_path_factory.mktemp("guarded"), htpasswd=HTPASSWD) as running:
        yield running


@pytest.fixture
def client(anybodys) -> Iterator[Registry]:
    with Registry(anybodys.host, pause_s=0.01) as registry:
        yield registry


@pytest.fixture
def store(tmp_path) -> ImageStore:
    return ImageStore(tmp_path / "images")


@pytest.fixture
def image(store) -> Manifest:
    return make_image(store)


def make_image(store: ImageStore, layers_bytes: Sequence[int] = (3_000_000, 1000)) -> Manifest:
    """Put an image of random layers into a store."""
    layers = [os.urandom(size) for size in layers_bytes]
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {}}).encode()
    for each in (*layers, config):
        store.put(each)
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": entry("application/vnd.docker.container.image.v1+json", config),
        "layers": [
            entry("application/vnd.docker.image.rootfs.diff.tar.gzip", each) for each in layers
        ],
    }
    content = json.dumps(document).encode()
    store.put(content)
    return Manifest(MANIFEST, content)


def entry(media_type: str, content: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


def write_docker_config(folder: Path, document: object) -> None:
    """Write what `docker login` would leave behind."""
    (folder / ".docker").mkdir(parents=True, exist_ok=True)
    (folder / ".docker" / "config.json").write_text(json.dumps(document))
