"""What is written down of a deployment: the record (what was asked for) and the runtime (what is).

The command that holds the claim writes the record. The runtime is written by that command until the
supervisor is told to go, by the supervisor from then on, and by a command again once the supervisor
is gone.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar, get_args

from llamactl_catalog.errors import InvalidFile
from llamactl_containers.whole_files import write_whole
from llamactl_infra.local.layout import Folder
from llamactl_infra.local.processes import ProcessIdentity
from llamactl_infra.spec import Spec

FORMAT = 1

# starting: the supervisor may go · loading: the engine is started · listening: it answers ·
# failed: it never did · exited: it did, and ended by itself · stopped: it was asked to leave
Phase = Literal["starting", "loading", "listening", "failed", "exited", "stopped"]
FailureReason = Literal[
    "port-taken",
    "port-forbidden",
    "model-unreadable",
    "out-of-memory",
    "package-missing",
    "timeout",
    "internal",
]

_Value = TypeVar("_Value")


class NewerFormat(InvalidFile):
    """A state file that a newer llamactl wrote."""


@dataclass(frozen=True, slots=True)
class Record:
    """What was asked for. `instance_id` names one start of the engine; None: none yet.

    `command` runs the engine, with the launch file as its last argument; `drain_s` is how long the
    engine may take to leave.
    """

    spec: Spec
    created_at: datetime
    instance_id: str | None
    command: tuple[str, ...]
    drain_s: float

    def to_json(self) -> str:
        """Give the record's text; it holds the API key."""
        values = {
            "format": FORMAT,
            "spec": self.spec.to_config(),
            "created_at": self.created_at.isoformat(),
            "instance_id": self.instance_id,
            "command": list(self.command),
            "drain_s": self.drain_s,
        }
        return json.dumps(values, indent=2)


@dataclass(frozen=True, slots=True)
class Runtime:
    """The processes of one start, and how far they are.

    `engines` has the process that was started and, where it differs, the one that the engine says
    it is (a launcher in between, as in a virtual environment on Windows). `exit_code` is as
    `subprocess` tells it: negative for a signal.
    """

    instance_id: str
    phase: Phase
    changed_at: datetime
    supervisor: ProcessIdentity | None = None
    engines: tuple[ProcessIdentity, ...] = ()
    port: int | None = None
    failure: FailureReason | None = None
    message: str | None = None
    exit_code: int | None = None

    @property
    def processes(self) -> tuple[ProcessIdentity, ...]:
        """Every process there may be."""
        return (*(() if self.supervisor is None else (self.supervisor,)), *self.engines)

    def to_json(self) -> str:
        """Give the runtime's text."""
        values = {"format": FORMAT, **asdict(self), "changed_at": self.changed_at.isoformat()}
        return json.dumps(values, indent=2)


def read_record(folder: Folder) -> Record | None:
    """Read what was asked for, also of a deployment under removal; None where nothing says it.

    Raises:
        InvalidFile: the file is there and cannot be read.
    """
    record = _read(folder.record, _record)
    return record if record is not None else _read(folder.removed, _record)


def read_runtime(folder: Folder) -> Runtime | None:
    """Read which processes there are; None where none were started.

    Raises:
        InvalidFile: the file is there and cannot be read.
    """
    return _read(folder.runtime, _runtime)


def write_record(folder: Folder, record: Record) -> None:
    """Replace the record in one step."""
    write_whole(folder.record, record.to_json())


def write_runtime(folder: Folder, runtime: Runtime) -> None:
    """Replace the runtime in one step."""
    write_whole(folder.runtime, runtime.to_json())


def read_instance_id(folder: Folder) -> str | None:
    """Say which start the record is of, for a supervisor to see whether it is still wanted.

    An unreadable record counts as wanted: it is not for the supervisor to end a server over it.

    Raises:
        FileNotFoundError: the record is gone.
    """
    try:
        value = json.loads(folder.record.read_text("utf-8"))["instance_id"]
    except (ValueError, KeyError, TypeError, PermissionError):
        return None
    return value if isinstance(value, str) else None


def failure_reason(value: object) -> FailureReason:
    """Read a reason; one that is not known is `internal`."""
    for reason in get_args(FailureReason):
        if reason == value:
            return reason  # type: ignore[no-any-return]  # get_args gives Any
    return "internal"


def _read(path: Path, parse: Callable[[dict[str, object]], _Value]) -> _Value | None:
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from error
    try:
        values = json.loads(text)
        newer = isinstance(values, dict) and int(values["format"]) > FORMAT
        if not newer:
            return parse(values)
    except (ValueError, KeyError, TypeError, AttributeError, InvalidFile) as error:
        raise _unreadable(path, f"{type(error).__name__}: {error}") from error
    problem = f"written by a newer llamactl (format {values['format']}; this one knows {FORMAT})"
    raise NewerFormat(str(path), [problem], hint="upgrade llamactl")


def _unreadable(path: Path, problem: str) -> InvalidFile:
    hint = f"llamactl destroy {path.parent.name} removes what is left of it"
    return InvalidFile(str(path), [problem], hint=hint)


def _record(values: dict[str, object]) -> Record:
    instance_id, command, drain_s = values["instance_id"], values["command"], values["drain_s"]
    config = values["spec"]
    if not isinstance(config, dict) or not isinstance(command, list):
        raise TypeError("spec or command")
    return Record(
        spec=Spec.from_config(config),
        created_at=_time(values["created_at"]),
        instance_id=_text(instance_id),
        command=tuple(str(each) for each in command),
        drain_s=_number(drain_s),
    )


def _runtime(values: dict[str, object]) -> Runtime:
    engines, failure = values["engines"], values["failure"]
    if not isinstance(engines, list):
        raise TypeError("engines")
    return Runtime(
        instance_id=str(values["instance_id"]),
        phase=_phase(values["phase"]),
        changed_at=_time(values["changed_at"]),
        supervisor=None if values["supervisor"] is None else _process(values["supervisor"]),
        engines=tuple(_process(each) for each in engines),
        port=_whole(values["port"]),
        failure=None if failure is None else failure_reason(failure),
        message=_text(values["message"]),
        exit_code=_whole(values["exit_code"]),
    )


def _phase(value: object) -> Phase:
    for phase in get_args(Phase):
        if phase == value:
            return phase  # type: ignore[no-any-return]  # get_args gives Any
    raise ValueError(f"phase {value!r}")


def _process(value: object) -> ProcessIdentity:
    if not isinstance(value, dict):
        raise TypeError("process")
    return ProcessIdentity(int(value["pid"]), float(value["born_s"]))


def _time(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _whole(value: object) -> int | None:
    if value is None or isinstance(value, int):
        return value
    raise TypeError(f"{value!r} is not a whole number")


def _number(value: object) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"{value!r} is not a number")
