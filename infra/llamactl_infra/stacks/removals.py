"""What a removal is to look for at its end, kept over an end that comes before."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from llamactl_containers.whole_files import make_folder, write_whole
from llamactl_infra.live.cloud import Held


class Removals:
    """Files beside the stacks, one for each removal that has begun and not ended.

    The engine forgets a resource when it has removed it, so that a second run would not know what
    to look for.
    """

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / "pulumi" / "removals"

    def remember(self, name: str, held: Sequence[Held]) -> tuple[Held, ...]:
        """Keep what a stack holds; gives it with what was kept before."""
        whole = tuple(dict.fromkeys((*self.recall(name), *held)))
        with suppress(OSError):  # a full disk keeps nothing from being removed
            make_folder(self._folder)
            write_whole(self._path(name), json.dumps([asdict(each) for each in whole]))
        return whole

    def recall(self, name: str) -> tuple[Held, ...]:
        """Give what was kept."""
        try:
            told = json.loads(self._path(name).read_text("utf-8"))
            return tuple(Held(str(each["type"]), str(each["id"])) for each in told)
        except (OSError, ValueError, KeyError, TypeError):
            return ()

    def forget(self, name: str) -> None:
        """Keep nothing of a removal that has ended."""
        with suppress(OSError):
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
