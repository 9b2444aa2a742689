"""Credentials for registries that the user has already: docker's and podman's own files."""

import base64
import binascii
import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llamactl_catalog.errors import InvalidFile, NoPermission

_HUB_KEY = "https://index.docker.io/v1/"
_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")
# What a credential helper gives as user where the secret is an identity token.
# Source: github.com/docker/docker-credential-helpers, README, read 2026-11.
_TOKEN_USER = "<token>"  # noqa: S105 - a user name
_HELPER_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Login:
    """Who one is at a registry: a name with its password, or an identity token."""

    username: str
    password: str = field(repr=False)
    identity_token: str | None = field(default=None, repr=False)

    def basic(self) -> str:
        """Give the value of an Authorization header, and of `auth` in docker's file."""
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def own_login(registry: str, environment: Mapping[str, str], home: Path) -> Login | None:
    """Find the user's own credentials for a registry, as podman and docker would.

    The files, in this order: $REGISTRY_AUTH_FILE, $XDG_RUNTIME_DIR/containers/auth.json,
    $XDG_CONFIG_HOME/containers/auth.json, $DOCKER_CONFIG/config.json. None: there are none, so one
    asks as anybody. Source: containers-auth.json(5), `docker login`'s reference, read 2026-11.

    Raises:
        InvalidFile: a file is no JSON.
        NoPermission: a credential helper is missing or fails.
    """
    for path in _files(environment, home):
        document = _document(path)
        helper = _helper(document, registry)
        found = _from_helper(helper, registry, environment) if helper is not None else None
        found = found if found is not None else _from_auths(document, registry, path)
        if found is not None:
            return found
    return None


def auth_file(logins: Mapping[str, Login]) -> str:
    """Give the text of a file that docker, podman and buildah read credentials from."""
    auths = {registry: {"auth": login.basic()} for registry, login in logins.items()}
    return json.dumps({"auths": auths})


def _files(environment: Mapping[str, str], home: Path) -> Iterator[Path]:
    if named := environment.get("REGISTRY_AUTH_FILE"):
        yield Path(named)
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield Path(runtime) / "containers" / "auth.json"
    config = environment.get("XDG_CONFIG_HOME")
    yield (Path(config) if config else home / ".config") / "containers" / "auth.json"
    docker = environment.get("DOCKER_CONFIG")
    yield (Path(docker) if docker else home / ".docker") / "config.json"


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise NoPermission(f"{path} may not be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidFile(str(path), [f"is no JSON: {error}"], hint="docker login") from error
    return found if isinstance(found, dict) else {}


def _keys(registry: str) -> tuple[str, ...]:
    if registry in _HUB:
        return (_HUB_KEY, *_HUB)
    return (registry, f"https://{registry}", f"https://{registry}/v1/", f"https://{registry}/v2/")


def _helper(document: Mapping[str, Any], registry: str) -> str | None:
    own = document.get("credHelpers")
    named = (own.get(key) for key in _keys(registry)) if isinstance(own, dict) else ()
    return next(filter(None, named), None) or document.get("credsStore") or None


def _from_auths(document: Mapping[str, Any], registry: str, path: Path) -> Login | None:
    auths = document.get("auths")
    found = (auths.get(key) for key in _keys(registry)) if isinstance(auths, dict) else ()
    entry = next((each for each in found if isinstance(each, dict)), None)
    if not entry:
        return None
    token = entry.get("identitytoken") or None
    name, password = entry.get("username", ""), entry.get("password", "")
    if entry.get("auth"):
        try:
            name, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            problems = [f"the credentials of {registry} are unreadable"]
            raise InvalidFile(str(path), problems, hint=f"docker login {registry}") from error
    return Login(name, password, token) if (name and password) or token else None


def _from_helper(name: str, registry: str, environment: Mapping[str, str]) -> Login | None:
    program = f"docker-credential-{name}"
    for key in _keys(registry):
        try:
            done = subprocess.run(  # noqa: S603 - the program that the user's own file names
                [program, "get"],
                input=key,
                capture_output=True,
                text=True,
                check=False,
                timeout=_HELPER_TIMEOUT_S,
                env=dict(environment),
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            hint = f"install {program}, or log in again: docker login {registry}"
            raise NoPermission(
                f"the credential helper {program} fails: {error}", hint=hint
            ) from None
        if done.returncode == 0:
            return _told_by_helper(done.stdout)
    return None


def _told_by_helper(text: str) -> Login | None:
    try:
        found = json.loads(text)
        name, secret = found["Username"], found["Secret"]
    except (ValueError, KeyError, TypeError):
        return None
    if name == _TOKEN_USER:
        return Login("", "", secret)
    return Login(name, secret)
