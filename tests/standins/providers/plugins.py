"""The environment in which the engine finds the stand-ins' providers, and nothing of its user's."""

import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

_HERE = Path(__file__).parent
_TESTS = _HERE.parents[1]
_ROOTS = [_TESTS.parent / name for name in ("catalog", "containers", "infra", "gateway", "cli")]
# What a user's own engine is told, by which these tests are not to be led.
FORGOTTEN = (
    "PULUMI_BACKEND_URL",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
)
# Where an account's stand-in says nothing else, nobody is signed in, and no one answers.
_NOBODY = {
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
}


def engine_environment(folder: Path, **plugins: Iterable[object]) -> dict[str, str]:
    """Make an empty home and the plug-ins: a cloud's name, its module, and its own arguments."""
    programs, home = folder / "bin", folder / "pulumi-home"
    programs.mkdir(parents=True)
    home.mkdir()
    for name, command in plugins.items():
        _write(programs / f"pulumi-resource-{name.replace('_', '-')}", list(map(str, command)))
    return {
        **_NOBODY,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_HOME": str(home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # Pulumi looks for the plugin of each provider that is installed, with 2.5 s of retries.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "",
        "PYTHONPATH": os.pathsep.join(map(str, _ROOTS)),
    }


def _write(path: Path, command: list[str]) -> None:
    module, *own = command
    roots = os.pathsep.join(map(str, [*_ROOTS, _TESTS]))
    start = ["env", f"PYTHONPATH={roots}", sys.executable, str(_HERE / f"{module}.py"), *own]
    path.write_text(f'#!/bin/sh\nexec {shlex.join(start)} "$@"\n')
    path.chmod(0o755)
