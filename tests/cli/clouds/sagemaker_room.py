"""One deployment on the strict stand-ins of AWS, deployed and removed in this process.

    room = Room(folder, aws)
    room.deploy(spec)        # what `deploy` does from the stack to what runs
    room.changed(owner="me") # the same, of the spec that stands, changed
    room.done("Update")      # the operations that changed something since, in their order

It is the pipeline's own code over the real `pulumi`; only pauses are shorter.
"""

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from infra.sagemaker.declared import READY, spec_of
from llamactl.pipeline.answering import verify
from llamactl.pipeline.reconciling import apply, reconcile
from llamactl_catalog.progress import Step
from llamactl_infra.live.aws.cloud import LiveAws
from llamactl_infra.stacks.place import stack_place
from llamactl_infra.stacks.stack import DeploymentStack, open_stack
from llamactl_infra.stacks.target import StackTarget
from standins.aws import Aws

SMALL = spec_of(
    model="mistral-7b-instruct-v0.2",
    weights="mistralai/Mistral-7B-Instruct-v0.2",
    image=READY,
    license_acceptance=None,
)
_PAUSE_S = 0.2
_CHANGES = ("Create", "Update", "Delete", "Put", "Register", "Deregister", "Add", "Tag", "Untag")


@dataclass
class Room:
    """`told` are the steps of the last run, `spec` is the one that was deployed last."""

    folder: Path
    aws: Aws
    told: list[str] = field(default_factory=list)
    asked: int = 0
    spec: Any = None
    opened: DeploymentStack | None = None
    number: int = 0

    def deploy(self, spec: Any) -> None:
        """Do what `deploy` does, from the stack to the comparison of what runs."""
        self.told.clear()
        self.done()
        stored, self.spec = self.spec, spec
        stack = self.stack(spec.name, self.report)
        if stored is not None:
            reconcile(self, stack, stored, self.report)
        stack.configure(spec)
        apply(self, stack, spec, self.report, is_update=stored is not None)
        verify(self, stack, spec)

    def changed(self, **changes: Any) -> None:
        """Deploy what stands with changes."""
        self.deploy(replace(self.spec, **changes))

    def updated(self, **changes: Any) -> None:
        """Deploy what stands with other content, so that it is another configuration."""
        self.number += 1
        self.changed(environment={"MAX_BATCH_SIZE": str(self.number)}, **changes)

    def destroy(self, name: str = "chat") -> None:
        self.told.clear()
        self.done()
        self.target().destroy(name, self.report)

    def done(self, *kinds: str) -> list[str]:
        """Name the operations of some kinds since it was asked last, in their order."""
        since = self.aws.operations()[self.asked :]
        self.asked += len(since)
        return [each for each in since if each.startswith(kinds or _CHANGES)]

    def live(self, _cloud: str = "aws") -> LiveAws:
        return LiveAws()

    def stack(self, name: str, report: Any) -> DeploymentStack:
        if self.opened is None:
            self.opened = open_stack(name, self._place(), report)
        return self.opened

    def target(self) -> StackTarget:
        state = self.folder / "state"
        return StackTarget(state, self.folder, os.environ, pause=self.pause)

    def report(self, step: Step) -> None:
        self.told.append(step.text)

    def pause(self, _seconds: float) -> None:
        time.sleep(_PAUSE_S)

    def _place(self) -> Any:
        return stack_place(self.folder / "state", self.folder, os.environ, self.report)
