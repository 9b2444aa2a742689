"""Programs that see nothing of the environment the tests run in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SCRIPTS = "Scripts" if os.name == "nt" else "bin"
UV = shutil.which(
    "uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
)
_HIDDEN = ("PYTHON", "VIRTUAL_ENV", "LLAMACTL_", "UV_PROJECT", "UV_TOOL", "MAKE", "MFLAGS")


def clean_environment(**more: object) -> dict[str, str]:
    """This process's environment, without what leads back to its own llamactl."""
    own = os.environ.items()
    clean = {name: text for name, text in own if not name.startswith(_HIDDEN)}
    return clean | {name: str(value) for name, value in more.items()}


def run(*command: object, cwd: Path, **more: object) -> str:
    """Run a program to its success, with state and cache in `cwd`; returns what it printed."""
    own = {"LLAMACTL_STATE_DIR": cwd / "state", "LLAMACTL_CACHE_DIR": cwd / "cache"}
    words = [str(each) for each in command]
    environment = clean_environment(**own, **more)
    done = subprocess.run(
        words, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout
