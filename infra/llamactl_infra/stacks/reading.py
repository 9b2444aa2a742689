"""What is kept of stacks: settings and state, read without opening or selecting them."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from llamactl_catalog.errors import InvalidFile, UnknownDeployment
from llamactl_infra.live.cloud import Held
from llamactl_infra.spec import Spec
from llamactl_infra.stacks.checkpoints import settings_in, settings_of
from llamactl_infra.stacks.pending import has_creations
from llamactl_infra.stacks.place import StackPlace
from llamactl_infra.stacks.resources import Named, named
from llamactl_infra.stacks.stack_store import Secrets, StackStore
from llamactl_infra.stacks.yaml_values import NotReadable

if TYPE_CHECKING:
    from llamactl_infra.stacks.exports import Exports

# Where Pulumi is asked, each is a run of its command, of some 0.2 s and one core.
_AT_ONCE = 8
_NAMES = frozenset(each.name for each in fields(Spec))


@dataclass(frozen=True, slots=True)
class Resource:
    """A thing in the cloud that a state knows of."""

    named: Named
    held: Held


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one stack. `problem` says why it has no spec, where there is none.

    `outputs` are those of the last `up` that came to its end, without secrets.
    `is_unfinished`: a run was cut off while it made something.
    """

    name: str
    spec: Spec | None
    problem: str | None
    outputs: Mapping[str, Any] = field(repr=False)
    resources: tuple[Resource, ...]
    created_at: datetime | None
    is_unfinished: bool

    @property
    def says_nothing(self) -> bool:
        """Whether no deployment can be told from it: it was made, and nothing put in."""
        return self.spec is None and not self.outputs and not self.resources

    @property
    def held(self) -> tuple[Held, ...]:
        """Give the ids of all that it holds."""
        return tuple(each.held for each in self.resources)


@dataclass(frozen=True, slots=True)
class StackReader:
    """Reads the project's stacks, several at once.

    What `store` and the project's files do not tell for certain is asked of Pulumi, which
    `exports` opens. `store` None: only Pulumi can read the backend.
    """

    place: StackPlace
    store: StackStore | None
    exports: "Callable[[], Exports]" = field(repr=False)

    def names(self) -> tuple[str, ...]:
        """Name every stack of the project.

        Raises:
            LlamactlError: the backend cannot be read.
        """
        if self.store is not None:
            with suppress(NotReadable):
                return self.store.names()
        return self.exports().names()

    def require(self, name: str) -> None:
        """Refuse a name that no stack has.

        Raises:
            UnknownDeployment: there is none of that name.
            LlamactlError: the backend cannot be read.
        """
        known = self.names()
        if name not in known:
            raise UnknownDeployment(name, known)

    def one(self, name: str, secrets: Secrets = "omitted") -> Kept:
        """Read one stack; the values of secrets only where they are asked for.

        Raises:
            UnknownDeployment: there is none of that name.
            LlamactlError: the backend cannot be read.
        """
        self.require(name)
        return self.several([name], secrets)[0]

    def several(self, names: Sequence[str], secrets: Secrets = "omitted") -> list[Kept]:
        """Read the stacks of these names, which are there.

        Raises:
            LlamactlError: the backend cannot be read.
        """
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="stack") as pool:
            settings = [pool.submit(self._settings, name, secrets) for name in names]
            states = [pool.submit(self.state, name) for name in names]
            found = zip(names, settings, states, strict=True)
            return [self._kept(name, own.result(), state.result()) for name, own, state in found]

    def _kept(self, name: str, settings: Mapping[str, str], state: Mapping[str, Any]) -> Kept:
        if not settings and state.get("resources"):
            settings = self._last_settings(name)
        spec, problem = spec_of(settings)
        return Kept(
            name=name,
            spec=spec,
            problem=problem,
            outputs=outputs_of(state),
            resources=resources_of(state),
            created_at=_created_at(state),
            is_unfinished=has_creations(state),
        )

    def state(self, name: str) -> Mapping[str, Any]:
        """Return what the last run left in the state of a stack, which is there.

        Raises:
            LlamactlError: the backend cannot be read.
        """
        if self.store is not None:
            with suppress(NotReadable):
                return self.store.state(name)
        return self.exports().state(name)

    def _last_settings(self, name: str) -> Mapping[str, str]:
        """Return the settings of the last run, of a stack that was made on another machine."""
        if self.store is not None:
            with suppress(NotReadable):
                return settings_of(self.store.last_run(name).config)
        return self.exports().last_settings(name)

    def _settings(self, name: str, secrets: Secrets) -> Mapping[str, str]:
        if self.store is not None:  # elsewhere, settings may be kept beside the state
            with suppress(NotReadable):
                self.store.require_settings_file(name)
                return settings_in(self.place.folder, name, secrets)
        return self.exports().settings(name, secrets=secrets)


def spec_of(settings: Mapping[str, str]) -> tuple[Spec | None, str | None]:
    """Read a spec from settings; where they are none, say why."""
    if not settings:
        return None, "its settings are not here"
    try:
        return Spec.from_config(settings), None
    except InvalidFile as error:
        return _lenient(settings), "; ".join(error.problems)


def _lenient(settings: Mapping[str, str]) -> Spec | None:
    """Read what can be read, which is enough to find and remove a deployment."""
    told = {name: text for name, text in settings.items() if name in _NAMES}
    for _ in settings:
        try:
            return Spec.from_config(told)
        except InvalidFile as error:
            wrong = {each.partition(":")[0].split(".")[0].split("[")[0] for each in error.problems}
            if not wrong & told.keys():
                return None
            told = {name: text for name, text in told.items() if name not in wrong}
    return None


def outputs_of(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the outputs of the last `up` that came to its end, without secrets."""
    for each in state.get("resources") or ():
        if each["type"] == "pulumi:pulumi:Stack":
            outputs = each.get("outputs") or {}
            return {key: own for key, own in outputs.items() if not isinstance(own, dict)}
    return {}


def resources_of(state: Mapping[str, Any]) -> tuple[Resource, ...]:
    """Return the things in the cloud that a state knows of."""
    return tuple(
        Resource(named(each["urn"]), Held(str(each["type"]), str(each["id"])))
        for each in _real(state)
    )


def _real(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in state.get("resources") or () if _is_real(each)]


def _is_real(resource: Mapping[str, Any]) -> bool:
    own = resource.get("custom") and not resource.get("external") and resource.get("id")
    # A dynamic resource is a step of the program's own.
    return bool(own) and not str(resource["type"]).startswith(("pulumi:", "pulumi-python:"))


def _created_at(state: Mapping[str, Any]) -> datetime | None:
    told = [str(each["created"]) for each in _real(state) if each.get("created")]
    last = (state.get("manifest") or {}).get("time")
    text = min(told) if told else last
    if not text:
        return None
    found = datetime.fromisoformat(str(text)).astimezone(UTC)
    return found if found.year > 1 else None  # the engine's zero time: nothing was run yet
