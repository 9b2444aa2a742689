"""Which deployments can be talked to."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from llamactl_catalog.errors import NoPermission, Unhealthy
from llamactl_gateway.azure_endpoint import AzureEndpoint
from llamactl_gateway.endpoint import connect
from llamactl_gateway.openai_endpoint import OpenAIEndpoint
from llamactl_gateway.sagemaker_endpoint import SageMakerEndpoint
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
INVOCATIONS = "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/mine-1/invocations"
SCORING = "https://mine-1.westeurope.inference.ml.azure.com/generate"
ON_AWS = replace(
    RUNNING,
    cloud="aws",
    region="eu-west-1",
    endpoint=INVOCATIONS,
    api_key=None,
    auth="sigv4",
)
ON_AZURE = replace(RUNNING, cloud="azure", region="westeurope", endpoint=SCORING)


def test_a_running_deployment_is_talked_to_at_its_url():
    assert connect(RUNNING) == OpenAIEndpoint(
        "mine", "http://127.0.0.1:8080", "llama-2-7b-chat", "k"
    )


def test_each_cloud_has_its_client():
    key = AzureEndpoint("mine", SCORING, "llama-2-7b-chat", "k")

    assert connect(ON_AWS) == SageMakerEndpoint("mine", INVOCATIONS, "eu-west-1", "llama-2-7b-chat")
    assert connect(ON_AZURE) == key
    assert connect(replace(ON_AZURE, slot="green")) == replace(key, deployment="green")


def test_where_a_sign_in_is_asked_for_no_key_is_sent():
    signed_in = connect(replace(ON_AZURE, auth="aad_token"))

    assert signed_in == AzureEndpoint("mine", SCORING, "llama-2-7b-chat", None)


def test_a_key_that_is_not_known_is_no_permission():
    with pytest.raises(NoPermission, match="the key of 'mine' is not known"):
        connect(replace(ON_AZURE, api_key=None))


@pytest.mark.parametrize("deployment", [RUNNING, ON_AWS, ON_AZURE], ids=lambda each: each.cloud)
def test_answers_come_whole_where_that_is_asked_for(deployment):
    assert connect(deployment, streamed=False) == replace(connect(deployment), streamed=False)


def test_connecting_loads_no_sdk_and_no_network():
    script = (
        "import sys; from gateway.test_endpoint import ON_AWS, ON_AZURE, RUNNING, connect\n"
        "before = set(sys.modules)\n"
        "clients = [connect(each) for each in (RUNNING, ON_AWS, ON_AZURE)]\n"
        "print(sorted(set(sys.modules) - before))\n"
        "print([each for each in ('boto3', 'botocore', 'azure', 'httpx') if each in sys.modules])"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parents[1])])}

    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == ["[]", "[]"]


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
