"""Every error that a user can cause or fix, with its exit code.

LlamactlError
├── InvalidInput            2   an option, a name, a request that cannot be served as asked
│   ├── InvalidFile         2   a file with problems, all of them at once
│   └── PromptTooLong       2   a prompt that does not fit the model's context
├── LicenseRefused          3   terms that are not accepted, or that forbid this use
├── NoQuota                 4   an account's limit that is too low for what was asked
├── Throttled               4   a cloud's limit on how often it may be called, after patient retries
├── NoCapacity              5   memory, disk, a port or a lock that is not to be had now
│   ├── NoInstances         5   a region that has none of an instance type free now
│   ├── StillBusy           5   something that a cloud is still at work on
│   │   └── WaitEnded       5   the same, where Pulumi's provider has stopped waiting for it
│   └── Unreachable         5   a service that does not answer now, or fails by itself
├── NoAccess                6   gated weights that this token may not read
├── Unhealthy               8   an endpoint that does not answer as it should
├── CleanupIncomplete       9   something of a deployment is still there after `destroy`
├── NoPermission           10   credentials or file permissions are missing
│   └── RolePending        10   a role that was just assigned and does not count yet
├── ProgramMissing         11   a program or an optional package is not installed
└── NotFound               12   no model, deployment or file of that name
    ├── UnknownModel
    └── UnknownDeployment

Anything else that escapes is a bug: exit code 1, with its traceback.
"""

from collections.abc import Sequence
from typing import ClassVar


class LlamactlError(Exception):
    """What is wrong, in words for the user, and what to do next."""

    exit_code: ClassVar[int]

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidInput(LlamactlError):
    """An option, name or request that cannot be served as asked."""

    exit_code = 2


class InvalidFile(InvalidInput):
    """A file that was read and has problems; `problems` holds all of them."""

    def __init__(self, path: str, problems: Sequence[str], *, hint: str | None = None) -> None:
        self.path = path
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n  ".join([f"{path}: {count}", *problems]), hint=hint)


class PromptTooLong(InvalidInput):
    """A prompt that does not fit the model's context."""


class LicenseRefused(LlamactlError):
    """Terms that are not accepted, or that forbid this use."""

    exit_code = 3


class NoQuota(LlamactlError):
    """An account's limit that is too low for what was asked."""

    exit_code = 4


class Throttled(LlamactlError):
    """A cloud's limit on how often it may be called: no other place has more."""

    exit_code = 4


class NoCapacity(LlamactlError):
    """Memory, disk, a port or a lock that is not to be had now."""

    exit_code = 5


class NoInstances(NoCapacity):
    """A region that has none of an instance type free now: another place may have some."""


class StillBusy(NoCapacity):
    """Something that a cloud is still at work on, and lets nobody change before the end."""


class WaitEnded(StillBusy):
    """A creation or an update that goes on, but Pulumi's provider has stopped waiting for it."""


class Unreachable(NoCapacity):
    """A service that does not answer now, or fails by itself: the same command works later."""


class NoAccess(LlamactlError):
    """Gated weights that this token may not read."""

    exit_code = 6


class OverPriceCap(LlamactlError):
    """What was asked for costs more an hour than it may."""

    exit_code = 7


class Unhealthy(LlamactlError):
    """An endpoint that does not answer as it should."""

    exit_code = 8


class CleanupIncomplete(LlamactlError):
    """Something of a deployment is still there after `destroy`."""

    exit_code = 9


class NoPermission(LlamactlError):
    """Credentials or file permissions are missing."""

    exit_code = 10


class RolePending(NoPermission):
    """What a role that was just assigned will allow, and does not yet."""


class ProgramMissing(LlamactlError):
    """A program or an optional package that is needed is not installed."""

    exit_code = 11


class NotFound(LlamactlError):
    """No model, deployment or file of that name."""

    exit_code = 12


class UnknownModel(NotFound):
    """No model of that id in the catalog; `close` holds the ids that look alike."""

    def __init__(self, model_id: str, close: Sequence[str]) -> None:
        self.close = tuple(close)
        hint = f"did you mean {' or '.join(close)}?" if close else "llamactl models lists them all"
        super().__init__(f"no model '{model_id}' in the catalog", hint=hint)


class UnknownDeployment(NotFound):
    """No deployment of that name, or not in that place; `known` holds the names there are."""

    def __init__(
        self, name: str, known: Sequence[str], *, place: str | None = None, hint: str | None = None
    ) -> None:
        self.known = tuple(known)
        if hint is None:
            hint = f"there is {', '.join(known)}" if known else "llamactl deploy makes one"
        where = f" on {place}" if place is not None else ""
        super().__init__(f"no deployment '{name}'{where}", hint=hint)
