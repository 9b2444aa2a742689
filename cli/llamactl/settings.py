"""Settings: option, before LLAMACTL_… environment, before llamactl.toml, before default."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from llamactl_catalog.errors import InvalidFile, NotFound

FILE_NAME = "llamactl.toml"
PATH_SETTINGS = ("state_dir", "cache_dir", "catalog_overlay")


def read_settings(explicit: Path | None, known: Mapping[str, object]) -> dict[str, Any]:
    """Read the settings file as Click's default map: `known` are the names it may hold.

    The file is the one named, or else the nearest llamactl.toml in this folder or above it, or
    else the one in the user's configuration folder. A path in it is relative to the file.

    Raises:
        NotFound: the named file does not exist.
        InvalidFile: it is not TOML, or holds names that are no setting.
    """
    path = _find(explicit)
    if path is None:
        return {}
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidFile(str(path), [str(error)]) from error
    settings: dict[str, Any] = _underscored(document)
    unknown = sorted(set(settings) - set(known))
    if unknown:
        problems = [f"{name}: no such setting or command" for name in unknown]
        raise InvalidFile(str(path), problems, hint=f"it may hold {', '.join(sorted(known))}")
    for name in PATH_SETTINGS:
        if name in settings:
            settings[name] = str(path.parent / Path(str(settings[name])).expanduser())
    return settings


def command_settings(command: click.Command, values: object) -> dict[str, Any]:
    """Read one command's table of the settings file: options by their long names.

    Raises:
        InvalidFile: it is no table, or holds names that are no option of the command.
    """
    if not isinstance(values, dict):
        hint = f"write [{command.name}]"
        raise InvalidFile(FILE_NAME, [f"{command.name}: is not a table"], hint=hint)
    parameters = {_long_name(each): each.name for each in command.params} | {
        name: name for name in getattr(command, "commands", {})
    }
    problems = [f"{command.name}.{name}: no such option" for name in values.keys() - parameters]
    if problems:
        names = ", ".join(sorted(name.replace("_", "-") for name in parameters))
        raise InvalidFile(FILE_NAME, sorted(problems), hint=f"[{command.name}] may hold {names}")
    return {str(parameters[name]): value for name, value in values.items()}


def _find(explicit: Path | None) -> Path | None:
    if explicit is not None:
        if not explicit.is_file():
            raise NotFound(f"no settings file {explicit}", hint="leave out --config, or write it")
        return explicit
    here = Path.cwd()
    nearest = [folder / FILE_NAME for folder in (here, *here.parents)]
    return next((path for path in [*nearest, _user_file()] if path.is_file()), None)


def _user_file() -> Path:
    import platformdirs

    return platformdirs.user_config_path("llamactl") / FILE_NAME


def default_dir(kind: str) -> Path:
    """Give the user's own folder for `state` or `cache`, by the habit of the platform."""
    import platformdirs

    if kind == "state":
        return platformdirs.user_state_path("llamactl")
    return platformdirs.user_cache_path("llamactl")


def _long_name(parameter: click.Parameter) -> str:
    longest = max(parameter.opts, key=len)
    return longest.lstrip("-").replace("-", "_")


def _underscored(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.replace("-", "_"): _underscored(each) for name, each in value.items()}
    return value
