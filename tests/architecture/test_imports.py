"""Every module can be the first one imported: no cycle, no warning, nothing done on import."""

import os
import subprocess
import sys

import pytest

from architecture.sources import PACKAGES, module_name, package_files

NAMES = [name for name in map(module_name, package_files()) if not name.endswith("__main__")]
# Says each package whose modules could not be imported first, in an interpreter of their own.
IMPORT_EACH = """
import os, subprocess, sys
failures = []
for name in sys.argv[1:]:
    done = subprocess.run([sys.executable, "-W", "error", "-c", f"import {name}"],
                          capture_output=True, text=True)
    if done.returncode or done.stdout:
        failures.append(f"{name}: {done.stdout}{done.stderr}")
print("\\n".join(failures), end="")
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_imports_in_a_fresh_interpreter(package, tmp_path):
    names = [name for name in NAMES if name.split(".")[0] == package]

    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EACH, *names],
        cwd=tmp_path,
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []
