"""Where a stack is: its project's folder, its backend, and who keeps its secrets."""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from llamactl_catalog.errors import InvalidFile, LlamactlError, NoPermission
from llamactl_catalog.progress import Report, Step
from llamactl_containers.file_trust import require_trusted_file, require_trusted_folder
from llamactl_containers.whole_files import make_folder, unique_draft_of, write_whole

PROJECT = "llamactl"
PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 - the name of a variable
PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"  # noqa: S105 - as above
PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")
# In YAML, and in the JSON that llamactl writes itself.
VIRTUALENV = re.compile(r"""^\s+["']?virtualenv["']?:\s*["']?([^'"\s,}]+)""", re.MULTILINE)
MAIN = re.compile(r"""^\s*["']?main["']?:\s*["']?([^'"\s,}]+)""", re.MULTILINE)
_BACKEND = re.compile(r"^backend:\s*\n\s+url:\s*['\"]?([^'\"\s]+)", re.MULTILINE)
_PULUMI_CLOUD = "https://api.pulumi.com"
_NO_STACKS = "if there are none yet, delete the file: the next run makes a new one"
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

    def explained(self, error: LlamactlError) -> LlamactlError:
        """Name the file of llamactl's own passphrase, where an error is about the passphrase."""
        path = self.environment.get(PASSPHRASE_FILE)
        if path is not None and "passphrase" in error.message.lower():
            error.hint = (
                f"llamactl takes the passphrase from {path}; a stack that was made with another "
                "one, or whose file was lost, needs that one there"
            )
        return error


def stack_place(
    state_dir: Path, cwd: Path, environment: Mapping[str, str], report: Report
) -> StackPlace:
    """Find where stacks are kept, making a place below `state_dir` where there is none.

    A folder at or above `cwd` with the project's Pulumi.yaml is used as it is, so that `pulumi up`
    there and this command are on one stack.

    Raises:
        InvalidFile: Pulumi's own file of credentials is broken, or llamactl's passphrase is empty.
        DubiousOwner: a project above `cwd` is not this user's.
        OSError: the place cannot be made.
    """
    home, provider = state_dir / "pulumi", environment.get("LLAMACTL_SECRETS_PROVIDER")
    folder = project_above(cwd)
    if folder is None:
        folder = _own_project(home / "project")
    else:
        report(Step(f"the project of {folder}"))
    url = login(environment, folder)
    if url is not None:
        return StackPlace(folder, None, _passphrase_of_login(home, url, environment), provider)
    backend, passphrase = _own_backend(home), own_passphrase(home, environment)
    report(Step(f"Pulumi is logged in to no backend: stacks are kept in {home / 'backend'}"))
    added = {"PULUMI_BACKEND_URL": backend}
    if passphrase is not None:
        added[PASSPHRASE_FILE] = str(passphrase)
    return StackPlace(folder, backend, added, provider)


def project_above(cwd: Path) -> Path | None:
    """Find the project's folder at or above another; None: there is none.

    Raises:
        DubiousOwner: it, its program or its environment belongs to another user, or others may
            write it: `pulumi` would run what they wrote.
    """
    for folder in (cwd, *cwd.parents):
        for name in PROJECT_FILES:
            path = folder / name
            told = _text_of(path)
            if told is not None and _names_project(told):
                require_trusted_file(path)
                for own in (*VIRTUALENV.findall(told), *MAIN.findall(told)):
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
    make_folder(folder)
    # Without a toolchain, Pulumi takes uv's where a uv.lock lies in this folder or above it.
    options = {"toolchain": "pip", "virtualenv": sys.prefix}
    settings = {
        "name": PROJECT,
        "runtime": {"name": "python", "options": options},
        "description": "Open LLMs on your own account",
    }
    _write(folder / "Pulumi.yaml", json.dumps(settings, indent=2) + "\n")  # JSON is YAML
    _write(folder / "__main__.py", _PROGRAM)
    return folder


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text("utf-8") != text:
        write_whole(path, text, draft=unique_draft_of(path))


def is_logged_in(environment: Mapping[str, str], folder: Path) -> bool:
    """Tell whether Pulumi has a backend; told by the places that it looks in itself.

    Raises:
        InvalidFile: its own file of credentials is broken.
    """
    return login(environment, folder) is not None


