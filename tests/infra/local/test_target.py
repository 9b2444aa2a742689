import json
import socket
import threading
from dataclasses import replace

import psutil
import pytest

from llamactl_catalog.errors import (
    InvalidInput,
    NoCapacity,
    NoPermission,
    ProgramMissing,
    Unhealthy,
    UnknownDeployment,
)
from llamactl_catalog.progress import silent


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def taken_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_deployment_outlives_the_call_and_is_listed(make_target, spec):
    target = make_target()

    made = target.deploy(replace(spec, api_key="secret"), silent, timeout_s=10)

    assert (made.name, made.model, made.cloud) == ("demo", "tiny", "local")
    assert (made.region, made.instance_type, made.usd_per_hour) == ("local", "this-machine", 0.0)
    assert (made.engine, made.state, made.reason) == ("llama.cpp", "running", None)
    assert made.endpoint.startswith("http://127.0.0.1:")
    assert made.api_key == "secret"
    assert "secret" not in repr(made)
    assert target.deployments() == [made]


def test_progress_tells_what_goes_on_and_since_when(make_target, spec):
    steps = []

    make_target("--load-s", "0.7").deploy(spec, steps.append, timeout_s=10)

    assert steps[0].text == "loading tiny with llama.cpp (0.0 s)"
    assert len(steps) > 1


def test_a_second_deploy_of_a_running_name_changes_nothing(make_target, spec):
    target = make_target()
    first = target.deploy(spec, silent, timeout_s=10)
    steps = []

    second = target.deploy(spec, steps.append, timeout_s=10)

    assert second == first
    assert steps[0].text == "demo is already running"


def test_another_model_under_a_running_name_is_refused(make_target, spec):
    target = make_target()
    first = target.deploy(spec, silent, timeout_s=10)

    with pytest.raises(InvalidInput, match="model tiny is not other"):
        target.deploy(replace(spec, model="other"), silent, timeout_s=10)

    assert target.deployments() == [first]


def test_the_engine_is_told_the_whole_spec(make_target, spec, tmp_path):
    told = tmp_path / "told.json"
    wanted = replace(spec, threads=3, threads_batch=5, parallel=2, api_key="secret")

    make_target("--record", str(told)).deploy(wanted, silent, timeout_s=10)

    launch = json.loads(told.read_text())
    assert launch["model_path"].endswith("tiny.gguf")
    assert (launch["threads"], launch["threads_batch"], launch["parallel"]) == (3, 5, 2)
    assert (launch["context_tokens"], launch["api_key"], launch["host"]) == (
        128,
        "secret",
        "127.0.0.1",
    )


def test_destroy_leaves_no_file_but_the_log(make_target, spec, state_dir):
    target = make_target()
    target.deploy(spec, silent, timeout_s=10)

    target.destroy("demo", silent)

    files = [each for each in state_dir.rglob("*") if each.is_file()]
    assert [each.parent for each in files] == [state_dir / "logs"]
    assert files[0].name.startswith("demo-")
    assert "stand-in engine for tiny" in files[0].read_text()
    assert target.deployments() == []


def test_a_port_that_was_asked_for_is_the_one(make_target, spec, free_port):
    made = make_target().deploy(replace(spec, port=free_port), silent, timeout_s=10)

    assert made.endpoint == f"http://127.0.0.1:{free_port}"


def test_a_taken_port_is_told_and_nothing_is_left(make_target, spec, taken_port, state_dir):
    with pytest.raises(NoCapacity, match=f"port {taken_port} is taken"):
        make_target().deploy(replace(spec, port=taken_port), silent, timeout_s=10)

    assert [each for each in state_dir.rglob("*") if each.is_file()] == []


def test_a_repair_takes_another_port_where_the_old_one_is_taken(
    make_target, spec, state_dir, await_nothing_runs
):
    target = make_target()
    before = target.deploy(spec, silent, timeout_s=10)
    port = int(before.endpoint.rsplit(":", 1)[1])
    runtime = state_dir / "deployments" / "demo" / "runtime.json"
    supervisor = json.loads(runtime.read_text())["supervisor"]["pid"]
    psutil.Process(supervisor).kill()
    await_nothing_runs()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        after = target.deploy(spec, silent, timeout_s=10)

    assert after.state == "running"
    assert after.endpoint != before.endpoint


