"""One deployment on a cloud's strict stand-in, deployed and removed in this process.

It is the pipeline's own code over the real `pulumi`, from the stack to the comparison of what runs;
only pauses are shorter. `Room` and `AzureRoom` are it on each cloud.
"""

import os
import time
from abc import abstractmethod
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from llamactl.pipeline.answering import verify
from llamactl.pipeline.reconciling import apply, reconcile
from llamactl_catalog.progress import Step
from llamactl_infra.stacks.place import stack_place
from llamactl_infra.stacks.stack import DeploymentStack, open_stack
from llamactl_infra.stacks.target import StackTarget

_PAUSE_S = 0.2


@dataclass
class StackRoom:
    """`told` are the steps of the last run, `spec` is the one that was deployed last."""

    folder: Path
    told: list[str] = field(default_factory=list)
    asked: int = 0
    spec: Any = None
    opened: DeploymentStack | None = None

    @abstractmethod
    def done(self, *kinds: str) -> list[str]:
        """Name the operations that changed something since it was asked last, in their order."""

    @abstractmethod
    def live(self, cloud: str) -> Any:
        """Return the cloud, as the pipeline asks it."""

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

    def destroy(self, name: str | None = None) -> None:
        self.told.clear()
        self.done()
        self.target().destroy(name if name is not None else self.spec.name, self.report)

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
