"""The local target: deploy, list, show, log and destroy on this machine."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from llamactl_catalog.errors import InvalidFile, Unhealthy, UnknownDeployment
from llamactl_catalog.progress import Report, Step
from llamactl_containers.disk import told
from llamactl_containers.health import answers
from llamactl_containers.whole_files import make_folder
from llamactl_infra.deployment import Deployment
from llamactl_infra.local import engines, log, states
from llamactl_infra.local.claims import claimed
from llamactl_infra.local.failures import is_kept
from llamactl_infra.local.layout import Folder, StateFolder
from llamactl_infra.local.records import (
    NewerFormat,
    Record,
    read_record,
    read_runtime,
    write_record,
)
from llamactl_infra.local.removal import keep_log, mark_removed, remove_files, stop
from llamactl_infra.local.sameness import check_same, merged
from llamactl_infra.local.starting import Job, start
from llamactl_infra.spec import Spec

_PROBE_S = 2.0


class LocalTarget:
    """Deployments on this machine, each a background process with a folder under `state_dir`.

    `weights_dir` is where a TGI container keeps what it downloads. `engine_command` replaces the
    command of the spec's engine, `drain_s` how long it may take to leave.
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        weights_dir: Path | None = None,
        engine_command: Sequence[str] | None = None,
        drain_s: float | None = None,
    ) -> None:
        self._state = StateFolder(state_dir.absolute())
        self._weights_dir = weights_dir if weights_dir is not None else state_dir / "weights"
        self._engine_command = engine_command
        self._drain_s = drain_s
        self._claimed: set[str] = set()
        self._begun: set[str] = set()

    @contextmanager
    def claim(self, name: str) -> Iterator[None]:
        """Hold a name for a whole deployment, from before its weights are fetched.

        What `begin` wrote and no `deploy` finished is removed at the end, however that comes.

        Raises:
            InvalidInput: no deployment can have that name.
            NoCapacity: another command works on it.
        """
        folder = self._state.folder(name)
        if name in self._claimed:
            yield
            return
        with claimed(folder, "deployed"):
            self._claimed.add(name)
            try:
                yield
            finally:
                self._claimed.discard(name)
                if name in self._begun:
                    self._begun.discard(name)
                    self._remove(folder)

    def begin(self, spec: Spec) -> Deployment:
        """Write down what is to be deployed, so that it is seen and can be removed from now on.

        A deployment that is there is left as it is. Call it under `claim`.

        Raises:
            InvalidInput: a deployment of that name is there and is another one.
            NoCapacity, NoPermission: the state folder cannot be written.
        """
        folder = self._state.folder(spec.name)
        spec = engines.settled(spec)
        record = self._standing(folder)
        if record is None:
            self._begun.add(spec.name)
            with told(folder.path, "--state-dir"):
                make_folder(folder.path)
                write_record(folder, self._record(spec))
            return states.deployment(folder)
        found = states.deployment(folder)
        check_same(record.spec, spec, is_running=found.state == "running")
        return found

    def deploy(self, spec: Spec, report: Report, *, timeout_s: float) -> Deployment:
        """Have a deployment that runs: a new one, the one that is there, or that one repaired.

        Raises:
            InvalidInput: a deployment of that name is there and is another one, or the engine
                cannot read the weights.
            NoCapacity: another command works on it, the port is taken, memory or disk is full.
            NoPermission: the state folder cannot be written.
            ProgramMissing: the engine needs a program or package that is not installed.
            Unhealthy: it did not become ready within `timeout_s`, or ended before.
        """
        with self.claim(spec.name):
            folder = self._state.folder(spec.name)
            found = self.begin(spec)
            if found.state == "running":
                report(Step(f"{spec.name} is already running"))
                return found
            engines.require(spec)
            record = read_record(folder)
            wanted = engines.settled(spec if record is None else merged(record.spec, spec))
            started = self._record(wanted)
            if record is not None:
                previous = record.instance_id
                started = replace(started, created_at=record.created_at, instance_id=previous)
            self._start(folder, started, report, timeout_s)
            made = self.deployment(spec.name)
            if made.state != "running":
                hint = f"llamactl logs {spec.name} has its log"
                raise Unhealthy(f"'{spec.name}' was ready, but then: {made.reason}", hint=hint)
            return made

    def deployments(self) -> list[Deployment]:
        """Give every deployment, by name; one whose state cannot be read is a failed one."""
        found = [(folder, states.deployment(folder)) for folder in self._state.folders()]
        return [each for folder, each in found if folder.path.exists()]

    def names(self) -> tuple[str, ...]:
        """Name every deployment, without a look at it."""
        return tuple(each.name for each in self._state.folders())

    def require(self, name: str) -> None:
        """Refuse a name that nothing has; what a killed command has left of one goes.

        Raises:
            InvalidInput: no deployment can have that name.
            UnknownDeployment: there is none of that name.
            NoCapacity: another command works on it.
        """
        folder = self._state.folder(name)
        with told(folder.path, "--state-dir"):
            is_lock_alone = folder.lock.exists() and not folder.path.exists()
        if is_lock_alone:
            with claimed(folder, "destroyed"):
                pass
        self._existing(name)

    def deployment(self, name: str) -> Deployment:
        """Give one deployment, and ask it whether it answers.

        Raises:
            UnknownDeployment: there is none of that name.
        """
        found = states.deployment(self._existing(name))
        if found.state != "running" or found.endpoint is None:
            return found
        port = urlsplit(found.endpoint).port
        if port is not None and answers(port, None, timeout_s=_PROBE_S):
            return found
        return replace(found, reason=f"it did not answer {found.endpoint}/health within 2 s")

    def logs(self, name: str, *, tail: int | None, follow: bool) -> Iterator[str]:
        """Give the last `tail` lines of the engine's log, or all; then, to follow, each new one.

        Raises:
            UnknownDeployment: there is none of that name.
        """
        folder = self._existing(name)
        lines = log.follow(folder.log, tail=tail) if follow else log.read(folder.log, tail=tail)
        return iter(lines)

    def destroy(self, name: str, report: Report) -> Path | None:
        """Remove a deployment with its processes and files; give where its log is kept, if any.

        Raises:
            UnknownDeployment: there is none of that name.
            NoCapacity: another command works on it.
            CleanupIncomplete: something of it is still there.
        """
        self.require(name)
        folder = self._state.folder(name)
        with claimed(folder, "destroyed"):
            self._existing(name)
            record = _record_if_readable(folder)
            report(Step(f"stopping {name}"))
            mark_removed(folder)
            stop(folder, record)
            log_path = keep_log(folder, self._state.logs, report)
            remove_files(folder)
        return log_path

    def _standing(self, folder: Folder) -> Record | None:
        """Give the record of a deployment that is there; end a removal that was interrupted."""
        if not folder.path.exists():
            return None
        if not folder.record.exists():
            self._remove(folder)
            return None
        return read_record(folder)

    def _start(self, folder: Folder, record: Record, report: Report, timeout_s: float) -> None:
        job = Job(folder, record, self._weights_dir.absolute(), timeout_s)
        engines.make_room(record.spec, job.weights_dir)
        try:
            start(job, report)
            self._begun.discard(folder.name)
        finally:
            if is_kept(read_runtime(folder)):
                self._begun.discard(folder.name)

    def _record(self, spec: Spec) -> Record:
        given = self._engine_command
        return Record(
            spec=spec,
            created_at=datetime.now(UTC),
            instance_id=None,
            command=tuple(given) if given is not None else engines.command(spec),
            drain_s=self._drain_s if self._drain_s is not None else engines.drain_s(spec),
        )

    def _remove(self, folder: Folder) -> None:
        record = _record_if_readable(folder)
        mark_removed(folder)
        stop(folder, record)
        remove_files(folder)

    def _existing(self, name: str) -> Folder:
        folder = self._state.folder(name)
        with told(folder.path, "--state-dir"):
            exists = folder.path.exists()
        if not exists:
            known = [each.name for each in self._state.folders()]
            raise UnknownDeployment(name, known)
        return folder


def _record_if_readable(folder: Folder) -> Record | None:
    """Read a record that may be corrupt.

    Raises:
        NewerFormat: a newer llamactl wrote it and knows what it stands for.
    """
    try:
        return read_record(folder)
    except NewerFormat:
        raise
    except InvalidFile:
        return None
