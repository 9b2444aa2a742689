"""The whole way with the real engine and a tiny model."""

import http.client
import json
import os
import signal
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.progress import silent
from llamactl_infra.local.layout import StateFolder
from llamactl_infra.local.records import read_runtime
from llamactl_infra.local.target import LocalTarget

pytest.importorskip("xllamacpp", reason="needs the extra [local]")


@pytest.fixture
def target(state_dir):
    made = LocalTarget(state_dir)
    yield made
    for each in made.deployments():
        made.destroy(each.name, silent)


def complete(deployment) -> dict[str, object]:
    address = urlsplit(deployment.endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    body = {"model": deployment.model, "prompt": "Hi", "max_tokens": 4}
    headers = {"authorization": f"Bearer {deployment.api_key}", "content-type": "application/json"}
    connection.request("POST", "/v1/completions", json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    assert answer.status == 200, text
    return json.loads(text)


def test_a_model_is_served_repaired_and_removed(target, spec, tiny_gguf, await_state):
    wanted = replace(spec, weights=str(tiny_gguf), api_key="secret")
    before = target.deploy(wanted, silent, timeout_s=60)
    first = complete(before)

    os.kill(before.pid, signal.SIGKILL)
    await_state(target, "demo", "failed")
    after = target.deploy(wanted, silent, timeout_s=60)

    assert first["usage"]["completion_tokens"] > 0
    assert after.endpoint == before.endpoint
    assert complete(after)["choices"]
    target.destroy("demo", silent)
    assert target.deployments() == []


def test_the_engine_leaves_when_its_supervisor_is_killed(
    target, spec, tiny_gguf, state_dir, await_nothing_runs
):
    target.deploy(replace(spec, weights=str(tiny_gguf)), silent, timeout_s=60)
    runtime = read_runtime(StateFolder(state_dir).folder("demo"))

    os.kill(runtime.supervisor.pid, signal.SIGKILL)

    await_nothing_runs()


def test_a_file_that_is_no_model_is_told_and_nothing_is_left(target, spec, tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"not a model")

    with pytest.raises(InvalidInput):
        target.deploy(replace(spec, weights=str(broken)), silent, timeout_s=60)

    assert target.deployments() == []
