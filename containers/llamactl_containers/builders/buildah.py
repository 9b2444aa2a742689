"""Building with buildah."""

from llamactl_catalog.progress import Report
from llamactl_containers.builders.builder import Built, Room, Tool
from llamactl_containers.builders.container_files import Program, build_image
from llamactl_containers.recipe.context import BuildContext

_NAMES = ("containers", "--noheading", "--format", "{{.ContainerID}} {{.ContainerName}}")
_PROGRAM = Program("buildah", list_containers=_NAMES)


class Buildah:
    """buildah, 1.28 or newer: needs no daemon, and no root where user namespaces are there."""

    name: Tool = "buildah"

    def build(self, context: BuildContext, tag: str, room: Room, report: Report) -> Built:
        """Build the image and put it into the store."""
        return build_image(_PROGRAM, context, tag, room, report)
