"""The claim of a name: at any time one command at most changes a deployment.

The lock decides, the file beside it tells readers who holds it. Both are gone once it is let go.
"""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from llamactl_catalog.errors import NoCapacity
from llamactl_containers.disk import told
from llamactl_containers.whole_files import draft_of, make_folder, write_whole
from llamactl_infra.held_lock import LockHeld, held
from llamactl_infra.local.layout import Folder
from llamactl_infra.local.processes import ProcessIdentity, identify, is_alive

Purpose = Literal["deployed", "destroyed"]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who works on a deployment, since when, and what for."""

    process: ProcessIdentity
    since: datetime
    purpose: Purpose


@contextmanager
def claimed(folder: Folder, purpose: Purpose) -> Iterator[None]:
    """Hold the name of a deployment.

    Raises:
        NoCapacity: another command holds it; the message says which.
    """
    # The draft is of a command that was killed.
    beside = draft_of(folder.claim), folder.claim
    with ExitStack() as claim:
        with told(folder.lock, "--state-dir"):
            make_folder(folder.path.parent)
            try:
                claim.enter_context(held(folder.lock, *beside))
            except LockHeld as error:
                raise _taken(folder, purpose) from error
        _announce(folder, purpose)
        yield


def holder(folder: Folder) -> Holder | None:
    """Say who holds a name now; never touches the lock, so that a reader is in nobody's way."""
    try:
        found = _parse(folder.claim.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if is_alive(found.process) else None


def _announce(folder: Folder, purpose: Purpose) -> None:
    me = identify(os.getpid())
    if me is None:
        return
    values = {
        "process": asdict(me),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "purpose": purpose,
    }
    with suppress(OSError):  # a full disk: destroy must work all the same, and deploy fails soon
        write_whole(folder.claim, json.dumps(values))


def _taken(folder: Folder, purpose: Purpose) -> NoCapacity:
    way_on = "or use another --name" if purpose == "deployed" else "or end it, and try again"
    hint = f"wait for it to end, {way_on}"
    who = holder(folder)
    if who is None:
        return NoCapacity(f"another command is working on '{folder.name}'", hint=hint)
    since = who.since.astimezone().strftime("%H:%M:%S")
    message = f"'{folder.name}' is being {who.purpose} by process {who.process.pid} since {since}"
    return NoCapacity(message, hint=hint)


def _parse(text: str) -> Holder:
    values = json.loads(text)
    purpose = values["purpose"]
    if purpose not in get_args(Purpose):
        raise ValueError(purpose)
    process = ProcessIdentity(int(values["process"]["pid"]), float(values["process"]["born_s"]))
    return Holder(process, datetime.fromisoformat(values["since"]), purpose)
