"""The life of one deployment's stack: configure, preview, up, refresh, destroy."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation._stack import StackInitMode  # no other way to make a Stack of one's own
from pulumi.automation.errors import StackAlreadyExistsError, StackNotFoundError

from llamactl_catalog.errors import InvalidInput, UnknownDeployment
from llamactl_catalog.progress import Report, Step, silent
from llamactl_infra.live.cloud import Orphan
from llamactl_infra.spec import SECRETS, Cloud, Spec
from llamactl_infra.stacks.adoption import adopted, holds
from llamactl_infra.stacks.causes import causes_on, translated, unmendable
from llamactl_infra.stacks.checkpoints import config_in, is_secret, text_of
from llamactl_infra.stacks.command import EngineCommand, engine_command
from llamactl_infra.stacks.cut_writes import remove_cut_writes
from llamactl_infra.stacks.events import Change, Listener
from llamactl_infra.stacks.locks import locked
from llamactl_infra.stacks.pending import has_creations, taken_over
from llamactl_infra.stacks.place import PROJECT, StackPlace
from llamactl_infra.stacks.program_environment import require_environment
from llamactl_infra.stacks.refreshed import as_declared, with_errors_of
from llamactl_infra.stacks.resources import named
from llamactl_infra.stacks.settings_file import kept_settings, restore
from llamactl_infra.stacks.stack_store import StackStore
from llamactl_infra.stacks.store_choice import store_of
from llamactl_infra.stacks.twins import content_names, has_replaced, taken_again
from llamactl_infra.stacks.unchanged import run_message
from llamactl_infra.stacks.yaml_values import NotReadable

_PREFIX = f"{PROJECT}:"
_UNREAD = automation.UpdateSummary("", datetime.min.replace(tzinfo=UTC), "", {}, {}, "")


class _LeanStack(automation.Stack):
    """A stack whose operations are followed by no questions: what they did was heard as events.

    Source: pulumi 3.272, automation/_stack.py: after each `up` it runs Pulumi's command three times
    more, for outputs, for outputs with secrets, and for the history.
    """

    def outputs(self) -> dict[str, automation.OutputValue]:
        """Return nothing: `DeploymentStack.outputs` asks."""
        return {}

    def info(self, show_secrets: bool = True) -> automation.UpdateSummary:
        """Return nothing of the run that has ended."""
        del show_secrets
        return _UNREAD


class Stopped(KeyboardInterrupt):
    """The engine was asked to stop and has; `done` changes were made, which the state knows of."""

    def __init__(self, done: int) -> None:
        super().__init__()
        self.done = done


@dataclass(frozen=True, slots=True)
class Preview:
    """What an `up` would change; `text` is the engine's own diff."""

    changes: tuple[Change, ...]
    text: str


@dataclass(slots=True)
class _Settings:
    """What a stack is to be configured with, and its files as they were before."""

    wanted: Spec | None = None
    before: Mapping[Path, bytes | None] = field(default_factory=dict)
    are_taken_back: bool = False


