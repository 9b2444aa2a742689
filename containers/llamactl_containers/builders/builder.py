"""What every tool that builds images here is given, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from llamactl_catalog.progress import Report
from llamactl_containers.builders.store import ImageStore
from llamactl_containers.recipe.context import BuildContext
from llamactl_containers.registries.oci import Manifest

Tool = Literal["docker", "podman", "buildah"]


@dataclass(frozen=True, slots=True)
class Room:
    """Where a build happens: the store that takes the image, the log, the environment.

    `auth_file` holds credentials for the base's registry, where the user's own files do not.
    """

    store: ImageStore
    log: Path
    environment: Mapping[str, str]
    auth_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """An image that was built and is in the store."""

    manifest: Manifest
    tool: str
    tool_version: str

    @property
    def digest(self) -> str:
        """The digest of its manifest: what a registry will know it by."""
        return self.manifest.digest


class Builder(Protocol):
    """A tool on this machine that builds an image from a context, for the context's platform."""

    @property
    def name(self) -> Tool:
        """Its name, which is also the program's."""

    def build(self, context: BuildContext, tag: str, room: Room, report: Report) -> Built:
        """Build the image and put it into the store; nothing is left in the tool's own storage.

        Raises:
            LlamactlError: with why it failed, and the log's path.
        """
