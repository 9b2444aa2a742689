"""Names, state and settings of stacks, as Pulumi's own command prints them."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi.automation import CommandError

from llamactl_infra.stacks.causes import causes_on, translated
from llamactl_infra.stacks.command import EngineCommand
from llamactl_infra.stacks.place import PROJECT, StackPlace
from llamactl_infra.stacks.stack_store import MASK, Secrets

_PREFIX = f"{PROJECT}:"


@dataclass(frozen=True, slots=True)
class Exports:
    """Asks Pulumi, one run of its command for each answer.

    Raises:
        LlamactlError: from each method, where the backend cannot be read.
    """

    place: StackPlace
    command: EngineCommand = field(repr=False)

    def names(self) -> tuple[str, ...]:
        """Name every stack of the project."""
        found: list[dict[str, Any]] = self._told("stack", "ls", "--json")
        return tuple(sorted(str(each["name"]).rpartition("/")[2] for each in found))

    def state(self, name: str) -> Mapping[str, Any]:
        """Return what the last run left in the state of a stack; {} where there was none."""
        state: dict[str, Any] = self._told("stack", "export", "--stack", name)
        return state.get("deployment") or {}

    def settings(self, name: str, *options: str, secrets: Secrets = "omitted") -> dict[str, str]:
        """Return the settings of a stack; the values of secrets only where they are asked for."""
        shown = ("--show-secrets",) if secrets == "read" else ()
        command = ("config", "--json", "--stack", name, *shown, *options)
        found: dict[str, Any] = self._told(*command)
        return {
            key.removeprefix(_PREFIX): each.get("value", MASK)  # a secret has none
            for key, each in found.items()
            if key.startswith(_PREFIX) and ("value" in each or secrets == "masked")
        }

    def last_settings(self, name: str) -> dict[str, str]:
        """Return the settings of the last run, of a stack that was made on another machine."""
        with tempfile.TemporaryDirectory(prefix="llamactl-") as folder:
            option = ("--config-file", str(Path(folder, "settings.yaml")))
            try:
                self._ran("config", "refresh", "--stack", name, *option)
            except CommandError:  # the backend keeps no history, or none of this stack
                return {}
            return self.settings(name, *option)

    def _told(self, *words: str) -> Any:
        try:
            return json.loads(self._ran(*words))
        except CommandError as error:
            why = translated((), (), str(error), causes_on("local"))
            raise self.place.explained(why) from error

    def _ran(self, *words: str) -> str:
        place = self.place
        return self.command.run(list(words), str(place.folder), place.environment).stdout
