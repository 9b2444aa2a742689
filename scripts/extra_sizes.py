"""Measure what each extra takes on disk, as the table of README.md has it.

    .venv/bin/python scripts/extra_sizes.py            # all of them: minutes, and the package index
    .venv/bin/python scripts/extra_sizes.py aws azure

Each is installed from uv.lock into a new environment, compiled to bytecode as pip does it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NONE = "none"
BLOCK_BYTES = 512  # what st_blocks counts in (stat(2))


def extras() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return [NONE, *settings["project"]["optional-dependencies"]]


def installed_bytes(extra: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        return on_disk_bytes(install(extra, Path(folder, "environment")))


def install(extra: str, environment: Path) -> Path:
    uv = shutil.which(
        "uv", path=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()])
    )
    if uv is None:
        sys.exit("error: uv is not installed\n hint: make test installs it into .venv")
    command = [uv, "sync", "--quiet", "--locked", "--no-dev", "--no-editable", "--compile-bytecode"]
    command += ["--project", str(ROOT), "--python", sys.executable]
    command += [] if extra == NONE else ["--extra", extra]
    own = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(environment)}
    own.pop("VIRTUAL_ENV", None)
    subprocess.run(command, env=own, check=True)
    return environment


def on_disk_bytes(folder: Path) -> int:
    files = [path.lstat() for path in folder.rglob("*")]
    return sum(
        getattr(each, "st_blocks", each.st_size // BLOCK_BYTES) * BLOCK_BYTES for each in files
    )


if __name__ == "__main__":
    for name in sys.argv[1:] or extras():
        print(f"{name:<10} {installed_bytes(name) / 1e6:>6.0f} MB", flush=True)
