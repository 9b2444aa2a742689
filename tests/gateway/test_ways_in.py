"""What is printed to paste into a shell or a file works as it is, against each platform."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from llamactl_gateway.ways_in import ways_in
from llamactl_infra.deployment import Deployment
from standins.azure_scoring import KEY, AzureScoring
from standins.chat_server import ChatServer, Reply
from standins.sagemaker_runtime import KEY_ID, REGION, SECRET_KEY, SESSION_TOKEN, SageMakerRuntime

KINDS = ("local", "aws", "azure")
PARIS = Reply(pieces=("It is", " Paris."))
all_kinds = pytest.mark.parametrize("kind", KINDS)


def deployment(cloud, url, **changes):
    told = {
        "name": "mine",
        "model": "tiny",
        "cloud": cloud,
        "region": REGION,
        "instance_type": "large",
        "engine": "tgi",
        "state": "running",
        "reason": None,
        "endpoint": url,
        "usd_per_hour": 1.0,
        "created_at": datetime(2026, 11, 22, tzinfo=UTC),
        "pid": None,
        "context_tokens": None,
        "log_path": Path("log"),
        "api_key": KEY if cloud == "azure" else None,
        "auth": "sigv4" if cloud == "aws" else "key",
    }
    return Deployment(**(told | changes))


@contextmanager
def platform(kind, server):
    """Give the URL that a deployment has behind a kind of platform."""
    match kind:
        case "local":
            yield server.url
        case "aws":
            with SageMakerRuntime(server.url) as front:
                yield front.url
        case _:
            with AzureScoring(server.url) as front:
                yield front.url


@pytest.fixture
def environment(tmp_path):
    """A shell in which llamactl and the clouds' programs give the credentials."""
    programs = tmp_path / "bin"
    programs.mkdir()
    names = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    names["AWS_SESSION_TOKEN"] = SESSION_TOKEN
    exports = "\\n".join(f"export {name}={value}" for name, value in names.items())
    for name, says in {"llamactl": KEY, "az": KEY, "aws": exports}.items():
        program = programs / name
        program.write_text(f"#!/bin/sh\nprintf '{says}\\n'\n")
        program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on PATH")
@all_kinds
@pytest.mark.parametrize("chat", [True, False])
def test_the_line_of_curl_is_answered(kind, chat, environment):
    with ChatServer(PARIS) as server, platform(kind, server) as url:
        curl = ways_in(deployment(kind, url), url, chat=chat).curl
        command = ["bash", "-c", curl.replace("curl ", "curl --silent --fail-with-body ")]
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)

    assert done.returncode == 0, (done.stdout, done.stderr)
    assert ("messages" in server.requests[0].body) is chat
    assert server.requests[0].body["model"] == "tiny"


@all_kinds
@pytest.mark.parametrize("chat", [True, False])
def test_the_python_lines_stream_the_answer(kind, chat, environment):
    with ChatServer(PARIS) as server, platform(kind, server) as url:
        ways = ways_in(deployment(kind, url), url, chat=chat)
        pytest.importorskip(ways.needs)
        keys = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        keys["AWS_SESSION_TOKEN"] = SESSION_TOKEN
        if kind == "aws":
            keys["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] = url.partition("/endpoints")[0]
        done = subprocess.run(
            [sys.executable, "-c", ways.python.replace('"…"', f'"{KEY}"')],
            check=False,
            env={**environment, **keys},
            capture_output=True,
            text=True,
        )

    assert done.stdout == "It is Paris.", done.stderr
    assert server.requests[0].body["stream"] is True


@all_kinds
def test_no_key_is_in_the_lines(kind):
    ways = ways_in(
        deployment(kind, "https://h/endpoints/e/invocations", api_key=KEY),
        "https://h/endpoints/e/invocations",
        chat=True,
    )

    assert KEY not in ways.curl + ways.python


def test_an_endpoint_of_sign_ins_is_asked_with_a_token_of_whoever_is_signed_in():
    url = "https://mine.westeurope.inference.ml.azure.com/score"

    ways = ways_in(deployment("azure", url, auth="aad_token", api_key=None), url, chat=True)

    assert "az account get-access-token --resource https://ml.azure.com" in ways.curl
    assert 'base_url="https://mine.westeurope.inference.ml.azure.com/v1"' in ways.python
