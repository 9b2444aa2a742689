"""Where the local target keeps its files.

STATE/deployments/NAME/  deployment.json  what was asked for; there before anything is started
                         runtime.json     the processes and their phase; the supervisor's
                         launch.json      what the engine is told, API key included
                         server.log       the engine's log; server.log.1, .2 … are older parts
                         supervisor.log   empty but for bugs of the supervisor
                         removed.json     deployment.json under removal
STATE/deployments/NAME.lock, NAME.claim   only while a command works on NAME
STATE/logs/NAME-TIME.log                  the log of what was
"""

import re
from dataclasses import dataclass
from pathlib import Path

from llamactl_catalog.errors import InvalidInput
from llamactl_containers.disk import told

_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?")
# Windows keeps these for devices, with any extension. Source: Microsoft, "Naming Files, Paths, and
# Namespaces", read 2026-11.
_DEVICES = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one deployment."""

    path: Path

    @property
    def name(self) -> str:
        """The deployment's name."""
        return self.path.name

    @property
    def record(self) -> Path:
        """What was asked for."""
        return self.path / "deployment.json"

    @property
    def removed(self) -> Path:
        """What was asked for, of a deployment that is being removed."""
        return self.path / "removed.json"

    @property
    def runtime(self) -> Path:
        """The processes and their phase."""
        return self.path / "runtime.json"

    @property
    def launch(self) -> Path:
        """What the engine is told."""
        return self.path / "launch.json"

    @property
    def log(self) -> Path:
        """The newest part of the engine's log."""
        return self.path / "server.log"

    @property
    def supervisor_log(self) -> Path:
        """Where the supervisor's own trouble goes."""
        return self.path / "supervisor.log"

    @property
    def lock(self) -> Path:
        """The lock of the name, beside the folder so that it outlives the folder's removal."""
        return self.path.with_name(f"{self.name}.lock")

    @property
    def claim(self) -> Path:
        """Who holds the lock."""
        return self.path.with_name(f"{self.name}.claim")


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The folder that holds everything the local target knows."""

    path: Path

    @property
    def deployments(self) -> Path:
        """One folder for each deployment."""
        return self.path / "deployments"

    @property
    def logs(self) -> Path:
        """The logs of deployments that were destroyed."""
        return self.path / "logs"

    def folder(self, name: str) -> Folder:
        """Give the folder of a deployment, whether it is there or not.

        Raises:
            InvalidInput: the name cannot be one of a deployment.
        """
        check_name(name)
        return Folder(self.deployments / name)

    def folders(self) -> list[Folder]:
        """Give the folders that are there, by name.

        Raises:
            NoPermission: the state folder may not be read.
            InvalidInput: a file is in its place.
        """
        try:
            with told(self.deployments, "--state-dir"):
                entries = sorted(self.deployments.iterdir())
        except FileNotFoundError:
            return []
        return [Folder(path) for path in entries if _NAME.fullmatch(path.name) and path.is_dir()]


def check_name(name: str) -> None:
    """Refuse a deployment name that cannot be a folder's name on every platform.

    Raises:
        InvalidInput: the name is too long, has other characters, or is a device's on Windows.
    """
    if not _NAME.fullmatch(name) or _DEVICES.fullmatch(name):
        hint = "lower case letters, digits and hyphens, a letter first, 40 characters at most"
        raise InvalidInput(f"'{name}' cannot name a deployment", hint=hint)
