"""Building with docker's buildx."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from llamactl_catalog.errors import ProgramMissing
from llamactl_catalog.progress import Report, Step
from llamactl_containers.builders.builder import Built, Room, Tool
from llamactl_containers.builders.layouts import take_oci_layout
from llamactl_containers.builders.output import step_of
from llamactl_containers.builders.running import answer_of, run_tool
from llamactl_containers.recipe.context import (
    DOCKERFILE,
    WEIGHTS_CONTEXT,
    BuildContext,
    write_context,
)

_OWN_BUILDER = "llamactl"
_NO_EXPORT = "exporter is not supported"
# docker's client reads credentials from it since 28.3; older ones have those of `docker login`.
_AUTH_VARIABLE = "DOCKER_AUTH_CONFIG"


class Docker:
    """docker with buildx 0.11 or newer, and BuildKit 0.13 or newer."""

    name: Tool = "docker"

    def build(self, context: BuildContext, tag: str, room: Room, report: Report) -> Built:
        """Build the image and put it into the store.

        Docker's default builder may be unable to write an image to a file; then a builder named
        llamactl, in a container of its own, is made and used.
        """
        version = answer_of(["docker", "buildx", "version"], room.environment)

        def on_line(line: str) -> None:
            if (step := step_of(line)) is not None:
                report(step)

        environment = _environment(context, room)
        with room.store.scratch() as scratch:
            folder, out = scratch / "context", scratch / "image"
            folder.mkdir()
            write_context(context, folder)
            arguments = _arguments(context, tag, folder, out)
            try:
                run_tool(["docker", "buildx", "build", *arguments], environment, room.log, on_line)
            except ProgramMissing as error:
                if _NO_EXPORT not in error.message:
                    raise
                report(Step("making a builder that can write images to files"))
                builder = ["--builder", _own_builder(room)]
                command = ["docker", "buildx", "build", *builder, *arguments]
                run_tool(command, environment, room.log, on_line)
            manifest = take_oci_layout(out, room.store)
        return Built(manifest, self.name, _number(version))


def _arguments(context: BuildContext, tag: str, folder: Path, out: Path) -> Sequence[str]:
    # Attestations of its own would make an index of the image; ours are attached when it is pushed.
    flags = [
        *("--platform", context.platform, "--progress", "plain", "--no-cache"),
        *("--provenance=false", "--sbom=false"),
        *("--build-arg", f"SOURCE_DATE_EPOCH={context.source_date_epoch}"),
        *("--output", f"type=oci,dest={out},tar=false,rewrite-timestamp=true"),
        *("--tag", f"{context.image_name}:{tag}"),
        *("--file", str(folder / DOCKERFILE)),
    ]
    if context.weights is not None:
        flags += ["--build-context", f"{WEIGHTS_CONTEXT}={context.weights.folder}"]
    return [*flags, str(folder)]


def _environment(context: BuildContext, room: Room) -> dict[str, str]:
    found = {**room.environment, "SOURCE_DATE_EPOCH": str(context.source_date_epoch)}
    if room.auth_file is not None:
        found[_AUTH_VARIABLE] = room.auth_file.read_text("utf-8")
    return found


def _own_builder(room: Room) -> str:
    create = ["docker", "buildx", "create", "--name", _OWN_BUILDER]
    with suppress(ProgramMissing):  # it is there already; where it is not, the build says why
        answer_of([*create, "--driver", "docker-container"], room.environment)
    return _OWN_BUILDER


def _number(version: str) -> str:
    words = version.split()
    return next((each for each in words if each.lstrip("v")[:1].isdecimal()), version)
