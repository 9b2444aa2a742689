"""Import only what lies below: cli, gateway, infra, containers, catalog."""

import subprocess
import sys

from architecture.sources import ROOT


def test_every_import_points_down():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
