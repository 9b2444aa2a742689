"""The Python environment in which Pulumi runs the program: which it is, and what it lacks."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from llamactl_catalog.errors import LlamactlError, ProgramMissing
from llamactl_catalog.extras import extra_command
from llamactl_infra.live.cloud import Finding
from llamactl_infra.spec import Cloud
from llamactl_infra.stacks.place import MAIN, PROJECT_FILES, VIRTUALENV, project_above
from llamactl_infra.stacks.plugins import provider_name

_CHECK = "environment"
_EVERY_CLOUD = "all"
_WINDOWS = os.name == "nt"
_PYTHON = Path("Scripts", "python.exe") if _WINDOWS else Path("bin", "python")
# Pulumi's language host lists the program's packages with `python -m pip list` before it runs the
# program (ListPackages of sdk/python/toolchain/pip.go, read at 3.260).
_NEEDED = ("pip", "pulumi", "llamactl_infra")
_PROBE = (
    "import sys; from importlib.util import find_spec; "
    "print(*(name for name in sys.argv[1:] if find_spec(name) is None))"
)


def environment_finding(cwd: Path, cloud: Cloud | None, environment: Mapping[str, str]) -> Finding:
    """Check that the program can run: of the project at or above `cwd`, or else llamactl's own."""
    try:
        python = require_environment(project_above(cwd), cloud, environment)
    except LlamactlError as error:
        return Finding(_CHECK, "failed", error.message, error)
    return Finding(_CHECK, "ok", f"the program runs with {python}")


def require_environment(
    folder: Path | None, cloud: Cloud | None, environment: Mapping[str, str]
) -> Path:
    """Return the Python that runs the program of the project in `folder`.

    `folder` None: the project is llamactl's own, in the environment that runs this command.
    Pulumi itself fails only in the middle of a deployment, or makes an empty environment.

    Raises:
        ProgramMissing: the environment does not exist, or lacks a package.
    """
    if folder is None:
        python = _own_python(Path(sys.prefix))
    else:
        settings = _settings(folder)
        named = VIRTUALENV.search(settings)
        python = (
            _python_on_path(environment)
            if named is None
            else _python_of_project(folder, settings, named[1], cloud)
        )
    return _require_packages(python, cloud, environment)


def _settings(folder: Path) -> str:
    files = [folder / name for name in PROJECT_FILES if (folder / name).is_file()]
    return files[0].read_text("utf-8", errors="replace") if files else ""


def _own_python(prefix: Path) -> Path:
    python = prefix / _PYTHON
    if not python.is_file():  # Debian's own Python is named python3 alone
        hint = "install llamactl into a virtual environment: python3 -m venv makes one"
        raise ProgramMissing(f"Pulumi needs {python}, which does not exist", hint=hint)
    return python


def _python_of_project(folder: Path, settings: str, named: str, cloud: Cloud | None) -> Path:
    """Return the Python of the environment that a project names.

    Pulumi looks for it beside Pulumi.yaml to run the program, and in the program's own folder to
    run a dynamic resource, which is only made late in a deployment.
    """
    own, python = folder / named, folder / named / _PYTHON
    if own == Path(sys.prefix):
        return _own_python(own)
    if not python.is_file():
        message = f"Pulumi.yaml in {folder} names the virtual environment {named}, without a Python"
        raise ProgramMissing(message, hint=_other_environment(folder, cloud))
    main = MAIN.search(settings)
    beside = own if main is None else folder / main[1] / named
    if not (beside / _PYTHON).is_file():
        message = f"{beside} does not lead to {own}, so that Pulumi's dynamic resources do not run"
        raise ProgramMissing(message, hint=f"link it: ln -s {own} {beside}")
    return python


def _python_on_path(environment: Mapping[str, str]) -> Path:
    """Find what Pulumi runs where no environment is named (CommandPath of the same pip.go)."""
    usual = ("python", "python3") if _WINDOWS else ("python3", "python")
    own = environment.get("PULUMI_PYTHON_CMD")
    for name in usual if own is None else (own,):
        found = shutil.which(name, path=environment.get("PATH"))
        if found is not None:
            return Path(found)
    hint = "set the runtime's option `virtualenv` in Pulumi.yaml, as docs/deploy.md shows"
    raise ProgramMissing("Pulumi finds no Python on PATH", hint=hint)


def _require_packages(python: Path, cloud: Cloud | None, environment: Mapping[str, str]) -> Path:
    names = list(_NEEDED)
    if cloud is not None:
        names.append(f"pulumi_{provider_name(cloud).replace('-', '_')}")
    command = [str(python), "-c", _PROBE, *names]
    try:
        done = subprocess.run(  # noqa: S603 - the Python that Pulumi itself would run
            command, env=dict(environment), capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ProgramMissing(f"{python} does not run: {error}") from error
    missing = done.stdout.split()
    if not missing:
        return python
    is_own = python.parent.parent == Path(sys.prefix)
    hint = extra_command(cloud or _EVERY_CLOUD) if is_own else _other_environment(python, cloud)
    raise ProgramMissing(f"{python} lacks {', '.join(missing)}, which Pulumi needs", hint=hint)


def _other_environment(folder: Path, cloud: Cloud | None) -> str:
    extra = cloud or _EVERY_CLOUD
    return (
        f"install llamactl with its extra '{extra}' there, in a checkout by: make {extra};\n"
        f"       or run llamactl outside of {folder}"
    )
