"""What tells, without the engine, that stacks were made from here, and their names."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from llamactl_infra.stacks.place import PROJECT, is_logged_in, project_above

_SETTINGS = ("yaml", "yml")
_NAMED = ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN")


def names_seen(state_dir: Path, cwd: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Name the stacks that have left a file here: of settings, or of state."""
    folders = [_project(state_dir), project_above(cwd)]
    found = {name for folder in folders if folder is not None for name in _settings(folder)}
    for backend in (state_dir / "pulumi" / "backend", backend_folder(environment)):
        if backend is not None:
            found.update(_states(backend))
    return tuple(sorted(found))


def is_in_use(state_dir: Path, cwd: Path, environment: Mapping[str, str]) -> bool:
    """Tell whether the engine may know of stacks; reads files alone, and makes none.

    A login alone, of someone who has other projects, is no sign: a project is, or a backend that
    the environment names.

    Raises:
        InvalidFile: the engine's own file of credentials is broken.
    """
    if names_seen(state_dir, cwd, environment):
        return True
    if any(environment.get(name) for name in _NAMED):
        return backend_folder(environment) is None
    above = project_above(cwd)
    folder = above if above is not None else _project(state_dir)
    return folder.is_dir() and is_logged_in(environment, folder)


def may_know(state_dir: Path, cwd: Path, environment: Mapping[str, str]) -> bool:
    """Tell whether the engine is worth asking for a name that is not known here.

    Raises:
        InvalidFile: the engine's own file of credentials is broken.
    """
    folder = _project(state_dir)
    return is_in_use(state_dir, cwd, environment) or is_logged_in(environment, folder)


def backend_folder(environment: Mapping[str, str]) -> Path | None:
    """Give the backend of the environment where it is a folder, which can be looked into."""
    url = environment.get("PULUMI_BACKEND_URL") or ""
    if not url.startswith("file:///"):
        return None
    from urllib.request import url2pathname

    return Path(url2pathname(urlsplit(url).path))


def _project(state_dir: Path) -> Path:
    return state_dir / "pulumi" / "project"


def _settings(folder: Path) -> Iterator[str]:
    for suffix in _SETTINGS:
        for path in folder.glob(f"Pulumi.*.{suffix}"):
            yield path.name.removeprefix("Pulumi.").removesuffix(f".{suffix}")


def _states(backend: Path) -> Iterator[str]:
    for path in (backend / ".pulumi" / "stacks" / PROJECT).glob("*.json*"):
        name = path.name.removesuffix(".gz")
        if name.endswith(".json"):
            yield name.removesuffix(".json")
