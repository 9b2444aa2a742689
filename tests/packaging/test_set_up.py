"""The set-up behind `make try` and `make test` says what is missing on a bare machine."""

import ast
import os
import subprocess
import sys

import pytest

from architecture.sources import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows runs scripts/set_up.py itself")
TOO_OLD = "exit 1"
WITHOUT_VENV = 'case "$*" in *venv*) exit 1;; esac'


def set_up(folder, *, python):
    """Run the set-up with a Python that behaves as the shell line says."""
    fake = folder / "python3"
    fake.write_text(f"#!/bin/sh\n{python}\n", "utf-8")
    fake.chmod(0o755)
    command = ["sh", str(ROOT / "scripts" / "set_up.sh"), "try"]
    environment = os.environ | {"PYTHON": str(fake)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_no_python_that_is_new_enough(tmp_path):
    done = set_up(tmp_path, python=TOO_OLD)

    assert done.returncode == 1
    assert done.stderr.startswith("error: no Python 3.11 or newer among:")
    assert "hint: install it" in done.stderr


def test_a_python_that_cannot_make_environments(tmp_path):
    done = set_up(tmp_path, python=WITHOUT_VENV)

    assert done.returncode == 1
    assert "cannot make virtual environments" in done.stderr
    assert "sudo apt install python3-venv" in done.stderr


def test_a_purpose_that_there_is_not():
    command = [sys.executable, str(ROOT / "scripts" / "set_up.py"), "everything"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == "error: no set-up 'everything'\n hint: one of try, aws, azure, dev\n"


def test_it_parses_on_the_pythons_that_it_refuses():
    source = (ROOT / "scripts" / "set_up.py").read_text("utf-8")

    assert ast.parse(source, feature_version=(3, 7)).body
