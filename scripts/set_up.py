"""Set up .venv from nothing: `python scripts/set_up.py try` to use llamactl, `dev` to change it.

Only the standard library, and no syntax newer than Python 3.6, so that an old one can say so.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

OLDEST = (3, 11)
UV = "uv>=0.9,<1"  # installs from uv.lock; pip cannot read that file
SYNC = {
    "try": ["--extra", "local", "--no-dev"],
    "dev": ["--extra", "local", "--group", "dev"],
}
PACKAGES = ["catalog", "containers", "infra", "gateway", "cli"]

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")


def main() -> int:
    """Make or complete the environment, and leave a stamp that make looks at."""
    purpose = sys.argv[1] if len(sys.argv) > 1 else "try"
    if purpose not in SYNC:
        return fail(f"no set-up '{purpose}'", f"one of {', '.join(SYNC)}")
    if sys.version_info < OLDEST:
        return fail(f"Python {sys.version.split()[0]} is too old", "use 3.11 or newer")
    try:
        set_up(SYNC[purpose])
    except subprocess.CalledProcessError as error:
        return fail(
            f"the set-up stopped at: {' '.join(error.cmd)}",
            "run it again; behind a package mirror, which uv.lock does not know: "
            f"{PYTHON} -m pip install -e .[local]",
        )
    (VENV / f".ready-{purpose}").touch()
    return 0


def set_up(sync: list) -> None:
    """Install what uv.lock holds; `--inexact` leaves what another purpose has installed."""
    if not works():
        say(f"making {VENV.name} with Python {sys.version.split()[0]}")
        venv.create(str(VENV), clear=True, with_pip=True, symlinks=not WINDOWS)
    uv = BIN / ("uv.exe" if WINDOWS else "uv")
    if not uv.exists():
        say("installing uv")
        run(PYTHON, "-m", "ensurepip", "--default-pip", quiet=True)
        run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV)
    say("installing the packages of uv.lock")
    run(uv, "sync", "--quiet", "--locked", "--inexact", "--compile-bytecode", *sync)
    run(PYTHON, "-m", "compileall", "-q", *PACKAGES)


def works() -> bool:
    """Tell whether the environment that is there can be kept."""
    check = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    return PYTHON.exists() and subprocess.call([str(PYTHON), "-c", check]) == 0


def run(*command: object, quiet: bool = False) -> None:
    """Run a program in the checkout, with uv held to this very environment."""
    environment = dict(os.environ, UV_PROJECT_ENVIRONMENT=str(VENV), UV_PYTHON=str(PYTHON))
    environment.pop("VIRTUAL_ENV", None)
    output = subprocess.DEVNULL if quiet else None
    words = [str(each) for each in command]
    subprocess.check_call(words, cwd=str(ROOT), env=environment, stdout=output)


def say(text: str) -> None:
    """Tell what is going on; the set-up takes up to a minute the first time."""
    print(f"... {text}", file=sys.stderr, flush=True)


def fail(what: str, hint: str) -> int:
    """Say what is wrong and what to do, as llamactl itself does."""
    print(f"error: {what}\n hint: {hint}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
