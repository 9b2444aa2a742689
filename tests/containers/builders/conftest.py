"""A registry, a base image in it, and what is to be built on it."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest

from llamactl_containers.builders.builder import Room
from llamactl_containers.builders.store import ImageStore
from llamactl_containers.recipe.context import BaseImage, BuildContext, ContextFile
from standins.image_registry import (
    RunningRegistry,
    container_environment,
    push_base,
    running_registry,
)

BASE = "engines/tgi:3.3.6"


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    for program in ("docker-registry", "buildah"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not on PATH")
    with running_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="session")
def base(registry, tmp_path_factory: pytest.TempPathFactory) -> BaseImage:
    if os.geteuid() != 0:
        pytest.skip("buildah's chroot isolation needs root")
    folder = tmp_path_factory.mktemp("base")
    environment = container_environment(folder / "containers", os.environ, registry.host)
    digest = push_base(registry.host, BASE, folder, environment)
    repository, _, tag = BASE.partition(":")
    return BaseImage(f"{registry.host}/{repository}", tag, digest)


@pytest.fixture
def context(base) -> BuildContext:
    return context_on(base)


@pytest.fixture
def make_room(registry, tmp_path) -> Callable[[str], Room]:
    """Rooms with nothing in common: store, log, and the tools' own storage."""

    def make(name: str) -> Room:
        folder = tmp_path / name
        environment = container_environment(folder / "containers", os.environ, registry.host)
        return Room(ImageStore(folder / "images"), folder / "build.log", environment)

    return make


@pytest.fixture
def room(make_room) -> Room:
    return make_room("room")


def context_on(base: BaseImage, script: bytes = b"#!/bin/sh\nexec launcher\n") -> BuildContext:
    dockerfile = (
        f"FROM {base.reference}\nUSER 0:0\n"
        'LABEL llamactl.model="llama-2-7b-chat" \\\n    llamactl.license="llama-2"\n'
        "COPY entrypoint.sh /opt/llamactl/entrypoint.sh\n"
        "HEALTHCHECK CMD true\n"
        'ENTRYPOINT ["/bin/sh", "/opt/llamactl/entrypoint.sh"]\nCMD []\n'
    )
    return BuildContext(
        image_name="llamactl/llama-2-7b-chat",
        tag_prefix="tgi-3.3.6-sagemaker",
        base=base,
        files=(
            ContextFile("Dockerfile", dockerfile.encode()),
            ContextFile("entrypoint.sh", script),
        ),
        labels={"llamactl.model": "llama-2-7b-chat", "llamactl.license": "llama-2"},
    )