def login(environment: Mapping[str, str], folder: Path) -> str | None:
    """Return the address of the backend that Pulumi is logged in to; None: to none.

    Raises:
        InvalidFile: its own file of credentials is broken.
    """
    if url := environment.get("PULUMI_BACKEND_URL"):
        return url
    for told in filter(None, (_text_of(folder / name) for name in PROJECT_FILES)):
        if "\nbackend:" in told:
            found = _BACKEND.search(told)
            return found[1] if found is not None else _PULUMI_CLOUD
    own = environment.get("PULUMI_HOME")
    home = Path(own) if own else Path(environment.get("HOME") or Path.home()) / ".pulumi"
    path = home / "credentials.json"
    current: object = None
    if path.is_file():
        try:
            current = json.loads(path.read_text("utf-8")).get("current")
        except (ValueError, AttributeError) as error:
            hint = "pulumi login writes a valid one"
            raise InvalidFile(str(path), ["is no file of credentials"], hint=hint) from error
    if current:
        return str(current)
    return _PULUMI_CLOUD if environment.get("PULUMI_ACCESS_TOKEN") else None


def shared_backend(environment: Mapping[str, str], folder: Path) -> str | None:
    """Return the address of a backend that others may use too; None: it is this machine's alone.

    Raises:
        InvalidFile: Pulumi's own file of credentials is broken.
    """
    url = login(environment, folder)
    return None if url is None or url.startswith("file:") else url


def secrets_problem(
    url: str, environment: Mapping[str, str], folder: Path, name: str
) -> LlamactlError | None:
    """Say what a new stack on a shared backend lacks to keep its secrets for all who use it.

    Pulumi Cloud keeps them itself; elsewhere a passphrase that llamactl made up would be known on
    this machine alone.
    """
    has_own = _has_passphrase(environment) or environment.get("LLAMACTL_SECRETS_PROVIDER")
    settings = (_text_of(folder / f"Pulumi.{name}.{suffix}") for suffix in ("yaml", "yml"))
    if has_own or url.startswith(("https:", "http:")):
        return None
    if any("secretsprovider:" in told for told in settings if told is not None):
        return None
    from llamactl_infra.stacks.plugins import KEY_ADDRESSES  # slow, and `list` does without

    return NoPermission(
        f"the backend {url} is shared, and nothing says how its stacks keep their secrets",
        hint=f"set LLAMACTL_SECRETS_PROVIDER to {' or '.join(KEY_ADDRESSES)}, or "
        f"{PASSPHRASE} to a passphrase that all who use the backend have",
    )


def own_passphrase(home: Path, environment: Mapping[str, str]) -> Path | None:
    """Return the file with the passphrase of llamactl's own backend; a new one where it is new.

    None: there is none, because its stacks have another secrets provider, or were made by an
    earlier llamactl with the passphrase of the environment, which then still has to give it.

    Raises:
        InvalidFile: the file is empty.
        OSError: it cannot be read or written.
    """
    path = home / "passphrase"
    if path.exists():
        return _made_passphrase(home)
    if environment.get("LLAMACTL_SECRETS_PROVIDER"):
        return None
    has_stacks = any((home / "backend" / ".pulumi" / "stacks" / PROJECT).glob("*.json*"))
    return None if has_stacks and _has_passphrase(environment) else _made_passphrase(home)


def _made_passphrase(home: Path) -> Path:
    """Keep a random passphrase, for this user alone to read; the first of two runs makes it."""
    path = home / "passphrase"
    if not path.exists():
        import secrets

        from filelock import FileLock

        make_folder(home)
        with FileLock(home / "passphrase.lock"):
            if not path.exists():
                write_whole(path, secrets.token_urlsafe(32))
    if not path.read_text("utf-8").strip():
        hint = f"write the passphrase that the stacks were made with to {path}; {_NO_STACKS}"
        raise InvalidFile(str(path), ["the passphrase is empty"], hint=hint)
    return path


def _own_backend(home: Path) -> str:
    folder = home / "backend"
    make_folder(folder)
    return folder.resolve().as_uri()


def _has_passphrase(environment: Mapping[str, str]) -> bool:
    return any(name in environment for name in (PASSPHRASE, PASSPHRASE_FILE))


def _passphrase_of_login(home: Path, url: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Give llamactl's own passphrase to a backend of this machine, or where it was given before."""
    if _has_passphrase(environment) or environment.get("LLAMACTL_SECRETS_PROVIDER"):
        return {}
    if url.startswith("file:") or (home / "passphrase").exists():
        return {PASSPHRASE_FILE: str(_made_passphrase(home))}
    return {}
