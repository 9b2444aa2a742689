"""What the everyday commands load: Click, little of the standard library, and what they need."""

import json
import os
import subprocess
import sys

import pytest

OWN = {"llamactl", "llamactl_catalog", "llamactl_containers", "llamactl_gateway", "llamactl_infra"}
# Modules of the standard library that cost more than 5 ms, or that only a network call needs.
HEAVY = {
    "asyncio",
    "http",
    "multiprocessing",
    "socket",
    "sqlite3",
    "ssl",
    "unittest",
    "urllib.request",
}
# What may be loaded beside Click, by command. The rest of the dependencies wait until used.
ALLOWED = {
    ("--help",): set(),
    ("models",): {"platformdirs"},
    ("models", "--json"): {"platformdirs"},
    ("models", "show", "llama-2-13b-chat"): {"platformdirs"},
    ("models", "--fits", "A10G:1"): {"platformdirs"},
    ("plan", "llama-2-13b-chat"): {"platformdirs"},
    ("license", "list"): {"platformdirs"},
    ("license", "show", "llama-2"): {"platformdirs"},
    ("list",): {"platformdirs"},
    ("list", "--json"): {"platformdirs"},
}
RUN = """
import json, sys
before = set(sys.modules)
from llamactl.main import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted(set(sys.modules) - before)]), file=sys.stderr)
"""


def loaded_modules(arguments, folder):
    home = {
        "LLAMACTL_STATE_DIR": str(folder / "state"),
        "LLAMACTL_CACHE_DIR": str(folder / "cache"),
    }
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=folder,
        env=os.environ | home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


@pytest.mark.parametrize("arguments", ALLOWED, ids=" ".join)
def test_a_command_loads_no_more_than_it_needs(arguments, tmp_path):
    modules = loaded_modules(arguments, tmp_path)

    top_level = {name.split(".")[0] for name in modules}
    foreign = top_level - sys.stdlib_module_names - OWN - {"click"}
    assert foreign - ALLOWED[arguments] == set()
    assert modules & HEAVY == set()


def test_looking_makes_no_folder(tmp_path):
    loaded_modules(["list"], tmp_path)

    assert list(tmp_path.iterdir()) == []
