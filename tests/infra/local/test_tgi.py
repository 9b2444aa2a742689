"""The whole way with the TGI container, on a stand-in docker."""

import json
import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from llamactl_catalog.errors import NoCapacity, ProgramMissing, Unhealthy
from llamactl_catalog.progress import silent
from llamactl_infra.local.layout import StateFolder
from llamactl_infra.local.records import read_runtime
from llamactl_infra.local.target import LocalTarget

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stand-ins are POSIX scripts")


@pytest.fixture
def docker(tmp_path: Path, standins: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a docker and an nvidia-smi on PATH; give the folder with their state."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python3").symlink_to(sys.executable)
    (folder / "env").symlink_to(shutil.which("env"))
    for name in ("docker", "nvidia-smi"):
        (folder / name).symlink_to(standins / name)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    return folder


@pytest.fixture
def target(state_dir: Path, docker: Path):
    made = LocalTarget(state_dir, weights_dir=docker / "hub", drain_s=3)
    yield made
    for each in made.deployments():
        made.destroy(each.name, silent)
    assert list((docker / "containers").glob("*")) == []


@pytest.fixture
def tgi_spec(spec):
    return replace(spec, engine="tgi", weights="org/model", api_key="secret", num_shard=2)


def test_the_container_is_run_awaited_and_stopped(target, tgi_spec, docker, state_dir):
    made = target.deploy(tgi_spec, silent, timeout_s=20)
    found = target.deployment("demo")
    target.destroy("demo", silent)

    calls = [json.loads(line) for line in (docker / "calls.jsonl").read_text().splitlines()]
    (run,) = [call for call in calls if call["arguments"][0] == "run"]
    assert (made.state, made.engine) == ("running", "tgi")
    assert found == made
    assert f"{made.endpoint.removeprefix('http://')}:80" in run["arguments"]
    assert "NUM_SHARD=2" in run["arguments"]
    assert run["secrets"] == {"HF_TOKEN": "hf_secret", "API_KEY": "secret"}
    assert any(call["arguments"][:1] == ["stop"] for call in calls)
    assert list((docker / "containers").glob("*")) == []
    (log,) = (state_dir / "logs").iterdir()
    assert "stand-in container: loading weights" in log.read_text()


@pytest.mark.parametrize("killed", ["supervisor", "engine"])
def test_no_container_is_left_where_its_processes_are_killed(
    target, tgi_spec, state_dir, killed, await_state
):
    target.deploy(tgi_spec, silent, timeout_s=20)
    runtime = read_runtime(StateFolder(state_dir).folder("demo"))
    process = runtime.supervisor if killed == "supervisor" else runtime.engines[-1]

    os.kill(process.pid, signal.SIGKILL)
    await_state(target, "demo", "failed")
    target.destroy("demo", silent)

    assert target.deployments() == []


def test_a_container_that_does_not_start_is_told(target, tgi_spec, docker):
    (docker / "run-fails").write_text("docker: manifest unknown")

    with pytest.raises(Unhealthy, match="exit code 125: docker: manifest unknown"):
        target.deploy(tgi_spec, silent, timeout_s=20)


def test_a_port_that_docker_cannot_have_is_told(target, tgi_spec, docker):
    (docker / "run-fails").write_text("docker: Bind failed: port is already allocated.")

    with pytest.raises(NoCapacity, match="port 8000 is taken"):
        target.deploy(replace(tgi_spec, port=8000), silent, timeout_s=20)

    assert target.deployments() == []


def test_a_missing_docker_is_told_and_nothing_is_left(target, tgi_spec, docker):
    (docker / "docker").unlink()

    with pytest.raises(ProgramMissing, match="no docker program"):
        target.deploy(tgi_spec, silent, timeout_s=20)

    assert target.deployments() == []
