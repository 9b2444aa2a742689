"""Set up .venv from nothing: `python scripts/set_up.py PURPOSE`.

`try` serves on this machine, `aws` and `azure` deploy to that cloud, `dev` changes llamactl itself.
Only the standard library, and no syntax newer than Python 3.6, so that an old one can say so.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

OLDEST = (3, 11)
UV = "uv>=0.9,<1"  # installs from uv.lock; pip cannot read that file
SYNC = {
    "try": ["--extra", "local", "--no-dev"],
    "aws": ["--extra", "aws", "--no-dev"],
    "azure": ["--extra", "azure", "--no-dev"],
    "dev": ["--extra", "local", "--group", "dev"],
}
# What tests use where it is there, by program: images, and pages. A test that lacks one says so,
# and is skipped.
DEBIAN_PACKAGES = {
    "buildah": "buildah",
    "skopeo": "skopeo",
    "docker-registry": "docker-registry",
    "chromium": "chromium",
}
AZURITE = "azurite@3.35.0"  # Blob Storage; later ones need Node.js 22
INSTALL_TIMEOUT_S = 300
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
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
            f"{PYTHON} -m pip install -e '.[{SYNC[purpose][1]}]'",
        )
    if purpose == "dev":
        debian_packages()
        azurite()
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


def debian_packages() -> None:
    """Install what is missing where that needs nobody's word: as root, with apt. Never fail."""
    missing = [package for program, package in DEBIAN_PACKAGES.items() if not shutil.which(program)]
    if not missing:
        return
    apt = shutil.which("apt-get")
    if apt is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        say("not installed: {}; the tests that need them are skipped".format(", ".join(missing)))
        return
    say("installing {}".format(", ".join(missing)))
    for words in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        attempt(apt, *words)
    left = [program for program in DEBIAN_PACKAGES if not shutil.which(program)]
    if left:
        say("not to be had: {}; the tests that need them are skipped".format(", ".join(left)))


def azurite() -> None:
    """Install Azurite into the environment, where there is npm. Never fail."""
    npm = shutil.which("npm")
    if WINDOWS or (BIN / "azurite").exists() or shutil.which("azurite"):
        return
    if npm is not None:
        say(f"installing {AZURITE}")
        attempt(npm, "install", "--global", "--silent", "--prefix", str(VENV), AZURITE)
    if not (BIN / "azurite").exists():
        say("no azurite: the tests that need Blob Storage are skipped")


def attempt(*command: str) -> None:
    """Run an installer that may fail, but not without end."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    try:
        subprocess.call(command, env=environment, timeout=INSTALL_TIMEOUT_S, **QUIET)
    except (OSError, subprocess.TimeoutExpired):
        say(f"{command[0]} did not get through")


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
