"""The package index: tests that need it are skipped where it cannot be reached."""

import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def package_index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip the tests that install packages where there is nowhere to install them from."""
    folder = tmp_path_factory.mktemp("index")
    probe = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, "click"]
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("no package index can be reached")
