"""The README's demo, played for real: deploy the small model, ask it, look after it, remove it."""

import os
import subprocess
import sys

import pytest

from architecture.sources import ROOT


@pytest.mark.skipif(os.name == "nt", reason="the session has a pipe of a POSIX shell")
def test_the_demo_of_the_readme_runs():
    command = [sys.executable, str(ROOT / "scripts" / "demo.py"), "--print"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    blocks = [each.split("\n", 1) for each in done.stdout.split("$ ")[1:]]
    tables = [text for line, text in blocks if line == "llamactl list"]
    answers = [text for line, text in blocks if "invoke" in line or "| llamactl chat" in line]
    assert ["running" in each for each in tables] == [True, False]
    assert ["error" in each or not each.strip() for each in answers] == [False, False]
