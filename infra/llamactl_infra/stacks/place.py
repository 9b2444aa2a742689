"""Where a stack is: its project's folder, its backend, and who keeps its secrets."""

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from llamactl_catalog.errors import InvalidFile, ProgramMissing
from llamactl_catalog.progress import Report, Step
from llamactl_containers.file_trust import require_trusted_file, require_trusted_folder

PROJECT = "llamactl"
_SETTINGS = ("Pulumi.yaml", "Pulumi.yml")
_VIRTUALENV = re.compile(r"^\s+virtualenv:\s*['\"]?([^'\"\s]+)", re.MULTILINE)
_MAIN = re.compile(r"^main:\s*['\"]?([^'\"\s]+)", re.MULTILINE)
_PROGRAM = '''"""The Pulumi program's door."""

from llamactl_infra.program import main

main()
'''


@dataclass(frozen=True, slots=True)
class StackPlace:
    """A project's folder, and the environment that leads the engine to its backend.

    `backend` None: whatever the engine is logged in to.
    """

    folder: Path
    backend: str | None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets_provider: str | None = None


def stack_place(
    state_dir: Path, cwd: Path, environment: Mapping[str, str], report: Report
) -> StackPlace:
    """Find where stacks are kept, making a place below `state_dir` where there is none.

    A folder at or above `cwd` with the project's Pulumi.yaml is used as it is, so that `pulumi up`
    there and this command are on one stack.

    Raises:
        InvalidFile: the engine's own file of credentials is broken.
        OSError: the place cannot be made.
    """
    home = state_dir / "pulumi"
    folder = project_above(cwd)
    if folder is None:
        folder = _own_project(home / "project")
    else:
        report(Step(f"the project of {folder}"))
    backend = None if is_logged_in(environment, folder) else _own_backend(home)
    added: dict[str, str] = {}
    if backend is not None:
        added["PULUMI_BACKEND_URL"] = backend
        report(
            Step(f"the engine is logged in to no backend: stacks are kept in {home / 'backend'}")
        )
    if not _has_passphrase(environment):
        added["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_own_passphrase(home))
    return StackPlace(folder, backend, added, environment.get("LLAMACTL_SECRETS_PROVIDER"))


def require_environment(place: StackPlace) -> None:
    """Refuse a project whose virtual environment is not there: the engine would make an empty one.

    Raises:
        ProgramMissing: it is not there.
    """
    for name in _SETTINGS:
        path = place.folder / name
        told = path.read_text("utf-8", errors="replace") if path.is_file() else ""
        for own in _VIRTUALENV.findall(told):
            if not (place.folder / own).exists():
                raise ProgramMissing(
                    f"{path} names the virtual environment {own}, which is not there",
                    hint="make try makes it; or run llamactl outside of this folder",
                )


def project_above(cwd: Path) -> Path | None:
    """Find the project's folder at or above another; None: there is none.

    Raises:
        DubiousOwner: it, its program or its environment belongs to another user, or others may
            write it: `pulumi` would run what they wrote.
    """
    for folder in (cwd, *cwd.parents):
        for name in _SETTINGS:
            path = folder / name
            told = _text_of(path)
            if told is not None and _names_project(told):
                require_trusted_file(path)
                for own in (*_VIRTUALENV.findall(told), *_MAIN.findall(told)):
                    require_trusted_folder(folder / own)
                return folder
    return None


def _text_of(path: Path) -> str | None:
    """Read a file that may be anyone's; None: there is none, or it is closed to this user."""
    try:
        return path.read_text("utf-8", errors="replace") if path.is_file() else None
    except PermissionError:
        return None


def _names_project(settings: str) -> bool:
    names = [line.partition(":")[2] for line in settings.splitlines() if line.startswith("name:")]
    return [each.strip().strip("'\"") for each in names] == [PROJECT]


def _own_project(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = {
        "name": PROJECT,
        "runtime": {"name": "python", "options": {"virtualenv": sys.prefix}},
        "description": "Open LLMs on your own account",
    }
    _write(folder / "Pulumi.yaml", json.dumps(settings, indent=2) + "\n")  # JSON is YAML
    _write(folder / "__main__.py", _PROGRAM)
    return folder


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def is_logged_in(environment: Mapping[str, str], folder: Path) -> bool:
    """Tell whether the engine has a backend; told by the places that it looks in itself.

    Raises:
        InvalidFile: its own file of credentials is broken.
    """
    if environment.get("PULUMI_BACKEND_URL") or environment.get("PULUMI_ACCESS_TOKEN"):
        return True
    settings = [folder / name for name in _SETTINGS if (folder / name).is_file()]
    if any("\nbackend:" in each.read_text("utf-8", errors="replace") for each in settings):
        return True
    own = environment.get("PULUMI_HOME")
    home = Path(own) if own else Path(environment.get("HOME") or Path.home()) / ".pulumi"
    path = home / "credentials.json"
    if not path.is_file():
        return False
    try:
        told = json.loads(path.read_text("utf-8"))
        return bool(told.get("current"))
    except (ValueError, AttributeError) as error:
        hint = "pulumi login writes a valid one"
        raise InvalidFile(str(path), ["is no file of credentials"], hint=hint) from error


def _own_backend(home: Path) -> str:
    folder = home / "backend"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder.resolve().as_uri()


def _has_passphrase(environment: Mapping[str, str]) -> bool:
    names = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
    return any(name in environment for name in names) or bool(
        environment.get("LLAMACTL_SECRETS_PROVIDER")
    )


def _own_passphrase(home: Path) -> Path:
    """Keep a random passphrase beside the backend, for this user alone to read."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = home / "passphrase"
    if not path.exists():
        import secrets

        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path
