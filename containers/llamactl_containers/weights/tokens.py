"""Finding the token of the Hugging Face Hub: in the environment, its own file or the keyring."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from llamactl_catalog.errors import InvalidInput, NoPermission

_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
KEYRING_SERVICE = "llamactl"
KEYRING_NAME = "huggingface"


@dataclass(frozen=True, slots=True)
class HubToken:
    """A token and where it was found; its value shows in no message, `repr` or log."""

    origin: str
    value: str = field(repr=False)


def find_token(environment: Mapping[str, str]) -> HubToken | None:
    """Give the first token there is: environment, then the Hub's own token file, then keyring.

    Raises:
        InvalidInput: what is there cannot be a token.
        NoPermission: the token file may not be read.
    """
    for name in _VARIABLES:
        if value := environment.get(name, "").strip():
            return _token(f"environment variable {name}", value)
    path = token_path(environment)
    try:
        value = path.read_text("utf-8-sig").strip()
    except PermissionError as error:
        hint = "change its permissions, or set HF_TOKEN"
        raise NoPermission(f"the token file {path} may not be read", hint=hint) from error
    except UnicodeDecodeError:
        raise _no_token(f"token file {path}") from None
    except OSError:  # there is none
        value = ""
    if value:
        return _token(f"token file {path}", value)
    return _from_keyring()


def token_path(environment: Mapping[str, str]) -> Path:
    """Give the path of the Hub's own token file.

    Source: huggingface_hub `constants.py`, HF_TOKEN_PATH, HF_HOME, XDG_CACHE_HOME.
    """
    if named := environment.get("HF_TOKEN_PATH"):
        return Path(named).expanduser()
    if home := environment.get("HF_HOME"):
        return Path(home).expanduser() / "token"
    cache = environment.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "huggingface" / "token"


def _from_keyring() -> HubToken | None:
    if find_spec("keyring") is None:
        return None
    keyring = import_module("keyring")
    try:
        value = keyring.get_password(KEYRING_SERVICE, KEYRING_NAME)
    except keyring.errors.KeyringError:  # no desktop, or it stays locked: as if there were none
        return None
    return _token("system keyring", value.strip()) if value else None


def _token(origin: str, value: str) -> HubToken:
    """Take a text as a token, if it can be sent as one at all."""
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise _no_token(origin)
    return HubToken(origin, value)


def _no_token(origin: str) -> InvalidInput:
    hint = "a token is one word of letters, digits and signs: hf auth login writes it anew"
    return InvalidInput(f"what the {origin} holds is no token of the Hub", hint=hint)
