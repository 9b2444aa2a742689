"""The clouds' target: deployments as stacks, listed, shown, logged and destroyed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from llamactl_catalog.errors import (
    InvalidFile,
    InvalidInput,
    LlamactlError,
    NoPermission,
    NotFound,
)
from llamactl_catalog.progress import Report, Step, silent
from llamactl_containers.disk import told
from llamactl_infra.deployment import Deployment
from llamactl_infra.spec import Cloud, Spec
from llamactl_infra.stacks import traces

if TYPE_CHECKING:
    from llamactl_infra.live.cloud import LiveCloud
    from llamactl_infra.stacks.known_endpoint import KnownEndpoint
    from llamactl_infra.stacks.place import StackPlace
    from llamactl_infra.stacks.reading import Kept, StackReader
    from llamactl_infra.stacks.removal import Removed

# A list is looked at; a single deployment may be worth more patience.
LIST_LIMIT_S = 10.0
ONE_LIMIT_S = 30.0


class StackTarget:
    """Deployments on clouds: each a stack of the project, where the engine keeps it.

    `cwd` is where a project may be at or above, `environment` what leads to a backend. `open_live`
    replaces the clouds that are asked, `pause` how to wait. `cache_dir` has the prices that the
    user has fetched.
    """

    def __init__(  # noqa: PLR0913 - what tests replace
        self,
        state_dir: Path,
        cwd: Path,
        environment: Mapping[str, str],
        *,
        open_live: "Callable[[Cloud], LiveCloud] | None" = None,
        pause: Callable[[float], None] | None = None,
        cache_dir: Path | None = None,
    ) -> None:
        self._state_dir = state_dir.absolute()
        self._cwd = cwd
        self._environment = environment
        self._open_live = open_live
        self._pause = pause
        self._cache_dir = cache_dir

    def is_in_use(self) -> bool:
        """Tell whether there may be deployments; files alone are looked at.

        Raises:
            InvalidFile: the engine's own file of credentials is broken.
        """
        return traces.is_in_use(self._state_dir, self._cwd, self._environment)

    def may_know(self, name: str) -> bool:
        """Tell whether there may be a deployment of that name; files alone are looked at.

        Raises:
            InvalidFile: the engine's own file of credentials is broken.
        """
        if name in self.names_seen():
            return True
        return traces.may_know(self._state_dir, self._cwd, self._environment)

    def names_seen(self) -> tuple[str, ...]:
        """Name the deployments that have left a file here, without the engine."""
        return traces.names_seen(self._state_dir, self._cwd, self._environment)

    def shared_backend(self) -> str | None:
        """Return the address of the backend where others may use it too; files alone are read.

        Raises:
            InvalidFile: Pulumi's own file of credentials is broken.
        """
        from llamactl_infra.stacks.place import shared_backend

        return shared_backend(self._environment, self._project())

    def secrets_problem(self, name: str) -> LlamactlError | None:
        """Say what a new stack of that name lacks to keep its secrets on a shared backend."""
        from llamactl_infra.stacks.place import secrets_problem

        url, folder = self.shared_backend(), self._project()
        return None if url is None else secrets_problem(url, self._environment, folder, name)

    def _project(self) -> Path:
        from llamactl_infra.stacks.place import project_above

        above = project_above(self._cwd)
        return above if above is not None else self._state_dir / "pulumi" / "project"

    def place(self, report: Report = silent) -> "StackPlace":
        """Give where stacks are kept, and make it where there is none.

        Raises:
            InvalidFile: the engine's own file of credentials is broken.
            NoCapacity: the disk is full.
            NoPermission: it cannot be made.
        """
        from llamactl_infra.stacks.place import stack_place

        try:
            with told(self._state_dir, "--state-dir"):
                return stack_place(self._state_dir, self._cwd, self._environment, report)
        except OSError as error:
            message = f"{error.filename} cannot be written: {error.strerror}"
            raise NoPermission(message, hint="name another place with --state-dir") from error

    @contextmanager
    def claimed(self, name: str) -> Iterator[None]:
        """Hold the stack of that name for a change, which no other run of this machine can begin.

        Raises:
            StackLocked: another run holds it.
            NoCapacity: the disk is full.
            NoPermission: it cannot be held.
        """
        from llamactl_infra.stacks.claims import claimed

        with ExitStack() as held:
            with told(self._state_dir, "--state-dir"):
                held.enter_context(claimed(self._state_dir / "pulumi", name))
            yield

    def deployments(self, report: Report = silent) -> list[Deployment]:
        """Give every deployment, by name, each with what its cloud says of it now.

        Raises:
            ProgramMissing: the engine is not installed.
            LlamactlError: its backend cannot be read.
        """
        reader = self._reader(report)
        found = reader.several(reader.names())
        for each in found:
            if each.says_nothing:
                report(Step(f"the stack '{each.name}' holds no deployment"))
        return self._told(found, LIST_LIMIT_S)

    def deployment(self, name: str, report: Report = silent, *, closely: bool = True) -> Deployment:
        """Give one deployment; `closely`: with where it differs from what was asked for.

        Raises:
            UnknownDeployment: there is none of that name.
            NotFound: the stack of that name holds no deployment.
            ProgramMissing: the engine is not installed.
            LlamactlError: its backend cannot be read.
        """
        kept = self._reader(report).one(name, "masked" if closely else "omitted")
        found = self._told([kept], ONE_LIMIT_S)
        if not found:
            message = f"the stack '{name}' holds no deployment"
            raise NotFound(message, hint=f"llamactl destroy {name} forgets it")
        if closely and found[0].state in {"running", "updating"}:
            return self._with_differences(found[0], kept)
        return found[0]

    def known_endpoint(self, name: str) -> "KnownEndpoint | None":
        """Return where a deployment answers, by its stack alone; None: its cloud is to be asked.

        Raises:
            UnknownDeployment: there is none of that name.
            ProgramMissing: the backend needs Pulumi, which is not installed.
            LlamactlError: the backend cannot be read.
        """
        from llamactl_infra.stacks.known_endpoint import known_endpoint

        reader = self._reader(silent)
        reader.require(name)
        return known_endpoint(reader.state(name))

    def require(self, name: str) -> None:
        """Refuse a name that no stack has.

        Raises:
            UnknownDeployment: there is none of that name.
            ProgramMissing: the engine is not installed.
            LlamactlError: its backend cannot be read.
        """
        self._reader(silent).require(name)

    def stored_spec(self, name: str, report: Report = silent) -> Spec | None:
        """Give the spec that a stack was configured with, its secrets too; None: no such stack.

        Raises:
            ProgramMissing: the engine is not installed.
            InvalidFile: it is no valid spec.
            LlamactlError: the backend cannot be read.
        """
        reader = self._reader(report)
        if name not in reader.names():
            return None
        kept = reader.one(name, "read")
        if kept.problem is not None and not kept.says_nothing:
            hint = "llamactl deploy writes it anew where it is told all; or pulumi config set"
            raise InvalidFile(f"settings of the stack '{name}'", [kept.problem], hint=hint)
        return kept.spec

    def is_unchanged(self, spec: Spec) -> bool:
        """Tell whether the last run made the stack so, and another would change nothing."""
        from llamactl_infra.stacks.store_choice import store_of
        from llamactl_infra.stacks.unchanged import is_unchanged

        place = self.place()
        store = store_of(place, self._environment)
        return store is not None and is_unchanged(spec, place, store)

    def standing(self, name: str) -> tuple[str, ...]:
        """Name the resources that a stack holds; () where there is no such stack.

        Raises:
            ProgramMissing: the engine is not installed.
            LlamactlError: the backend cannot be read.
        """
        reader = self._reader(silent)
        if name not in reader.names():
            return ()
        return tuple(str(each.named) for each in reader.one(name).resources)

    def api_key(self, name: str) -> str | None:
        """Give the key that callers show; None: they sign, or show a token.

        Raises:
            UnknownDeployment: there is none of that name.
            LlamactlError: the cloud does not give it.
        """
        spec = self._spec(name)
        return self._live(spec.cloud).api_key(spec)

    def logs(self, name: str, *, tail: int | None, follow: bool) -> Iterator[str]:
        """Give the last `tail` lines of the containers' log, or all; then, to follow, each new one.

        Raises:
            UnknownDeployment: there is none of that name.
            LlamactlError: the cloud does not let it be read.
        """
        spec = self._spec(name)
        return self._live(spec.cloud).log(spec, tail=tail, follow=follow)

    def destroy(
        self, name: str, report: Report, *, unlock: bool = False, force: bool = False
    ) -> "Removed":
        """Remove a deployment with all that belongs to it, and see that it is gone.

        A run that was cut off is continued. With `unlock`, a lock that it left is cleared; with
        `force`, also one whose run cannot be seen from here.

        Raises:
            UnknownDeployment: there is none of that name.
            StackLocked: another run holds the stack, or a killed one left its lock.
            CleanupIncomplete: something of it is still there; the message names it.
            Stopped: the user asked to stop.
            LlamactlError: nothing could be removed, with the cause.
        """
        with self.claimed(name):
            return self._destroyed(name, report, unlock=unlock, force=force)

    def _destroyed(self, name: str, report: Report, *, unlock: bool, force: bool) -> "Removed":
        import time

        from llamactl_infra.stacks.locks import StackLocked
        from llamactl_infra.stacks.removal import Removal
        from llamactl_infra.stacks.removals import Removals
        from llamactl_infra.stacks.stack import existing_stack
        from llamactl_infra.stacks.states import cloud_of

        reader = self._reader(report)
        kept = reader.one(name)
        stack = existing_stack(name, reader.place, report)
        cloud = cloud_of(kept)
        removal = Removal(
            kept=kept,
            # Of a stack that tells of none, the engine's own causes are those to know.
            cloud=cloud if cloud is not None else "local",
            live=self._live(kept.spec.cloud) if kept.spec is not None else None,
            removals=Removals(self._state_dir),
            pause=self._pause if self._pause is not None else time.sleep,
        )
        try:
            return removal.run(stack, report, lambda: self.standing(name))
        except StackLocked as error:
            if not (unlock and error.may_be_cleared(forced=force)):
                raise
        report(Step("clearing the lock"))
        stack.unlock()
        return removal.run(stack, report, lambda: self.standing(name))

    def weights_in_use(self, but: str) -> dict[str, str]:
        """Give where other deployments have their weights, each with the deployment's name.

        Raises:
            LlamactlError: the backend cannot be read.
        """
        reader = self._reader(silent)
        others = [each for each in reader.names() if each != but]
        return {
            each.spec.weights_uri: each.name
            for each in reader.several(others)
            if each.spec is not None and each.spec.weights_uri is not None
        }

    def weights_readers(self, cloud: Cloud, place: str, region: str | None) -> tuple[str, ...]:
        """Name what a cloud knows to read weights from a place.

        Raises:
            LlamactlError: the cloud does not tell.
        """
        return self._live(cloud).weights_readers(place, region)

    def _reader(self, report: Report) -> "StackReader":
        from llamactl_infra.stacks.opened_exports import OpenedExports
        from llamactl_infra.stacks.reading import StackReader
        from llamactl_infra.stacks.store_choice import store_of

        place = self.place()
        opened = OpenedExports(place, report)
        return StackReader(place, store_of(place, self._environment), opened)

    def _live(self, cloud: Cloud) -> "LiveCloud":
        if self._open_live is not None:
            return self._open_live(cloud)
        from llamactl_infra.live.cloud import open_cloud

        return open_cloud(cloud)

    def _spec(self, name: str) -> Spec:
        kept = self._reader(silent).one(name)
        if kept.spec is None:
            hint = f"llamactl destroy {name} removes what it holds"
            raise InvalidFile(f"settings of the stack '{name}'", [str(kept.problem)], hint=hint)
        return kept.spec

    def _told(self, found: "list[Kept]", limit_s: float) -> list[Deployment]:
        from llamactl_infra.live.cloud import LiveEndpoint
        from llamactl_infra.stacks.asking import answers_within
        from llamactl_infra.stacks.locks import holder_in
        from llamactl_infra.stacks.states import deployment_of

        def ask(spec: Spec) -> LiveEndpoint:
            return self._live(spec.cloud).endpoint(spec)

        questions = {
            each.name: lambda spec=each.spec: ask(spec) for each in found if each.spec is not None
        }
        answers = answers_within(questions, limit_s)
        backend = self._backend_folder()
        told = []
        for each in found:
            owner = holder_in(backend, each.name) if backend is not None else None
            unread = InvalidInput(str(each.problem))
            deployment = deployment_of(each, answers.get(each.name, unread), owner, self._listed)
            if deployment is not None:
                told.append(deployment)
        return told

    def _with_differences(self, deployment: Deployment, kept: "Kept") -> Deployment:
        from llamactl_infra.stacks.asking import answers_within

        spec, facts = kept.spec, deployment.cloud_facts
        if spec is None or facts is None:
            return deployment
        ask = {kept.name: lambda: self._live(spec.cloud).differences(spec)}
        found = answers_within(ask, ONE_LIMIT_S)[kept.name]
        if isinstance(found, LlamactlError):
            reason = f"whether it is as asked for is not known: {found.message}"
            return replace(deployment, reason=deployment.reason or reason)
        return replace(deployment, cloud_facts=replace(facts, differences=found))

    def _listed(self, cloud: Cloud, region: str, instance_type: str) -> float | None:
        """Look up a price; only what no spec prices is looked up, so that a list stays fast."""
        from llamactl_catalog.offers import listed_usd_per_hour

        try:
            return listed_usd_per_hour(cloud, region, instance_type, self._cache_dir)
        except LlamactlError:  # a broken list must not keep the deployments from being shown
            return None

    def _backend_folder(self) -> Path | None:
        from llamactl_infra.stacks.backends import backend_url, folder_of
        from llamactl_infra.stacks.yaml_values import NotReadable

        try:
            return folder_of(backend_url(self.place(), self._environment))
        except NotReadable:
            return None
