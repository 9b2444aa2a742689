"""What buildah and podman have in common: one library builds for both, and writes the image out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class Program:
    """One of the two, and what it wants to be told beyond the common flags."""

    name: Tool
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

    def on_line(line: str) -> None:
        if (step := step_of(line)) is not None:
            report(step)

    auth = [] if room.auth_file is None else ["--authfile", str(room.auth_file)]
    with room.store.scratch() as scratch:
        folder, image_id_file, out = scratch / "context", scratch / "id", scratch / "image"
        folder.mkdir()
        write_context(context, folder)
        build = [program.name, "build", *_build_flags(context), *auth]
        build += ["--iidfile", str(image_id_file), "--tag", f"localhost/{context.image_name}:{tag}"]
        try:
            run_tool([*build, str(folder)], room.environment, room.log, on_line)
            image = image_id_file.read_text("utf-8").strip()
            push = [program.name, "push", *program.push_flags, "--format", "v2s2"]
            run_tool([*push, image, f"dir:{out}"], room.environment, room.log, on_line)
        finally:
            _forget(program, image_id_file, room)
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


def _forget(program: Program, image_id_file: Path, room: Room) -> None:
    """Remove the image from the tool's own storage: the store has it, if it was built."""
    if not image_id_file.exists():
        return
    image = image_id_file.read_text("utf-8").strip()
    answer_of([program.name, "rmi", "--force", image], room.environment)
