"""Which tool builds: the one that is named, or the first that is here."""

import shutil
from collections.abc import Mapping
from typing import assert_never, get_args

from llamactl_catalog.errors import ProgramMissing
from llamactl_containers.builders.builder import Builder, Tool
from llamactl_containers.builders.running import answer_of

ORDER: tuple[Tool, ...] = get_args(Tool)
_INSTALL = (
    "install Docker (https://docs.docker.com/engine/install), podman or buildah; "
    "or build in the cloud with --remote"
)


def choose_builder(named: Tool | None, environment: Mapping[str, str]) -> Builder:
    """Give the tool that is named, or the first of docker, podman and buildah that works here.

    Raises:
        ProgramMissing: it is not on PATH or does not work, or none of the three is there.
    """
    if named is not None:
        if shutil.which(named, path=environment.get("PATH")) is None:
            raise ProgramMissing(f"no {named} program on PATH", hint=_INSTALL)
        return _builder(named)
    reasons = []
    for tool in ORDER:
        reason = _why_not(tool, environment)
        if reason is None:
            return _builder(tool)
        reasons.append(f"{tool}: {reason}")
    message = f"nothing here builds images: {'; '.join(reasons)}"
    raise ProgramMissing(message, hint=_INSTALL)


def _why_not(tool: Tool, environment: Mapping[str, str]) -> str | None:
    if shutil.which(tool, path=environment.get("PATH")) is None:
        return "not on PATH"
    if tool == "docker":  # its client alone builds nothing
        for question in (["docker", "buildx", "version"], ["docker", "version"]):
            try:
                answer_of(question, environment)
            except ProgramMissing as error:
                return error.message
    return None


def _builder(tool: Tool) -> Builder:
    match tool:
        case "docker":
            from llamactl_containers.builders.docker import Docker

            return Docker()
        case "podman":
            from llamactl_containers.builders.podman import Podman

            return Podman()
        case "buildah":
            from llamactl_containers.builders.buildah import Buildah

            return Buildah()
        case _ as never:
            assert_never(never)
