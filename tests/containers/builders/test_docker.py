"""docker's buildx, by a stand-in that checks its arguments; which tool is chosen; why one fails."""

import os
import stat
from pathlib import Path

import pytest

from containers.builders.recipes import TAG, small_context
from llamactl_catalog.errors import (
    LlamactlError,
    NoCapacity,
    NoPermission,
    NotFound,
    ProgramMissing,
    Unhealthy,
)
from llamactl_catalog.progress import Step, silent
from llamactl_containers.builders.builder import Room
from llamactl_containers.builders.choice import choose_builder
from llamactl_containers.builders.docker import Docker
from llamactl_containers.builders.failures import build_failure
from llamactl_containers.builders.output import step_of
from llamactl_containers.builders.store import ImageStore

STANDIN = Path(__file__).parents[2] / "standins" / "docker_buildx"
LOG = Path("/state/build.log")


@pytest.fixture
def programs(tmp_path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def install(programs: Path, name: str, text: str | None = None) -> None:
    path = programs / name
    path.write_text(STANDIN.read_text() if text is None else text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def room_of(tmp_path: Path, programs: Path, **environment: str) -> Room:
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    known = {**os.environ, "PATH": path, "ASKED": str(tmp_path / "asked"), **environment}
    return Room(ImageStore(tmp_path / "images"), tmp_path / "build.log", known)


def test_docker_writes_the_image_out_and_the_store_takes_it(tmp_path, programs):
    install(programs, "docker")
    room = room_of(tmp_path, programs)
    steps: list[Step] = []

    built = Docker().build(small_context(), TAG, room, steps.append)

    assert room.store.holds(built.digest)
    assert (built.tool, built.tool_version) == ("docker", "v0.19.0")
    assert "step 2 of 3: COPY licenses/ /opt/" in [each.text for each in steps]


def test_docker_is_asked_for_amd64_fixed_dates_and_no_attestations_of_its_own(tmp_path, programs):
    install(programs, "docker")
    room = room_of(tmp_path, programs)

    Docker().build(small_context(), TAG, room, silent)

    asked = (tmp_path / "asked").read_text()
    for word in ("--platform linux/amd64", "--provenance=false", "--sbom=false"):
        assert word in asked
    assert "--build-arg SOURCE_DATE_EPOCH=315532800" in asked


def test_where_dockers_builder_writes_no_files_another_is_made(tmp_path, programs):
    install(programs, "docker")
    room = room_of(tmp_path, programs, DEFAULT_BUILDER_EXPORTS="no")

    built = Docker().build(small_context(), TAG, room, silent)

    asked = (tmp_path / "asked").read_text()
    assert room.store.holds(built.digest)
    assert "buildx create --name llamactl --driver docker-container" in asked
    assert "buildx build --builder llamactl" in asked


def test_the_first_tool_that_works_is_chosen(tmp_path, programs):
    install(programs, "docker", "#!/bin/sh\necho no daemon >&2\nexit 1\n")
    install(programs, "buildah", "#!/bin/sh\n")

    assert choose_builder(None, {"PATH": str(programs)}).name == "buildah"


def test_docker_goes_first_where_it_works(programs):
    install(programs, "docker", "#!/bin/sh\n")
    install(programs, "podman", "#!/bin/sh\n")

    assert choose_builder(None, {"PATH": str(programs)}).name == "docker"


def test_without_any_tool_all_three_reasons_are_told(programs):
    install(programs, "docker", "#!/bin/sh\necho no daemon >&2\nexit 1\n")

    with pytest.raises(ProgramMissing) as caught:
        choose_builder(None, {"PATH": str(programs)})

    assert "no daemon; podman: not on PATH; buildah: not on PATH" in caught.value.message
    assert "--remote" in str(caught.value.hint)


def test_a_named_tool_that_is_missing_is_told(programs):
    with pytest.raises(ProgramMissing, match="no podman program"):
        choose_builder("podman", {"PATH": str(programs)})


@pytest.mark.parametrize(
    ("line", "kind", "what"),
    [
        ("write /var/x: no space left on device", NoCapacity, "the disk is full"),
        ("reading manifest 9 in x: manifest unknown", NotFound, "the base image was not found"),
        ("ERROR: pull access denied, x: authorization failed", NoPermission, "registry refuses"),
        ("unauthorized: authentication required", NoPermission, "registry refuses"),
        ("dial tcp: lookup ghcr.io: no such host", Unhealthy, "the network failed"),
        ("read tcp: connection reset by peer", Unhealthy, "the network failed"),
        ("Cannot connect to the Docker daemon at unix:///x", ProgramMissing, "daemon"),
        ("unknown flag: --identity-label", ProgramMissing, "too old"),
        ("something else", Unhealthy, "exit code 3: something else"),
    ],
)
def test_a_failure_is_told_by_what_the_tool_said(line, kind, what):
    error = build_failure("docker", ["STEP 1", line, ""], 3, LOG)

    assert type(error) is kind
    assert what in error.message
    assert str(LOG) in str(error.hint)


def test_the_cause_goes_before_what_it_caused():
    lines = ["copying: no space left on device", "error: unexpected EOF"]

    assert isinstance(build_failure("podman", lines, 1, LOG), NoCapacity)
    assert issubclass(NoCapacity, LlamactlError)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("STEP 3/7: COPY a b", "step 3 of 7: COPY a b"),
        ("#7 [2/4] RUN true", "step 2 of 4: RUN true"),
        ("#7 [stage-0 2/4] RUN true", "step 2 of 4: RUN true"),
        ("Trying to pull ghcr.io/x:1...", "pulling ghcr.io/x:1"),
        ("#9 exporting layers", "packing the layers"),
        ("COMMIT localhost/x", "packing the layers"),
    ],
)
def test_a_line_of_output_is_a_step(line, text):
    assert step_of(line) == Step(text)


def test_other_lines_are_no_step():
    assert step_of("--> 0123456789ab") is None
    assert step_of("") is None
