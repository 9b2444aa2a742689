"""What the environment of the Pulumi program lacks is known before a deployment begins."""

import os
import sys
import venv
from pathlib import Path

import pytest

from llamactl_catalog.errors import ProgramMissing
from llamactl_infra.stacks.program_environment import environment_finding, require_environment

PROJECT = "name: llamactl\nruntime:\n  name: python\n  options:\n    virtualenv: {}\n"


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """An environment as uv makes them: without pip."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False)
    return folder


def project(folder, virtualenv):
    (folder / "Pulumi.yaml").write_text(PROJECT.format(virtualenv), "utf-8")
    return folder


def test_the_environment_of_this_program_has_all(tmp_path):
    found = environment_finding(tmp_path, "aws", os.environ)

    assert (found.state, found.text) == ("ok", f"the program runs with {sys.prefix}/bin/python")


def test_an_environment_that_is_not_there_is_named(tmp_path):
    folder = project(tmp_path, ".venv")

    with pytest.raises(ProgramMissing, match=r"names the virtual environment \.venv"):
        require_environment(folder, "aws", os.environ)


def test_a_missing_link_to_the_environment_is_named(tmp_path):
    folder = project(tmp_path, ".venv")
    (folder / ".venv").symlink_to(sys.prefix)
    with (folder / "Pulumi.yaml").open("a") as file:
        file.write("main: infra/\n")

    with pytest.raises(ProgramMissing, match=r"infra/\.venv does not lead to") as error:
        require_environment(folder, "aws", os.environ)
    (folder / "infra").mkdir()
    (folder / "infra" / ".venv").symlink_to("../.venv")

    assert error.value.hint == f"link it: ln -s {folder}/.venv {folder}/infra/.venv"
    assert require_environment(folder, "aws", os.environ) == folder / ".venv" / "bin" / "python"


def test_an_environment_without_pip_is_named_before_the_stack_is_touched(tmp_path, bare):
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    found = environment_finding(project(tmp_path, bare), "azure", clean)

    assert found.state == "failed"
    assert "lacks pip, pulumi, llamactl_infra, pulumi_azure_native" in found.text
    assert "make azure" in found.error.hint
    assert found.error.exit_code == 11


def test_the_environment_of_a_project_written_as_json_is_read(tmp_path, bare):
    settings = '{\n  "name": "llamactl",\n  "runtime": {\n    "options": {\n'
    settings += f'      "virtualenv": "{bare}"\n    }}\n  }}\n}}\n'
    (tmp_path / "Pulumi.yaml").write_text(settings, "utf-8")

    with pytest.raises(ProgramMissing, match=f"{bare}/bin/python lacks"):
        require_environment(tmp_path, None, {"PATH": os.environ["PATH"]})


def test_without_an_environment_of_its_own_the_python_on_path_is_looked_at(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: llamactl\nruntime: python\n", "utf-8")
    path = str(Path(sys.prefix, "bin"))

    python = require_environment(tmp_path, "aws", {**os.environ, "PATH": path})

    assert python.parent == Path(path)
