"""Which deployments can be talked to."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from llamactl_catalog.errors import Unhealthy
from llamactl_gateway.endpoint import connect
from llamactl_gateway.openai_endpoint import OpenAIEndpoint
from llamactl_infra.deployment import Deployment

RUNNING = Deployment(
    name="mine",
    model="llama-2-7b-chat",
    cloud="local",
    region="local",
    instance_type="this-machine",
    engine="llama.cpp",
    state="running",
    reason=None,
    endpoint="http://127.0.0.1:8080",
    usd_per_hour=0.0,
    created_at=datetime(2026, 11, 22, tzinfo=UTC),
    pid=1,
    context_tokens=4096,
    log_path=Path("server.log"),
    api_key="k",
)


def test_a_running_deployment_is_talked_to_at_its_url():
    assert connect(RUNNING) == OpenAIEndpoint(
        "mine", "http://127.0.0.1:8080", "llama-2-7b-chat", "k"
    )


@pytest.mark.parametrize("state", ["deploying", "failed", "stopped"])
def test_one_that_does_not_run_is_unhealthy_and_the_hint_repairs_it(state):
    stopped = replace(RUNNING, state=state, reason="killed by signal 9", endpoint=None)

    with pytest.raises(Unhealthy, match=f"'mine' is {state}: killed by signal 9") as caught:
        connect(stopped)

    assert (
        caught.value.hint == "llamactl deploy llama-2-7b-chat --name mine --cloud local repairs it"
    )


def test_the_hint_names_the_engine_that_is_not_the_default():
    stopped = replace(RUNNING, engine="tgi", state="stopped", endpoint=None)

    with pytest.raises(Unhealthy) as caught:
        connect(stopped)

    assert "--cloud local --engine tgi repairs it" in caught.value.hint
