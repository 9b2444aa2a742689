"""The stand-ins' plug-ins leave when the engine that began them is gone."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from standins.providers.plugins import engine_environment

pytest.importorskip("pulumi", reason="needs the extra 'aws' or 'azure'")
ENGINE = """
import subprocess, sys, time
begun = subprocess.Popen([sys.argv[1], "127.0.0.1:9"], stdout=subprocess.PIPE, text=True)
begun.stdout.readline()
print(begun.pid, flush=True)
time.sleep(600)
"""


def test_a_plug_in_whose_engine_was_killed_ends_by_itself(tmp_path):
    path = engine_environment(tmp_path, aws=("cloud_folder", tmp_path))["PATH"]
    plugin = Path(path.partition(":")[0]) / "pulumi-resource-aws"
    command = [sys.executable, "-c", ENGINE, str(plugin)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as engine:
        begun = psutil.Process(int(engine.stdout.readline()))
        engine.kill()

    gone, _ = psutil.wait_procs([begun], timeout=30)

    assert gone == [begun]
