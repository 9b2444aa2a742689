import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from llamactl_catalog.errors import CleanupIncomplete, NoCapacity, ProgramMissing
from llamactl_containers.docker import gpu_count, remove_containers, require_docker

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stand-ins are POSIX scripts")

STANDINS = Path(__file__).parents[1] / "standins"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Choose which stand-ins are on PATH; give the folder that holds their state."""
    (tmp_path / "python3").symlink_to(sys.executable)
    (tmp_path / "env").symlink_to(shutil.which("env"))
    monkeypatch.setenv("PATH", str(tmp_path))

    def install(*names: str) -> Path:
        for name in names:
            (tmp_path / name).symlink_to(STANDINS / name)
        return tmp_path

    return install


def test_docker_with_a_gpu_is_enough(programs):
    programs("docker", "nvidia-smi")

    require_docker(gpus=2)


def test_a_missing_docker_is_told(programs):
    programs("nvidia-smi")

    with pytest.raises(ProgramMissing, match="no docker program") as caught:
        require_docker(gpus=1)

    assert "install Docker" in caught.value.hint
    assert "--engine llama.cpp" in caught.value.hint


def test_a_daemon_that_does_not_answer_is_told_in_its_words(programs):
    (programs("docker", "nvidia-smi") / "no-daemon").touch()

    with pytest.raises(ProgramMissing, match="Cannot connect to the Docker daemon") as caught:
        require_docker(gpus=1)

    assert "start Docker" in caught.value.hint


def test_a_missing_gpu_is_told(programs):
    programs("docker")

    with pytest.raises(ProgramMissing, match="no NVIDIA GPU") as caught:
        require_docker(gpus=1)

    assert "NVIDIA driver" in caught.value.hint
    assert gpu_count() == 0


def test_a_missing_container_toolkit_is_told(programs):
    (programs("docker", "nvidia-smi") / "no-nvidia").touch()

    with pytest.raises(ProgramMissing, match="no access to the GPU") as caught:
        require_docker(gpus=1)

    assert "NVIDIA Container Toolkit" in caught.value.hint


def test_too_few_gpus_are_told(programs):
    programs("docker", "nvidia-smi")

    with pytest.raises(NoCapacity, match="4 shards need 4 GPUs; there are 2"):
        require_docker(gpus=4)


def test_no_container_of_a_start_is_fine(programs):
    programs("docker")

    remove_containers("abc")


def test_a_daemon_that_cannot_tell_what_is_left_is_not_taken_for_none(programs):
    (programs("docker") / "no-daemon").touch()

    with pytest.raises(CleanupIncomplete, match="cannot tell") as caught:
        remove_containers("abc")

    assert "label=llamactl.instance=abc" in caught.value.hint


def test_only_the_containers_of_the_very_start_are_removed(programs):
    containers = programs("docker") / "containers"
    containers.mkdir()
    with_label = {"label": "llamactl.instance=other", "pid": os.getpid()}
    (containers / "theirs.json").write_text(json.dumps(with_label))

    remove_containers("abc")

    assert (containers / "theirs.json").exists()
