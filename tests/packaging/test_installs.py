"""From each install that README.md has to a deployment: a new environment, one extra alone."""

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import distribution
from pathlib import Path

import pytest

from architecture.sources import ROOT
from cli.clouds.conftest import (  # noqa: F401 - fixtures
    FILES,
    MODEL,
    REPO,
    accepted,
    aws,
    azure,
    chat,
    on_aws,
    on_azure,
)
from fresh_environment import SCRIPTS, UV, clean_environment, run
from standins.hub import HubStandIn

pytestmark = [
    pytest.mark.packaging,
    pytest.mark.usefixtures("package_index"),
    pytest.mark.skipif(os.name == "nt", reason="the commands are those of a POSIX shell"),
    pytest.mark.skipif(UV is None, reason="uv is not installed"),
]
OPEN_MODEL = "mistral-7b-instruct-v0.2"
COPIED = (
    "catalog", "cli", "containers", "gateway", "infra", "scripts",
    "LICENSE", "Makefile", "Pulumi.yaml", "README.md", "pyproject.toml", "uv.lock",
)  # fmt: skip
# What installs, and where its programs then are, from the checkout.
WAYS = {
    "make": ("make {extra}", ".venv/bin"),
    "uv sync": ("uv sync --no-dev --extra {extra}", ".venv/bin"),
    "uv tool": ("uv tool install '.[{extra}]'", "../tool-bin"),
    "pip": ("python -m pip install '.[{extra}]'", "../venv/bin"),
}


@dataclass(frozen=True)
class Installed:
    """A llamactl as a new user has it: an environment, a checkout, and one extra."""

    way: str
    extra: str
    checkout: Path
    binaries: Path

    @property
    def program(self) -> Path:
        return self.binaries / "llamactl"

    @property
    def here(self) -> Path:
        """Where its user is: in the checkout, if the environment belongs to it."""
        return (
            self.checkout if self.binaries.is_relative_to(self.checkout) else self.checkout.parent
        )

    def packages(self) -> list[str]:
        python = self.program.resolve().parent / "python"
        return run(python, "-m", "pip", "list", "--format=freeze", cwd=self.here).splitlines()


def install(folder: Path, way: str, extra: str) -> Installed:
    """Type what README.md says, on a machine that has Python, make and uv."""
    checkout, programs = folder / "llamactl", folder / "programs"
    for each in (checkout, programs):
        each.mkdir()
    run("cp", "-R", "-P", *(ROOT / name for name in COPIED), checkout, cwd=folder)
    (programs / "uv").symlink_to(str(UV))
    path = [programs, "/usr/local/bin", "/usr/bin", "/bin"]
    if way == "pip":
        venv.create(folder / "venv", with_pip=True)
        path.insert(0, folder / "venv" / SCRIPTS)
    command, binaries = WAYS[way]
    own = {"UV_TOOL_DIR": folder / "tools", "UV_TOOL_BIN_DIR": folder / "tool-bin"}
    own |= {"PYTHON": sys.executable, "UV_PYTHON": sys.executable, "PIP_NO_COMPILE": "1"}
    own |= {"PATH": os.pathsep.join(map(str, path))}
    run("sh", "-c", command.format(extra=extra), cwd=checkout, **own)
    return Installed(way, extra, checkout, (checkout / binaries).resolve())


# The others take a minute each.
@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("uv sync", "aws"), id="uv sync-aws"),
        pytest.param(("uv tool", "azure"), id="uv tool-azure"),
        pytest.param(("pip", "aws"), id="pip-aws", marks=pytest.mark.slow),
        pytest.param(("pip", "azure"), id="pip-azure", marks=pytest.mark.slow),
        pytest.param(("make", "aws"), id="make-aws", marks=pytest.mark.slow),
    ],
)
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, package_index: None
) -> Iterator[Installed]:
    """Each documented install; all of it is removed afterwards."""
    way, extra = request.param
    folder = tmp_path_factory.mktemp("install")
    yield install(folder, way, extra)
    shutil.rmtree(folder)


@pytest.fixture
def hub() -> Iterator[HubStandIn]:
    """The Hub with the license's text too: the installed llamactl has no copy of its own."""
    packaged = "licensedcode/data/licenses/llama-2-license-2023.LICENSE"
    text = distribution("licensedcode-data").locate_file(packaged).read_bytes()
    license_file = {"LICENSE.txt": text.split(b"---\n", 2)[2]}
    with HubStandIn(FILES | license_file, repo=REPO) as server:
        yield server


@pytest.fixture
def user(request: pytest.FixtureRequest, installed: Installed) -> Callable[..., object]:
    """Whoever has an account of the extra's cloud, and no llamactl but the installed one."""
    own = request.getfixturevalue(f"on_{installed.extra}")
    environment = {key: text for key, text in own.environment.items() if key != "PYTHONPATH"}
    # With uv at hand, Pulumi could sync the environment.
    environment["PATH"] += f"{os.pathsep}{installed.checkout.parent / 'programs'}"
    program = (str(installed.program),)
    return replace(own, environment=environment, program=program, place=installed.here)


@pytest.mark.parametrize("model", [OPEN_MODEL, MODEL])
def test_it_goes_to_a_dry_run(installed, model):
    arguments = ("deploy", model, "--cloud", installed.extra, "--dry-run", "--json")

    record = json.loads(run(installed.program, *arguments, cwd=installed.here))

    assert (record["model"], record["cloud"]) == (model, installed.extra)


def test_doctor_finds_all_that_the_pulumi_program_needs(installed):
    done = subprocess.run(
        [installed.program, "doctor", "--json"],
        cwd=installed.here,
        env={"PATH": os.environ["PATH"], "HOME": str(installed.checkout.parent)},
        capture_output=True,
        text=True,
        check=False,
    )

    found = {each["check"]: each for each in json.loads(done.stdout)}
    assert installed.extra in found["extras"]["text"]
    assert found["environment"]["state"] == "ok", found["environment"]


@pytest.mark.engine
def test_it_goes_to_an_endpoint(installed, user):
    before = installed.packages()

    done = user("deploy", MODEL, "--cloud", installed.extra, "--yes")

    assert done.code == 0, done.err
    assert user("endpoint", MODEL).out.startswith("http")
    assert installed.packages() == before


def test_an_install_without_the_clouds_extra_names_the_command_that_adds_it(tmp_path):
    bare = install(tmp_path, "uv sync", "weights")
    arguments = [bare.program, "deploy", OPEN_MODEL, "--cloud", "aws", "--yes"]
    environment = clean_environment(HOME=tmp_path, PATH=f"{tmp_path / 'programs'}:/usr/bin:/bin")

    done = subprocess.run(
        arguments, cwd=bare.here, env=environment, capture_output=True, text=True, check=False
    )
    command = done.stderr.rpartition("hint: ")[2]
    run("sh", "-c", command, cwd=tmp_path, PATH=environment["PATH"])

    assert done.returncode == 11, done.stderr
    assert any(line.startswith("pulumi_aws==") for line in bare.packages())


def test_each_install_is_in_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")

    missing = [line for line, _ in WAYS.values() if line.format(extra="aws") not in readme]

    assert missing == []
