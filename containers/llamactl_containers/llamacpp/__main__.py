"""`python -m llamactl_containers.llamacpp LAUNCH.json`: one engine process."""

import os
import sys
import time
from pathlib import Path

from llamactl_catalog.errors import InvalidInput
from llamactl_containers.llamacpp.launch import SPIN_COUNT, LaunchSettings
from llamactl_containers.llamacpp.process import announce, bind, bind_failure, fail


def main(path: str) -> None:
    """Serve what a launch file says; the process ends in here."""
    try:
        settings = LaunchSettings.from_json(Path(path).read_text(encoding="utf-8"))
    except (OSError, InvalidInput) as error:
        fail("internal", f"{path}: {error}")
    try:
        listener = bind(settings)
    except OSError as error:
        fail(bind_failure(error), f"{settings.host}:{settings.port}: {error.strerror}")
    announce("loading")
    # OpenMP reads it when llama.cpp's library is loaded; where the user has chosen, it stays.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
    try:
        from llamactl_containers.llamacpp.llama import LoadFailed, load
        from llamactl_containers.llamacpp.server import serve
    except ImportError as error:
        fail("package-missing", f"{error}: install llamactl[local]")
    start = time.monotonic()
    try:
        llama = load(settings)
    except LoadFailed as error:
        fail(error.reason, error.message)
    serve(llama, settings, listener, load_s=time.monotonic() - start)


if __name__ == "__main__":
    main(sys.argv[1])
