"""What buildah and podman have in common: one library builds for both, and writes the image out."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from llamactl_catalog.errors import ProgramMissing
from llamactl_catalog.progress import Report
from llamactl_containers.builders.builder import Built, Room, Tool
from llamactl_containers.builders.layouts import take_directory
from llamactl_containers.builders.output import step_of
from llamactl_containers.builders.running import answer_of, run_tool
from llamactl_containers.recipe.context import (
    DOCKERFILE,
    WEIGHTS_CONTEXT,
    BuildContext,
    write_context,
)

# What both print after each step: the beginning of the image's id.
_MADE = re.compile(r"--> (?P<id>[0-9a-f]{11,64})")


@dataclass(frozen=True, slots=True)
class Program:
    """One of the two, and what it wants to be told beyond the common flags."""

    name: Tool
    list_containers: Sequence[str]
    push_flags: Sequence[str] = ()

    def version(self, room: Room) -> str:
        """Give what `--version` says, without the program's name."""
        words = answer_of([self.name, "--version"], room.environment).split()
        return next((each for each in words if each[:1].isdecimal()), "unknown")


def build_image(
    program: Program, context: BuildContext, tag: str, room: Room, report: Report
) -> Built:
    """Build, write the image to a folder, take it into the store, and leave nothing behind.

    The format is Docker's: that of OCI has no place for HEALTHCHECK.
    """
    made: list[str] = []

    def on_line(line: str) -> None:
        if (image := _MADE.fullmatch(line.strip())) is not None:
            made.append(image["id"])
        if (step := step_of(line)) is not None:
            report(step)

    auth = [] if room.auth_file is None else ["--authfile", str(room.auth_file)]
    image, is_built = f"localhost/{context.image_name}:{tag}", False
    with room.store.scratch() as scratch:
        folder, out = scratch / "context", scratch / "image"
        folder.mkdir()
        write_context(context, folder)
        # No --iidfile: buildah then says nothing of the images that the steps made.
        build = [program.name, "build", *_build_flags(context), *auth, "--tag", image]
        try:
            run_tool([*build, str(folder)], room.environment, room.log, on_line)
            is_built = True
            push = [program.name, "push", *program.push_flags, "--format", "v2s2"]
            run_tool([*push, image, f"dir:{out}"], room.environment, room.log, on_line)
        finally:
            if is_built:
                _remove(program, [image], room)
            else:
                _tidy_up(program, made, room)
        manifest = take_directory(out, room.store)
    return Built(manifest, program.name, program.version(room))


def _build_flags(context: BuildContext) -> list[str]:
    flags = [
        *("--format", "docker", "--platform", context.platform),
        # One date for all files and for the image: the same inputs then have the same digest.
        *("--timestamp", str(context.source_date_epoch)),
        *("--identity-label=false", "--no-cache", "--layers"),
        *("--file", DOCKERFILE),
    ]
    if context.weights is not None:
        flags += ["--build-context", f"{WEIGHTS_CONTEXT}={context.weights.folder}"]
    return flags


def _tidy_up(program: Program, made: Sequence[str], room: Room) -> None:
    """Remove what a build that did not end has left in the tool's storage; weights are large.

    The tools leave it where they are ended. A container is named by the image that it began from;
    those of the steps are this build's own, as its labels are in each. The first, of the base, may
    be another build's, and is empty.
    """
    if not made:
        return
    containers: list[str] = []
    with suppress(ProgramMissing):  # it must not take the place of why the build has ended
        listed = answer_of([program.name, *program.list_containers], room.environment)
        names = [each.split() for each in listed.splitlines()]
        containers = [name[0] for name in names if name[-1].startswith(tuple(made))]
    for container in containers:
        with suppress(ProgramMissing):
            answer_of([program.name, "rm", container], room.environment)
    _remove(program, made[::-1], room)


def _remove(program: Program, images: Sequence[str], room: Room) -> None:
    """Remove images from the tool's own storage, with the steps that they were made in."""
    for image in images:
        with suppress(ProgramMissing):  # it went with the one before
            answer_of([program.name, "rmi", "--force", image], room.environment)
