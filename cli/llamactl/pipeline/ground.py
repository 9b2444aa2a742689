"""What a deployment to a cloud acts upon: the cloud itself, the stack, and what is kept of it."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from llamactl.app import App
from llamactl_catalog.progress import Report, Step
from llamactl_infra.deployment import Deployment
from llamactl_infra.live.cloud import Finding, LiveCloud, Orphan
from llamactl_infra.spec import Cloud, Spec

if TYPE_CHECKING:
    from llamactl_infra.stacks.events import Change
    from llamactl_infra.stacks.stack import Preview


class Stack(Protocol):
    """The stack of one deployment, as far as deploying asks it."""

    def configure(self, spec: Spec) -> None:
        """Make its settings say the spec."""

    def preview(self, cloud: Cloud, report: Report) -> "Preview":
        """Say what `up` would change."""

    def up(self, cloud: Cloud, report: Report) -> "tuple[Change, ...]":
        """Make it so."""

    def remove_failed(self, cloud: Cloud, report: Report) -> bool:
        """Remove what its cloud does not let be mended."""

    def lacks_endpoint(self, cloud: Cloud) -> bool:
        """Tell whether the state has none, on a cloud whose provider may have lost one."""

    def adopt(self, orphan: Orphan, cloud: Cloud, report: Report) -> None:
        """Put an endpoint that the state has lost back into it."""

    def refresh(self, cloud: Cloud, report: Report) -> "tuple[Change, ...]":
        """Read from the cloud what is there."""

    def unlock(self) -> None:
        """Clear its lock."""


class Ground(Protocol):
    """Everything outside that deploying changes or asks; tests give one of their own."""

    def tools(self, cloud: Cloud) -> Iterator[Finding]:
        """Look for the programs that deploying there needs."""

    def live(self, cloud: Cloud) -> LiveCloud:
        """Give the cloud of that name."""

    def stored(self, name: str) -> Spec | None:
        """Give the spec that the deployment of a name has; None: there is none."""

    def is_unchanged(self, spec: Spec) -> bool:
        """Tell whether the last run made the stack so, and another would change nothing."""

    def claimed(self, name: str) -> AbstractContextManager[None]:
        """Hold a deployment for a change; refused while another run of this machine holds it."""

    def stack(self, name: str, report: Report) -> Stack:
        """Open the stack of a deployment, and make it where there is none."""

    def trial(self, name: str, report: Report) -> AbstractContextManager[Stack]:
        """Open a stack to try something on, which then is as it was."""

    def deployment(self, name: str) -> Deployment:
        """Tell how a deployment is."""

    def remove(self, name: str, report: Report) -> None:
        """Remove a deployment, and see that it is gone."""

    def pause(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True)
class OwnGround:
    """The clouds themselves, and the stacks that the engine keeps for this user."""

    app: App

    def tools(self, cloud: Cloud) -> Iterator[Finding]:
        """Look for Pulumi, the environment that the program runs in, and the provider plugin."""
        from llamactl.pipeline.installation import engine_finding, has_library
        from llamactl_infra.stacks.plugins import plugin_finding
        from llamactl_infra.stacks.program_environment import environment_finding

        yield engine_finding(cloud)
        if has_library():
            yield environment_finding(Path.cwd(), cloud, os.environ)
            yield plugin_finding(cloud, os.environ)

    def live(self, cloud: Cloud) -> LiveCloud:
        """Give the cloud of that name."""
        return self.app.live(cloud)

    def stored(self, name: str) -> Spec | None:
        """Give the spec that a stack was configured with; the engine is asked only where it may."""
        stacks = self.app.stacks()
        return stacks.stored_spec(name) if stacks.may_know(name) else None

    def is_unchanged(self, spec: Spec) -> bool:
        """Tell whether the last run made the stack so, and another would change nothing."""
        return self.app.stacks().is_unchanged(spec)

    def claimed(self, name: str) -> AbstractContextManager[None]:
        """Hold a deployment for a change; refused while another run of this machine holds it."""
        return self.app.stacks().claimed(name)

    def stack(self, name: str, report: Report) -> Stack:
        """Open the stack of a deployment, and make it where there is none."""
        from llamactl_infra.stacks.stack import open_stack

        self._require_secrets(name)
        return open_stack(name, self.app.stacks().place(report), report)

    @contextmanager
    def trial(self, name: str, report: Report) -> Iterator[Stack]:
        """Open a stack; afterwards its settings are as they were, and a new one is gone again."""
        from llamactl_infra.stacks.trial import trial

        self._require_secrets(name)
        with trial(name, self.app.stacks().place(report), report) as stack:
            yield stack

    def deployment(self, name: str) -> Deployment:
        """Tell how a deployment is, without a second look at what differs."""
        return self.app.stacks().deployment(name, closely=False)

    def remove(self, name: str, report: Report) -> None:
        """Remove a deployment, and see that it is gone."""
        removed = self.app.stacks().destroy(name, report)
        if removed.unasked is not None:
            report(Step(removed.unasked))

    def pause(self, seconds: float) -> None:
        """Wait."""
        import time

        time.sleep(seconds)

    def _require_secrets(self, name: str) -> None:
        """Refuse to make a stack on a shared backend whose secrets one machine alone could read."""
        stacks = self.app.stacks()
        problem = stacks.secrets_problem(name)
        if problem is not None and stacks.stored_spec(name) is None:
            raise problem
