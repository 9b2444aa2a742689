"""State that is broken, full, forbidden or of another version."""

import json
import subprocess
import sys

import pytest

from llamactl_catalog.errors import InvalidFile, InvalidInput
from llamactl_catalog.progress import silent

LIMITED = """
import json, os, sys
from pathlib import Path
import filelock, psutil
from llamactl_catalog.errors import LlamactlError
from llamactl_catalog.progress import silent
from llamactl_infra.local.target import LocalTarget
from llamactl_infra.spec import Spec
state_dir, config, engine, limit_bytes = map(json.loads, sys.argv[1:])
if limit_bytes is None:
    if os.geteuid() == 0:
        os.seteuid(65534)
else:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
target = LocalTarget(Path(state_dir), engine_command=engine, drain_s=0.2)
try:
    print(ACTION)
except LlamactlError as error:
    print(error.exit_code, error.message)
"""

DEPLOY = "target.deploy(Spec.from_config(config), silent, timeout_s=10).state"

posix = pytest.mark.skipif(sys.platform == "win32", reason="limits and users of POSIX")


@pytest.fixture
def deploy_limited(state_dir, spec, engine_command):
    """Deploy where files may have `limit_bytes` at most, or (None) as a user without rights."""

    def deploy(limit_bytes, *faults, action=DEPLOY):
        engine = [*engine_command, *faults]
        values = (str(state_dir), spec.to_config(), engine, limit_bytes)
        command = [
            sys.executable,
            "-c",
            LIMITED.replace("ACTION", action),
            *map(json.dumps, values),
        ]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    return deploy


def files_of(folder):
    return [each for each in folder.rglob("*") if each.is_file()]


@posix
def test_a_disk_that_is_full_from_the_start_is_told_and_nothing_is_left(deploy_limited, state_dir):
    answer = deploy_limited(0)

    assert answer.startswith("5 no space left to write ")
    assert files_of(state_dir) == []


@posix
@pytest.mark.parametrize("limit_bytes", [60, 120, 300])
def test_a_disk_that_fills_up_at_once_is_told_and_nothing_is_left(
    deploy_limited, state_dir, await_nothing_runs, limit_bytes
):
    answer = deploy_limited(limit_bytes)

    assert answer.startswith("5 ")
    await_nothing_runs()
    assert files_of(state_dir) == []


@posix
def test_a_log_that_cannot_grow_does_not_take_the_server_down(deploy_limited, make_target):
    assert deploy_limited(3000, "--chatter", "1000") == "running"

    target = make_target()
    assert target.deployment("demo").reason is None
    target.destroy("demo", silent)
    assert target.deployments() == []


@posix
def test_a_folder_without_permission_is_told(deploy_limited, state_dir):
    state_dir.mkdir(mode=0o555)

    assert deploy_limited(None).startswith("10 no permission for ")


def test_a_file_in_place_of_the_state_folder_is_told(make_target, spec, state_dir):
    state_dir.write_text("")
    target = make_target()

    for call in (lambda: target.deploy(spec, silent, timeout_s=10), target.deployments):
        with pytest.raises(InvalidInput, match="not a folder"):
            call()
    state_dir.unlink()


@pytest.mark.parametrize("name", ["deployment.json", "runtime.json"])
def test_a_corrupt_file_is_told_with_what_to_do_and_destroy_removes_all(
    make_target, spec, state_dir, name, await_nothing_runs
):
    target = make_target()
    target.deploy(spec, silent, timeout_s=10)
    path = state_dir / "deployments" / "demo" / name
    path.write_text("{")

    (found,) = target.deployments()
    target.destroy("demo", silent)

    assert found.state == "failed"
    assert str(path) in found.reason
    assert "llamactl destroy demo" in found.reason
    await_nothing_runs()
    assert target.deployments() == []


def test_a_corrupt_record_is_not_deployed_over(make_target, spec, state_dir):
    target = make_target()
    target.deploy(spec, silent, timeout_s=10)
    (state_dir / "deployments" / "demo" / "deployment.json").write_text("{")

    with pytest.raises(InvalidFile, match=r"deployment\.json"):
        target.deploy(spec, silent, timeout_s=10)


def test_a_corrupt_runtime_is_repaired_by_deploy(make_target, spec, state_dir):
    target = make_target()
    before = target.deploy(spec, silent, timeout_s=10)
    (state_dir / "deployments" / "demo" / "runtime.json").write_text("{")

    after = target.deploy(spec, silent, timeout_s=10)

    assert after.state == "running"
    assert after.pid != before.pid


def test_a_deployment_of_a_newer_version_is_told_and_left_alone(make_target, spec, state_dir):
    target = make_target()
    target.deploy(spec, silent, timeout_s=10)
    path = state_dir / "deployments" / "demo" / "deployment.json"
    text = path.read_text()
    path.write_text(json.dumps({**json.loads(text), "format": 2}))

    (found,) = target.deployments()
    for call in (
        lambda: target.deploy(spec, silent, timeout_s=10),
        lambda: target.destroy("demo", silent),
    ):
        with pytest.raises(InvalidFile, match="newer llamactl"):
            call()

    assert "upgrade llamactl" in found.reason
    path.write_text(text)
    assert target.deployment("demo").state == "running"


@pytest.mark.parametrize("left", [(), ("server.log",), ("removed.json", "server.log")])
def test_a_half_removed_folder_is_listed_and_can_be_destroyed_or_deployed(
    make_target, spec, state_dir, left
):
    target = make_target()
    folder = state_dir / "deployments" / "demo"
    folder.mkdir(parents=True)
    for name in left:
        (folder / name).write_text("{}")

    (found,) = target.deployments()
    made = target.deploy(spec, silent, timeout_s=10)

    assert found.state == "failed"
    assert made.state == "running"
    folder.rename(folder.with_name("other"))
    folder.mkdir()
    target.destroy("demo", silent)
    assert [each.name for each in target.deployments()] == ["other"]


def test_a_folder_in_place_of_a_file_is_destroyed_with_the_rest(make_target, spec, state_dir):
    target = make_target()
    target.deploy(spec, silent, timeout_s=10)
    folder = state_dir / "deployments" / "demo"
    (folder / "deployment.json").unlink()
    (folder / "deployment.json").mkdir()

    target.destroy("demo", silent)

    assert not folder.exists()


@posix
def test_destroy_in_a_closed_folder_is_told(deploy_limited, state_dir):
    (state_dir / "deployments").mkdir(parents=True)
    (state_dir / "deployments").chmod(0)

    answer = deploy_limited(None, action="target.destroy('demo', silent)")

    (state_dir / "deployments").chmod(0o700)
    assert answer.startswith("10 no permission for ")
