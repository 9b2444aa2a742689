"""Settings: option, before LLAMACTL_… environment, before llamactl.toml, before default."""

import tomllib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from llamactl_catalog.errors import InvalidFile, InvalidInput, NoPermission, NotFound
from llamactl_containers.file_trust import require_trusted_file, require_trusted_folder

FILE_NAME = "llamactl.toml"
PATH_SETTINGS = ("state_dir", "cache_dir", "catalog_overlay", "license_ledger", "license_policy")
# A ledger is meant to be shared, and its records are verified; a state folder is checked where it
# is used, whoever named it.
_CHECKED_ELSEWHERE = ("license_ledger", "state_dir")
# What an address of object storage has in it; a ledger may be there.
_ADDRESS = "://"


def find_settings(explicit: Path | None) -> Path | None:
    """Return the settings file in force; None: there is none.

    It is the one named, or else the nearest llamactl.toml in this folder or above it, or else the
    one in the user's configuration folder. One that was found, not named, must be this user's.

    Raises:
        NotFound: the named file, or the current folder, does not exist.
        DubiousOwner: the nearest one belongs to another user, or others may write it.
    """
    if explicit is not None:
        if not explicit.exists():
            raise NotFound(f"no settings file {explicit}", hint="leave out --config, or write it")
        return explicit
    found = next((path for path in _folders_above() if _is_file(path)), None)
    if found is not None:
        require_trusted_file(found)
        return found
    with suppress(RuntimeError):  # no HOME, and a user id without a name
        own = _user_file()
        return own if _is_file(own) else None
    return None


def read_settings(
    explicit: Path | None, known: Collection[str], tables: Collection[str] = ()
) -> dict[str, Any]:
    """Read the settings file as Click's default map: `known` are the names it may hold.

    A path in it is relative to the file. What a file that was found, not named, names in turn must
    be this user's too. What the `tables` hold, one for a command, is left to `command_settings`.

    Raises:
        NotFound: the named file, or the current folder, does not exist.
        NoPermission: it may not be read.
        InvalidFile: it is not TOML, or holds names that are no setting, or values that are none.
        DubiousOwner: it, or what it names, belongs to another user, or others may write it.
    """
    path = find_settings(explicit)
    if path is None:
        return {}
    settings: dict[str, Any] = _underscored(_document(path))
    own = {name: value for name, value in settings.items() if name not in tables}
    unknown = sorted(set(own) - set(known))
    problems = [f"{name}: no such setting or command" for name in unknown]
    problems += [
        f"{_hyphened(name)}: {problem}"
        for name in sorted(set(own) - set(unknown))
        if (problem := _problem(own[name], is_path=name in PATH_SETTINGS)) is not None
    ]
    if problems:
        names = ", ".join(sorted(map(_hyphened, {*known, *tables})))
        raise InvalidFile(str(path), problems, hint=f"it may hold {names}")
    for name, value in own.items():
        is_path = name in PATH_SETTINGS
        if name == "license_ledger" and _ADDRESS in value:
            is_path = False
        settings[name] = str(path.parent / Path(value).expanduser() if is_path else value)
        if is_path and explicit is None and name not in _CHECKED_ELSEWHERE:
            _require_trusted(Path(settings[name]))
    return settings


def command_settings(command: click.Command, values: object) -> dict[str, Any]:
    """Read one command's table of the settings file: options by their long names.

    Values are given as the text that the command line would have, for the same checks.

    Raises:
        InvalidFile: it is no table, or holds names that are no option of the command, or a list or
            a table where one value is needed.
    """
    if not isinstance(values, dict):
        hint = f"write [{command.name}]"
        raise InvalidFile(FILE_NAME, [f"{command.name}: is not a table"], hint=hint)
    options = {_long_name(each): each for each in command.params}
    below = command.commands if isinstance(command, click.Group) else {}
    known = {*options, *below}
    problems = [f"{command.name}.{name}: no such option" for name in values.keys() - known]
    problems += [
        f"{command.name}.{_hyphened(name)}: {problem}"
        for name in values.keys() & options.keys()
        if (problem := _problem(values[name], is_many=_is_many(options[name]))) is not None
    ]
    if problems:
        names = ", ".join(sorted(map(_hyphened, known)))
        raise InvalidFile(FILE_NAME, sorted(problems), hint=f"[{command.name}] may hold {names}")
    return {
        str(options[name].name): _words(options[name], value)
        for name, value in values.items()
        if name in options
    } | {name: command_settings(below[name], values[name]) for name in below if name in values}


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidFile(str(path), [str(error)]) from error
    except PermissionError as error:
        raise NoPermission(f"{path} may not be read", hint=f"chmod +r {path}") from error


def _problem(value: object, *, is_path: bool = False, is_many: bool = False) -> str | None:
    """Say why a value cannot stand for what would be typed on the command line."""
    each_of = value if is_many and isinstance(value, list) else [value]
    if any(isinstance(each, dict | list) for each in each_of):
        return "takes one value"
    if any("\0" in str(each) for each in each_of):
        return "holds a null character"
    if not is_path:
        return None
    if not isinstance(value, str) or not value:
        return "is not a path, which stands in quotes"
    try:
        Path(value).expanduser()
    except RuntimeError:  # no such user, or one without a home
        return f"'{value}' is in no known home"
    return None


def _is_many(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and parameter.multiple


def _words(parameter: click.Parameter, value: object) -> str | list[str]:
    if not _is_many(parameter):
        return str(value)
    return [str(each) for each in (value if isinstance(value, list) else [value])]


def _require_trusted(path: Path) -> None:
    if path.is_dir():
        require_trusted_folder(path)
    elif path.exists():
        require_trusted_file(path)


def _folders_above() -> list[Path]:
    try:
        here = Path.cwd()
    except FileNotFoundError as error:
        raise NotFound("the current folder is gone", hint="cd to one that exists") from error
    return [folder / FILE_NAME for folder in (here, *here.parents)]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:  # a folder above may be closed to this user
        return False


def _user_file() -> Path:
    import platformdirs

    return platformdirs.user_config_path("llamactl") / FILE_NAME


def default_dir(kind: str) -> Path:
    """Give the user's own folder for `state` or `cache`, by the habit of the platform.

    Raises:
        InvalidInput: the environment names no home.
    """
    import platformdirs

    folder = platformdirs.user_state_path if kind == "state" else platformdirs.user_cache_path
    try:
        return folder("llamactl")
    except RuntimeError as error:  # no HOME, and a user id without a name
        hint = f"set HOME, or name a folder with --{kind}-dir"
        raise InvalidInput(f"no home is known for the {kind} folder", hint=hint) from error


def _long_name(parameter: click.Parameter) -> str:
    longest = max(parameter.opts, key=len)
    return longest.lstrip("-").replace("-", "_")


def _hyphened(name: str) -> str:
    return name.replace("_", "-")


def _underscored(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.replace("-", "_"): _underscored(each) for name, each in value.items()}
    return value