@pytest.mark.parametrize(
    ("reason", "error"),
    [("model-unreadable", InvalidInput), ("package-missing", ProgramMissing)],
)
def test_a_request_that_cannot_be_served_is_told_and_leaves_nothing(
    make_target, spec, state_dir, reason, error
):
    target = make_target("--fail", reason)

    with pytest.raises(error, match=f"told to fail with {reason}"):
        target.deploy(spec, silent, timeout_s=10)

    assert target.deployments() == []
    assert [each for each in state_dir.rglob("*") if each.is_file()] == []


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (("--fail", "out-of-memory"), NoCapacity, "out of memory"),
        (("--fail", "internal"), Unhealthy, "told to fail with internal"),
        (("--die", "7"), Unhealthy, "ended with exit code 7 before it was ready"),
    ],
)
def test_a_failure_to_look_into_stays_with_its_log_until_repaired(
    make_target, spec, fault, error, words
):
    with pytest.raises(error, match=words):
        make_target(*fault).deploy(spec, silent, timeout_s=10)

    target = make_target()
    (failed,) = target.deployments()
    assert failed.state == "failed"
    assert "ago" in failed.reason
    assert "stand-in engine for tiny" in list(target.logs("demo", tail=None, follow=False))
    assert target.deploy(spec, silent, timeout_s=10).state == "running"


def test_the_error_of_a_failed_start_has_the_last_lines_of_its_log(make_target, spec):
    with pytest.raises(Unhealthy) as caught:
        make_target("--fail", "internal").deploy(spec, silent, timeout_s=10)

    assert "something went wrong while loading" in caught.value.message
    assert "llamactl logs demo" in caught.value.hint


def test_an_engine_that_ends_as_soon_as_it_is_ready_is_not_called_running(make_target, spec):
    with pytest.raises(Unhealthy, match=r"SIGSEGV|did not start"):
        make_target("--crash-after-s", "0").deploy(spec, silent, timeout_s=10)


def test_an_engine_that_takes_too_long_is_stopped(make_target, spec, await_nothing_runs):
    target = make_target("--load-s", "60")

    with pytest.raises(Unhealthy, match=r"not ready within 0\.5 s"):
        target.deploy(spec, silent, timeout_s=0.5)

    await_nothing_runs()
    assert "not ready within 0.5 s" in target.deployment("demo").reason


def test_an_interrupted_deploy_leaves_nothing(make_target, spec, state_dir, await_nothing_runs):
    def interrupt(_step):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_target("--load-s", "60").deploy(spec, interrupt, timeout_s=60)

    await_nothing_runs()
    assert [each for each in state_dir.rglob("*") if each.is_file()] == []


def test_an_interrupted_repair_leaves_the_deployment_stopped(make_target, spec, await_state):
    def interrupt(_step):
        raise KeyboardInterrupt

    with pytest.raises(Unhealthy):
        make_target("--die", "1").deploy(spec, silent, timeout_s=10)
    target = make_target("--load-s", "60")

    with pytest.raises(KeyboardInterrupt):
        target.deploy(spec, interrupt, timeout_s=60)

    assert target.deployment("demo").state in ("stopped", "failed")
    assert make_target().deploy(spec, silent, timeout_s=10).state == "running"


def test_what_was_begun_and_not_deployed_is_seen_meanwhile_and_gone_after(make_target, spec):
    target = make_target()

    with target.claim("demo"):
        target.begin(spec)
        during = target.deployments()

    assert [each.state for each in during] == ["deploying"]
    assert target.deployments() == []


def test_following_a_log_ends_when_the_deployment_is_destroyed(make_target, spec):
    target = make_target("--chatter", "3")
    target.deploy(spec, silent, timeout_s=10)
    following = target.logs("demo", tail=None, follow=True)
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(following))

    reader.start()
    target.destroy("demo", silent)
    reader.join(timeout=5)

    assert not reader.is_alive()
    assert "line 2" in seen


def test_an_unknown_name_is_told_with_those_there_are(make_target, spec):
    target = make_target()
    target.deploy(spec, silent, timeout_s=10)

    for call in (target.deployment, lambda name: target.destroy(name, silent)):
        with pytest.raises(UnknownDeployment, match="no deployment 'none'") as caught:
            call("none")
        assert "demo" in caught.value.hint


def test_a_port_that_is_not_for_this_user_is_told_and_nothing_is_left(make_target, spec, free_port):
    target = make_target("--fail", "port-forbidden")

    with pytest.raises(NoPermission, match="no permission for port"):
        target.deploy(replace(spec, port=free_port), silent, timeout_s=10)

    assert target.deployments() == []


def test_destroy_says_where_the_log_is_kept(make_target, spec, state_dir):
    target = make_target()
    target.deploy(spec, silent, timeout_s=10)

    log_path = target.destroy("demo", silent)

    assert log_path.parent == state_dir / "logs"
    assert log_path.is_file()
