"""One deployment on the strict stand-ins of AWS, deployed and removed in this process.

room = Room(folder, aws=aws)
room.deploy(spec)        # what `deploy` does from the stack to what runs
room.changed(owner="me") # the same, of the spec that stands, changed
room.done("Update")      # the operations that changed something since, in their order
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cli.clouds.stack_room import StackRoom
from infra.sagemaker.declared import READY, spec_of
from llamactl_infra.live.aws.cloud import LiveAws
from standins.aws import Aws
from standins.providers.plugins import FORGOTTEN, engine_environment

SMALL = spec_of(
    model="mistral-7b-instruct-v0.2",
    weights="mistralai/Mistral-7B-Instruct-v0.2",
    image=READY,
    license_acceptance=None,
)
_CHANGES = ("Create", "Update", "Delete", "Put", "Register", "Deregister", "Add", "Tag", "Untag")


@dataclass
class Room(StackRoom):
    aws: Aws = field(kw_only=True)
    number: int = 0

    def done(self, *kinds: str) -> list[str]:
        since = self.aws.operations()[self.asked :]
        self.asked += len(since)
        return [each for each in since if each.startswith(kinds or _CHANGES)]

    def live(self, _cloud: str = "aws") -> LiveAws:
        return LiveAws()

    def updated(self, **changes: Any) -> None:
        """Deploy what stands with other content, so that it is another configuration."""
        self.number += 1
        self.changed(environment={"MAX_BATCH_SIZE": str(self.number)}, **changes)


@contextmanager
def aws_room(folder: Path) -> Iterator[Room]:
    """An account with nothing in it, which this process's environment leads to."""
    with Aws() as aws, pytest.MonkeyPatch.context() as patch:
        for name, value in {**engine_environment(folder, aws=("aws",)), **aws.environment}.items():
            patch.setenv(name, value)
        for name in FORGOTTEN:
            patch.delenv(name, raising=False)
        yield Room(folder, aws=aws)
        assert aws.problems == []
