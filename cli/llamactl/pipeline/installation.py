"""What is installed here, and works: for `doctor`, and for what `deploy` needs."""

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution, requires, version
from pathlib import Path

from llamactl.app import App
from llamactl_catalog.errors import LlamactlError, NoPermission, ProgramMissing
from llamactl_catalog.extras import extra_command
from llamactl_catalog.progress import silent
from llamactl_infra.live.cloud import Finding

_NEED = re.compile(r"(?P<package>[\w.-]+)[^;]*;.*extra == ['\"](?P<extra>[\w-]+)['\"]")
_PLATFORM = "platform_system"
_ENGINE = "engine"
_LIBRARY = "pulumi"


def installation(app: App, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Look at all that is installed here, and where things are kept; nothing is made."""
    yield Finding("llamactl", "ok", f"{version('llamactl')} in {Path(sys.prefix)}")
    yield Finding("python", "ok", f"{platform.python_version()}, {platform.platform(terse=True)}")
    yield _extras()
    if has_library():
        yield engine_finding()
        yield _environment(environment)
    else:
        yield _no_library()
    yield backend_finding(app, environment)
    yield _state(app)
    yield _folder("cache", app.cache_dir)
    yield ledger_finding(app)
    yield _catalog(app)
    yield _docker(environment)
    yield builder_finding(environment, needed=False)
    yield _gpu()


def has_library() -> bool:
    """Tell whether the library of Pulumi is installed."""
    return _is_installed(_LIBRARY)


def engine_finding(extra: str = "all") -> Finding:
    """Look for the engine, and whether its version goes with its library.

    `extra` has the library.
    """
    if not has_library():
        hint = extra_command(extra)
        error = ProgramMissing("the engine's library, pulumi, is not installed", hint=hint)
        return Finding(_ENGINE, "failed", error.message, error)
    from llamactl_infra.stacks.command import engine_command

    try:
        command = engine_command(silent)
    except ProgramMissing as error:
        return Finding(_ENGINE, "failed", error.message, error)
    where = shutil.which(command.command)
    return Finding(_ENGINE, "ok", f"pulumi {command.version}: {where}")


def builder_finding(environment: Mapping[str, str], *, needed: bool = True) -> Finding:
    """Look for a tool that builds images; one that is not needed may be missing."""
    from llamactl_containers.builders.choice import choose_builder

    try:
        builder = choose_builder(None, environment)
    except ProgramMissing as error:
        if needed:
            return Finding("builder", "failed", error.message, error)
        return Finding("builder", "ok", "none is here: only `llamactl image build` needs one")
    return Finding("builder", "ok", f"{builder.name} builds images")


def backend_finding(app: App, environment: Mapping[str, str]) -> Finding:
    """Say where stacks are kept."""
    from llamactl_infra.stacks.place import is_logged_in, project_above

    own = app.state_dir / "pulumi"
    named = environment.get("PULUMI_BACKEND_URL")
    try:
        above = project_above(Path.cwd())
        folder = above if above is not None else own / "project"
        logged_in = is_logged_in(environment, folder)
    except LlamactlError as error:
        return Finding("backend", "failed", error.message, error)
    if named:
        text = f"{named}, by PULUMI_BACKEND_URL"
    elif logged_in:
        text = "the one that the engine is logged in to"
    else:
        text = f"{own / 'backend'}, since the engine is logged in to none"
    project = f"; the project of {above}" if above is not None else ""
    return Finding("backend", "ok", f"{text}{project}")


def ledger_finding(app: App) -> Finding:
    """Read the ledger of acceptances, and verify its chain."""
    try:
        records = app.ledger().records()
    except LlamactlError as error:
        return Finding("ledger", "failed", error.message, error)
    count = "1 record" if len(records) == 1 else f"{len(records)} records"
    return Finding("ledger", "ok", f"{count} in {app.ledger_address()}")


def _extras() -> Finding:
    needed: dict[str, list[str]] = {}
    for line in requires("llamactl") or ():
        found = _NEED.match(line)
        if found is not None and found["extra"] != "all" and _PLATFORM not in line:
            needed.setdefault(found["extra"], []).append(found["package"])
    whole = [extra for extra, names in needed.items() if all(map(_is_installed, names))]
    missing = [extra for extra in needed if extra not in whole]
    here = ", ".join(sorted(whole)) or "none"
    rest = f"; not installed: {', '.join(sorted(missing))}" if missing else ""
    return Finding("extras", "ok", f"{here}{rest}")


def _environment(environment: Mapping[str, str]) -> Finding:
    from llamactl_infra.stacks.program_environment import environment_finding

    return environment_finding(Path.cwd(), None, environment)


def _no_library() -> Finding:
    text = "pulumi is not installed: clouds need it, this machine does not"
    return Finding(_ENGINE, "ok", text)


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True


def _state(app: App) -> Finding:
    try:
        app.require_own_state()
    except LlamactlError as error:
        return Finding("state", "failed", error.message, error)
    return _folder("state", app.state_dir)


def _folder(check: str, folder: Path) -> Finding:
    """Tell whether a folder can be written, or made where it is not there yet."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        yet = "" if there == folder else "; it is made when it is needed"
        return Finding(check, "ok", f"{folder}{yet}")
    error = NoPermission(
        f"{folder} cannot be written", hint=f"name another with --{check}-dir, or mend {there}"
    )
    return Finding(check, "failed", error.message, error)


def _catalog(app: App) -> Finding:
    try:
        catalog = app.catalog()
    except LlamactlError as error:
        return Finding("catalog", "failed", error.message, error)
    overlay = app.catalog_overlay
    own = f", with {overlay}" if overlay is not None else ""
    return Finding("catalog", "ok", f"{len(catalog.models)} models{own}")


def _docker(environment: Mapping[str, str]) -> Finding:
    from llamactl_containers.builders.running import answer_of

    if shutil.which("docker", path=environment.get("PATH")) is None:
        text = "not installed: only images and the engine tgi on this machine need it"
        return Finding("docker", "ok", text)
    try:
        answer = answer_of(["docker", "version", "--format", "{{.Server.Version}}"], environment)
    except ProgramMissing as error:
        text = f"its daemon does not answer: {error.message}"
        hint = "start Docker, or join the group that may use it; clouds do not need it"
        return Finding("docker", "unknown", text, ProgramMissing(text, hint=hint))
    return Finding("docker", "ok", f"docker {answer}")


def _gpu() -> Finding:
    from llamactl_containers.docker import gpu_count

    count = gpu_count()
    if count == 0:
        return Finding("gpu", "ok", "none: models run on this machine's processor")
    return Finding("gpu", "ok", "1 NVIDIA GPU" if count == 1 else f"{count} NVIDIA GPUs")
