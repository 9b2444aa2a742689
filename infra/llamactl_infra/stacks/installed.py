"""The engine's program where none is on PATH: the one that llamactl has fetched for itself."""

import os
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from llamactl_catalog.errors import ProgramMissing
from llamactl_catalog.extras import extra_command
from llamactl_catalog.progress import Report, Step

_BY_HAND = "or install it as pulumi.com/docs/install says, so that 'pulumi' is on PATH"
_TOLD_LINES = 3


def installed_engine(environment: Mapping[str, str]) -> Path | None:
    """Give the folder of the engine that goes with the library, if it was fetched."""
    try:
        root = _root(environment)
    except PackageNotFoundError:
        return None
    return root if _program(root).is_file() else None


def install_engine(environment: Mapping[str, str], report: Report) -> Path:
    """Fetch the engine's release that goes with the library, by the library's own installer.

    Where the engine's other programs look for it, too: below ~/.pulumi, or PULUMI_HOME.

    Raises:
        ProgramMissing: the library is not there, or the release cannot be fetched or run.
    """
    try:
        from pulumi.automation import InvalidVersionError, PulumiCommand
    except ImportError as error:
        hint = f"{extra_command('all')}\n       or, smaller, the extra of your cloud alone"
        raise ProgramMissing("the engine's library is not installed", hint=hint) from error
    root = _root(environment)
    report(Step(f"fetching pulumi {version('pulumi')}"))
    try:
        PulumiCommand.install(root=str(root))
    except subprocess.CalledProcessError as error:
        said = (error.output or b"").decode("utf-8", "replace").strip().splitlines()
        words = "\n  ".join(said[-_TOLD_LINES:]) or f"it ended with {error.returncode}"
        raise _not_installed(words) from error
    except (OSError, InvalidVersionError) as error:  # urllib's errors are among the first
        raise _not_installed(str(getattr(error, "reason", error))) from error
    report(Step(f"pulumi {version('pulumi')} is in {root}"))
    return root


def engine_home(environment: Mapping[str, str]) -> Path:
    """Give the folder in which the engine keeps what is its own: plug-ins, releases, logins."""
    own = environment.get("PULUMI_HOME")
    return Path(own) if own else Path(environment.get("HOME") or Path.home()) / ".pulumi"


def _not_installed(words: str) -> ProgramMissing:
    hint = f"try again where the network lets get.pulumi.com through;\n       {_BY_HAND}"
    return ProgramMissing(f"pulumi could not be installed: {words}", hint=hint)


def _root(environment: Mapping[str, str]) -> Path:
    return engine_home(environment) / "versions" / version("pulumi")


def _program(root: Path) -> Path:
    return root / "bin" / ("pulumi.exe" if os.name == "nt" else "pulumi")