@dataclass(slots=True)
class DeploymentStack:
    """One stack: that of the deployment of the same name."""

    name: str
    place: StackPlace
    stack: automation.Stack = field(repr=False)
    command: EngineCommand = field(repr=False)
    store: StackStore | None = field(default=None, repr=False)
    settings: _Settings = field(default_factory=_Settings, repr=False)

    def configure(self, spec: Spec) -> None:
        """Make the stack's config say the spec, and nothing else of the project.

        It stays so when `up` has begun to change something; else it is as it was before, and the
        next `up` configures it again.
        """
        self.settings = _Settings(spec, kept_settings(self.place, self.name))
        try:
            self._configure(spec)
        except BaseException:
            self._take_back()
            raise

    def _configure(self, spec: Spec) -> None:
        told, before = spec.to_config(), self._settings()
        known = {each.name for each in fields(Spec)}
        stale = [f"{_PREFIX}{name}" for name in before.keys() & known - told.keys()]
        if stale:
            self._ran(lambda: self.stack.remove_all_config(stale))
        values = {
            f"{_PREFIX}{name}": automation.ConfigValue(text, secret=name in SECRETS)
            for name, text in told.items()
            if name in SECRETS or before.get(name) != text
        }
        if values:
            self._ran(lambda: self.stack.set_all_config(values))

    def spec(self) -> Spec:
        """Read the spec from the stack's config.

        Raises:
            InvalidFile: it is none.
        """
        told = self._ran(self.stack.get_all_config)
        own = {name: each.value for name, each in told.items() if name.startswith(_PREFIX)}
        return Spec.from_config({name.removeprefix(_PREFIX): text for name, text in own.items()})

    def _settings(self) -> dict[str, str | None]:
        """Return the project's settings; None for a secret, which is not decrypted for this."""
        if self.store is not None:
            with suppress(NotReadable):
                self.store.require_settings_file(self.name)
                config = config_in(self.place.folder, self.name).items()
                values = {key: None if is_secret(each) else text_of(each) for key, each in config}
                return _own(values)
        told = self._ran(self.stack.get_all_config)
        return _own({key: None if each.secret else each.value for key, each in told.items()})

    def preview(self, cloud: Cloud, report: Report = silent) -> Preview:
        """Say what `up` would change, without changing it."""
        heard = Listener(report)
        lines: list[str] = []
        self._operate(
            lambda: self.stack.preview(
                diff=True, color="never", on_output=lines.append, on_event=heard.hear
            ),
            heard,
            cloud,
        )
        return Preview(tuple(heard.changes), "\n".join(lines))

    def up(self, cloud: Cloud, report: Report = silent) -> tuple[Change, ...]:
        """Make it so; what an earlier run left unfinished is continued.

        Raises:
            StackLocked: another run holds the stack.
            LlamactlError: a resource could not be made, with its cause and what to do.
            Stopped: the user asked to stop.
        """
        heard = Listener(report)
        if self.settings.wanted is not None and self.settings.are_taken_back:
            self.configure(self.settings.wanted)
        try:
            self._take_again(self._settle(cloud, report))
            message = self._message()
            self._operate(
                lambda: self.stack.up(color="never", message=message, on_event=heard.hear),
                heard,
                cloud,
            )
        except BaseException:
            if heard.changes:
                self.settings = _Settings()
            else:  # nothing has begun: a gate, a lock, a passphrase
                self._take_back()
            raise
        self.settings = _Settings()
        return tuple(heard.changes)

    def refresh(self, cloud: Cloud, report: Report = silent) -> tuple[Change, ...]:
        """Read from the cloud what is there; gives what had changed behind the stack's back."""
        before = self._state()
        heard = self._read(cloud, report, None)
        after = self._state()
        told = as_declared(with_errors_of(before, after), self.spec())
        if told != after:
            self._write(told)
        return tuple(heard.drift)

    def destroy(self, cloud: Cloud, report: Report = silent, *, forget: bool = True) -> None:
        """Remove every resource, and the stack itself unless it is to be kept."""
        self._settle(cloud, report)
        heard = Listener(report)
        self._operate(lambda: self.stack.destroy(color="never", on_event=heard.hear), heard, cloud)
        if forget:
            self.forget()

    def remove_failed(self, cloud: Cloud, report: Report = silent) -> bool:
        """Remove what its cloud does not let be mended, so that `up` makes it anew.

        To be asked of an endpoint that has failed; tells whether there was such a thing.
        """
        types = unmendable(cloud)
        urns = [each for each in self.resources() if named(each).type in types]
        if not urns:
            return False
        heard = Listener(report)
        self._operate(
            lambda: self.stack.destroy(
                target=urns, target_dependents=True, color="never", on_event=heard.hear
            ),
            heard,
            cloud,
        )
        return True

    def lacks_endpoint(self, cloud: Cloud) -> bool:
        """Tell whether the state has no endpoint, on a cloud whose provider may have lost one."""
        types = unmendable(cloud)
        return bool(types) and not holds(self._state(), types)

    def adopt(self, orphan: Orphan, cloud: Cloud, report: Report = silent) -> None:
        """Put an endpoint that the state has lost back into it, as its cloud has it.

        Raises:
            InvalidInput: the state has nothing left that tells where it belongs.
            StackLocked: another run holds the stack.
        """
        found = adopted(self._state(), orphan)
        if found is None:
            message = f"the endpoint {orphan.id} is there, and the stack '{self.name}' is empty"
            raise InvalidInput(message, hint=f"llamactl destroy {self.name} removes it")
        told, urn = found
        self._write(told)
        self._read(cloud, report, [urn])

    def forget(self) -> None:
        """Remove the stack itself, which holds no resource any more, and its settings."""
        self._ran(lambda: self.stack.workspace.remove_stack(self.name))

    def unlock(self) -> None:
        """Clear the lock that a killed run left; a run that is still there loses it too."""
        self._ran(self.stack.cancel)

    def outputs(self) -> Mapping[str, Any]:
        """Give the outputs of the last `up`, secrets among them."""
        found = self._ran(lambda: self.stack.workspace.stack_outputs(self.name))
        return {name: each.value for name, each in found.items()}

    def resources(self) -> tuple[str, ...]:
        """Give the URNs of all that the state knows of."""
        return tuple(each["urn"] for each in self._state().get("resources", ()))

    def _settle(self, cloud: Cloud, report: Report) -> Mapping[str, Any]:
        """Find out what became of creations that an earlier run had begun and not seen to end."""
        state = self._state()
        if not has_creations(state):
            return state
        told, urns = taken_over(state)
        report(Step(f"an earlier run was cut off while it made {len(urns)}: looking for them"))
        self._write(told)
        self._read(cloud, report, list(urns) if urns else None)
        return self._state()

    def _read(self, cloud: Cloud, report: Report, urns: list[str] | None) -> Listener:
        """Read resources from the cloud into the state; None: all of them."""
        heard = Listener(report)
        self._operate(
            lambda: self.stack.refresh(target=urns, color="never", on_event=heard.hear),
            heard,
            cloud,
        )
        return heard

    def _take_again(self, state: Mapping[str, Any]) -> None:
        """Put back in force what was replaced and not deleted, where the spec asks for it again."""
        if has_replaced(state):
            told = taken_again(state, content_names(self.spec()))
            if told is not None:
                self._write(told)

    def _state(self) -> Mapping[str, Any]:
        if self.store is not None:
            with suppress(NotReadable):
                return self.store.state(self.name)
        state: dict[str, Any] = self._ran(self.stack.export_stack).deployment or {}
        return state

    def _message(self) -> str | None:
        """Return the message of an `up`, by which a later one is known to have nothing to do."""
        with suppress(NotReadable, OSError):
            return run_message(self._settings().get("catalog_overlay"))
        return None

    def _write(self, state: dict[str, Any]) -> None:
        version = self._ran(self.stack.export_stack).version
        whole = automation.Deployment(version=version, deployment=state)
        self._ran(lambda: self.stack.import_stack(whole))

    def _take_back(self) -> None:
        for path, content in self.settings.before.items():
            restore(path, content)
        self.settings.are_taken_back = True

    def _ran(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except automation.ConcurrentUpdateError as error:
            raise locked(self.name, str(error)) from error
        except automation.CommandError as error:
            why = translated((), (), str(error), causes_on("local"))
            raise self.place.explained(why) from error

    def _operate(self, act: Callable[[], Any], heard: Listener, cloud: Cloud) -> Any:
        self.command.report = heard.report
        try:
            return act()
        except KeyboardInterrupt:
            raise Stopped(heard.done) from None
        except automation.ConcurrentUpdateError as error:
            raise locked(self.name, str(error)) from error
        except automation.CommandError as error:
            why = translated(heard.troubles, heard.failed, str(error), causes_on(cloud))
            raise self.place.explained(why) from error


def open_stack(name: str, place: StackPlace, report: Report = silent) -> DeploymentStack:
    """Open the stack of a deployment, making it where there is none.

    Raises:
        ProgramMissing: the engine is not installed, or the project's environment is not there.
        LlamactlError: its backend does not let it be opened.
    """
    require_environment(place.folder, None, {**os.environ, **place.environment})
    command = engine_command(report)
    return _opened(name, place, command, StackInitMode.CREATE_OR_SELECT)


def existing_stack(name: str, place: StackPlace, report: Report = silent) -> DeploymentStack:
    """Open the stack of a deployment that is there.

    Raises:
        UnknownDeployment: there is none of that name.
        ProgramMissing: the engine is not installed.
    """
    command = engine_command(report)
    try:
        return _opened(name, place, command, StackInitMode.SELECT)
    except StackNotFoundError as error:
        raise UnknownDeployment(name, stack_names(place, report)) from error


def stack_names(place: StackPlace, report: Report = silent) -> tuple[str, ...]:
    """Name every stack of the project.

    Raises:
        ProgramMissing: the engine is not installed.
    """
    workspace = automation.LocalWorkspace(
        work_dir=str(place.folder),
        env_vars=dict(place.environment),
        pulumi_command=engine_command(report),
    )
    return tuple(each.name.rpartition("/")[2] for each in workspace.list_stacks())


def _opened(
    name: str, place: StackPlace, command: EngineCommand, how: StackInitMode
) -> DeploymentStack:
    workspace = automation.LocalWorkspace(
        work_dir=str(place.folder),
        env_vars=dict(place.environment),
        secrets_provider=place.secrets_provider,
        pulumi_command=command,
    )
    remove_cut_writes(place, os.environ)
    try:
        stack = _LeanStack(name, workspace, how)
    except StackNotFoundError:
        raise
    except StackAlreadyExistsError:  # a colleague has made it since it was looked for
        return _opened(name, place, command, StackInitMode.SELECT)
    except automation.CommandError as error:
        raise place.explained(translated((), (), str(error), causes_on("local"))) from error
    return DeploymentStack(name, place, stack, command, store_of(place, os.environ))


def _own(values: Mapping[str, str | None]) -> dict[str, str | None]:
    return {
        key.removeprefix(_PREFIX): value for key, value in values.items() if key.startswith(_PREFIX)
    }
