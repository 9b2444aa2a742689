"""A real registry with a base image in it, and a room of its own for buildah."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

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
    if os.geteuid() != 0:
        pytest.skip("buildah's chroot isolation needs root")
    with running_registry(tmp_path_factory.mktemp("registry")) as running:
        folder = tmp_path_factory.mktemp("base")
        environment = container_environment(folder / "containers", os.environ, running.host)
        push_base(running.host, BASE, folder, environment)
        yield running


@pytest.fixture
def image_room(
    registry: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RunningRegistry:
    """The registry, with buildah set to files of this test alone."""
    environment = container_environment(tmp_path / "containers", os.environ, registry.host)
    for name, value in environment.items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    return registry
