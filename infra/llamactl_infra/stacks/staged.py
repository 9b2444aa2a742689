"""Which copies of weights `deploy` has staged for which deployment, kept beside the stacks.

A stack knows the one that it serves from. Those of places that `--fallback` tried, or that an
update has left, are known here alone: storage costs for as long as they lie there.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from llamactl_infra.spec import Cloud


@dataclass(frozen=True, slots=True)
class StagedCopy:
    """Weights that were staged for a deployment: an address as `llamactl weights` takes it."""

    place: str
    cloud: Cloud
    region: str | None


class StagedCopies:
    """Files of copies, one a deployment; a copy stays on record until it is removed."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / "pulumi" / "staged"

    def remember(self, name: str, copy: StagedCopy) -> None:
        """Put a copy on record, before the first byte of it is moved."""
        self._write(name, dict.fromkeys((*self.recall(name), copy)))

    def recall(self, name: str) -> tuple[StagedCopy, ...]:
        """Give the copies of a deployment."""
        try:
            told = json.loads(self._path(name).read_text("utf-8"))
            return tuple(
                StagedCopy(str(each["place"]), each["cloud"], each["region"]) for each in told
            )
        except (OSError, ValueError, KeyError, TypeError):
            return ()

    def forget(self, name: str, copy: StagedCopy) -> None:
        """Keep nothing of a copy that was removed."""
        self._write(name, [each for each in self.recall(name) if each != copy])

    def others_of(self, place: str, but: str) -> tuple[str, ...]:
        """Name the other deployments that a place was staged for."""
        names = sorted(path.stem for path in self._folder.glob("*.json"))
        return tuple(
            name
            for name in names
            if name != but and any(each.place == place for each in self.recall(name))
        )

    def _write(self, name: str, copies: Iterable[StagedCopy]) -> None:
        told = [asdict(each) for each in copies]
        with suppress(OSError):  # a full disk keeps no deployment from being made or removed
            if not told:
                self._path(name).unlink(missing_ok=True)
                return
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path(name).write_text(json.dumps(told), "utf-8")

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
