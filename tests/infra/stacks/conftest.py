"""The real engine, over a cloud that is a folder."""

import json
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from llamactl_infra.spec import Spec
from standins.providers.plugins import FORGOTTEN, engine_environment

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-tgi-inference"
READY = f"{IMAGE}:2.7.0-tgi3.3.6-gpu-py311-cu124-ubuntu22.04"


def spec_of(name="chat", **changes):
    """A small endpoint on SageMaker."""
    told = {
        "name": name,
        "model": "mistral-7b-instruct-v0.2",
        "cloud": "aws",
        "engine": "tgi",
        "weights": "mistralai/Mistral-7B-Instruct-v0.2",
        "context_tokens": 4096,
        "parallel": 8,
        "num_shard": 1,
        "region": "us-east-1",
        "instance_type": "ml.g5.2xlarge",
        "image": READY,
        "weights_uri": "s3://weights/mistral/",
        "weights_bytes": 14_483_464_192,
    }
    return Spec(**(told | changes))


@dataclass(frozen=True)
class CloudFolder:
    """What is in the stand-in's cloud, and how it fails next."""

    folder: Path

    def names(self, of):
        """The names of all resources whose type holds a text."""
        folders = [each for each in self.folder.iterdir() if each.is_dir() and of in each.name]
        return sorted(path.name for each in folders for path in each.iterdir())

    def everything(self):
        return sorted(
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file() and path.parent != self.folder
        )

    def change(self, of, name, **fields):
        """Change a resource behind the engine's back."""
        (path,) = (each for each in self.folder.rglob(name) if of in each.parent.name)
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))

    def remove(self, of, name):
        (path,) = (each for each in self.folder.rglob(name) if of in each.parent.name)
        path.unlink()

    def content(self, of, name):
        (path,) = (each for each in self.folder.rglob(name) if of in each.parent.name)
        return json.loads(path.read_text())

    def fails(self, of, operation, message, times=1):
        fault = {"type": of, "operation": operation, "message": message, "times": times}
        (self.folder / "faults.json").write_text(json.dumps([fault]))

    def is_slow(self, of, operation, delay_s):
        fault = {"type": of, "operation": operation, "delay_s": delay_s, "times": 1}
        (self.folder / "faults.json").write_text(json.dumps([fault]))

    def operations(self):
        path = self.folder / "operations.log"
        return path.read_text().splitlines() if path.exists() else []


@contextmanager
def run_of(program, folder, cloud, operation):
    """A run of its own, when the cloud has been asked for an operation; it is ended at the end."""
    command = [sys.executable, "-c", program, str(folder)]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not any(operation in line for line in cloud.operations()):
            assert time.monotonic() < deadline
            assert run.poll() is None
            time.sleep(0.1)
        yield run
    finally:
        if run.poll() is None:
            run.kill()
        run.communicate()


@pytest.fixture
def cloud(tmp_path):
    """An empty cloud."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    return CloudFolder(folder)


@pytest.fixture
def engine(tmp_path, cloud, monkeypatch):
    """The engine's environment: its plug-ins are the stand-ins, its home is empty."""
    command = ("cloud_folder", cloud.folder)
    environment = engine_environment(tmp_path, aws=command, azure_native=command)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in FORGOTTEN:
        monkeypatch.delenv(name, raising=False)
    return Path(environment["PULUMI_HOME"])


def package_roots():
    root = Path(__file__).parents[3]
    return [root / name for name in ("catalog", "containers", "infra", "gateway", "cli")]


@pytest.fixture
def pulumi_program():
    """The engine's own program, for the other door."""
    return shutil.which("pulumi")
