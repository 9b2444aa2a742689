"""A child process that does not outlive its parent: run a command, end it when stdin closes.

`python -m llamactl_containers.leash COMMAND…` leaves with the command's exit code. The parent holds
the other end of stdin; however the parent ends, also by SIGKILL, the pipe closes. Portable, where
Linux's parent-death signal is not.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence

STDIN_FD = 0
ENDED_WITH_PARENT = 1


def leashed(command: Sequence[str]) -> list[str]:
    """Give the command line that runs `command` on a leash."""
    return [sys.executable, "-m", "llamactl_containers.leash", *command]


def run(command: Sequence[str]) -> int:
    """Run a command to its end, or until stdin closes; return its exit code."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as child:  # noqa: S603 - the caller's own
        threading.Thread(target=_end_with_parent, args=(child,), daemon=True).start()
        return child.wait()


def _end_with_parent(child: "subprocess.Popen[bytes]") -> None:
    while os.read(STDIN_FD, 1):
        continue
    child.kill()
    os._exit(ENDED_WITH_PARENT)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
