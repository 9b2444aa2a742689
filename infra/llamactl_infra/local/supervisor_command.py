"""How a supervisor is started and known again, without importing it."""

import sys

from llamactl_infra.local.layout import Folder

SUPERVISOR_MODULE = "llamactl_infra.local.supervisor"
GO = b"go\n"
CANNOT_WRITE = 4  # exit code: it could not read or write its files


def supervisor_command(folder: Folder, instance_id: str) -> list[str]:
    """Give the command that supervises one start of a deployment."""
    # -P: the working directory is no place to import from.
    return [sys.executable, "-P", "-m", SUPERVISOR_MODULE, str(folder.path), instance_id]
