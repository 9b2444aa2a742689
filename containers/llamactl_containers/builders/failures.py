"""Why a build failed, from what the tool printed last."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from llamactl_catalog.errors import (
    LlamactlError,
    NoCapacity,
    NoPermission,
    NotFound,
    ProgramMissing,
    Unhealthy,
)


class Sign(NamedTuple):
    """A text of the output that tells why: the error's kind, what to say, what to do."""

    pattern: re.Pattern[str]
    error: type[LlamactlError]
    what: str
    hint: str


def _sign(pattern: str, error: type[LlamactlError], what: str, hint: str) -> Sign:
    return Sign(re.compile(pattern, re.IGNORECASE), error, what, hint)


# In this order: what comes first explains what comes after it. Texts of docker 28, podman 4.3 and
# buildah 1.28, and of the registries behind them.
_SIGNS = (
    _sign(
        r"no space left on device|disk quota exceeded|not enough space",
        NoCapacity,
        "the disk is full",
        "free some space: the tool's own storage (docker system prune, podman system prune, "
        "buildah rmi --prune), the temporary folder and --cache-dir need room for the base image "
        "and the result",
    ),
    _sign(
        r"cannot connect to the docker daemon|is the docker daemon running|docker daemon socket"
        r"|error during connect",
        ProgramMissing,
        "the docker daemon does not answer",
        "start Docker, or join the group that may use it; or --tool podman or buildah",
    ),
    _sign(
        r"exporter is not supported for the docker driver",
        ProgramMissing,
        "docker's builder cannot write an image to a file",
        "docker buildx create --name llamactl --driver docker-container, or turn on Docker's "
        "containerd image store, or --tool podman or buildah",
    ),
    _sign(
        r"unknown command: docker buildx|'buildx' is not a docker command",
        ProgramMissing,
        "docker has no buildx",
        "install docker's buildx plugin; or --tool podman or buildah",
    ),
    _sign(
        r"unknown flag|unknown shorthand flag|unrecognized option",
        ProgramMissing,
        "the tool is too old",
        "docker needs buildx 0.11 and BuildKit 0.13, podman 4.3, buildah 1.28, or newer",
    ),
    _sign(
        r"manifest unknown|name unknown|repository .{0,200}not found|: not found|no such image"
        r"|repository does not exist|not known to registry",
        NotFound,
        "the base image was not found",
        "name another with --base",
    ),
    _sign(
        r"unauthorized|authentication required|denied: |access denied|403 forbidden"
        r"|requested access to the resource is denied|invalid username/password",
        NoPermission,
        "the base image's registry refuses",
        "log in to it with the tool: docker login, podman login, buildah login",
    ),
    _sign(
        r"no such host|connection refused|i/o timeout|tls handshake|network is unreachable"
        r"|connection reset|unexpected eof|no route to host|temporary failure in name"
        r"|context deadline exceeded|x509:|http: server gave http response to https client",
        Unhealthy,
        "the network failed",
        "check it, and a proxy's settings; then run it again",
    ),
    _sign(
        r"operation not permitted|permission denied",
        NoPermission,
        "the tool may not do this here",
        "rootless tools need user namespaces, and an entry in /etc/subuid",
    ),
)


def build_failure(tool: str, lines: Sequence[str], exit_code: int, log: Path) -> LlamactlError:
    """Give the error for a build that ended with `exit_code` after these last lines."""
    told = [each.strip() for each in lines if each.strip()]
    for sign in _SIGNS:
        for line in reversed(told):
            if sign.pattern.search(line) is not None:
                hint = f"{sign.hint} (log: {log})"
                return sign.error(f"{tool}: {sign.what}: {line}", hint=hint)
    last = told[-1] if told else "without a word"
    return Unhealthy(f"{tool} failed with exit code {exit_code}: {last}", hint=f"log: {log}")
