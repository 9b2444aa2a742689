"""The wheel holds all that runs and nothing else, and works far from the checkout."""

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from architecture.sources import PACKAGES, ROOT
from fresh_environment import SCRIPTS, UV, run

WHERE = (
    "import llamactl, llamactl_catalog; print(llamactl.__file__); print(llamactl_catalog.__file__)"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory, package_index) -> Path:
    """An empty environment with pip."""
    folder = tmp_path_factory.mktemp("pip")
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    return folder


def check_it_runs(binaries: Path, folder: Path) -> None:
    """Use an installed llamactl from a folder that has nothing to do with the checkout."""
    llamactl = binaries / "llamactl"
    version = run(llamactl, "--version", cwd=folder)
    models = json.loads(run(llamactl, "models", "--json", cwd=folder))
    table = run(llamactl, "list", cwd=folder)

    assert version.startswith("llamactl, version 0.")
    assert "llama-2-13b-chat" in {model["id"] for model in models}
    assert table == ""


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel):
    there = {
        path.relative_to(folder.parent).as_posix()
        for folder in PACKAGES.values()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }

    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == there


def test_the_wheel_carries_the_license_and_the_command(wheel):
    with zipfile.ZipFile(wheel) as archive:
        texts = {name.split("/", 1)[1]: name for name in archive.namelist() if "-info/" in name}
        entry_points = archive.read(texts["entry_points.txt"]).decode()
    assert "licenses/LICENSE" in texts
    assert "llamactl = llamactl.door:main" in entry_points


@pytest.mark.packaging
def test_the_wheel_runs_where_pip_installed_it(wheel, environment, tmp_path):
    run(environment / SCRIPTS / "python", "-m", "pip", "install", "-q", wheel, cwd=tmp_path)

    check_it_runs(environment / SCRIPTS, tmp_path)
    places = run(environment / SCRIPTS / "python", "-c", WHERE, cwd=tmp_path)
    assert str(ROOT) not in places


@pytest.mark.packaging
def test_a_checkout_that_pip_installed_editable_runs(wheel, environment, tmp_path):
    pip = [environment / SCRIPTS / "python", "-m", "pip"]
    run(*pip, "install", "-q", wheel, cwd=tmp_path)
    run(*pip, "install", "-q", "--no-deps", "-e", ROOT, cwd=tmp_path)

    check_it_runs(environment / SCRIPTS, tmp_path)
    places = run(environment / SCRIPTS / "python", "-c", WHERE, cwd=tmp_path)
    assert all(Path(line).is_relative_to(ROOT) for line in places.splitlines())


@pytest.mark.packaging
@pytest.mark.skipif(UV is None, reason="uv is not installed")
@pytest.mark.usefixtures("package_index")
def test_the_wheel_runs_where_uv_installed_it(wheel, tmp_path):
    run(UV, "venv", "-q", "--python", sys.executable, tmp_path / "uv", cwd=tmp_path)
    python = tmp_path / "uv" / SCRIPTS / "python"

    run(UV, "pip", "install", "-q", "--python", python, wheel, cwd=tmp_path)

    check_it_runs(tmp_path / "uv" / SCRIPTS, tmp_path)


@pytest.mark.skipif(UV is None, reason="uv is not installed")
def test_the_lock_is_current_and_names_only_the_public_index():
    command = [UV, "lock", "--check", "--offline", "--project", ROOT]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    hosts = set(re.findall(r'"https?://([^/"]+)', (ROOT / "uv.lock").read_text("utf-8")))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}
