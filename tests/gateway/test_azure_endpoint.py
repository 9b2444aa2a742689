"""Azure ML's client: keys and tokens, which deployment answers, and the platform's refusals."""

import json
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from llamactl_catalog.errors import (
    InvalidInput,
    LlamactlError,
    NoCapacity,
    NoPermission,
    ProgramMissing,
    Unhealthy,
)
from llamactl_catalog.extras import extra_command
from llamactl_catalog.prompts import Message
from llamactl_gateway.azure_endpoint import AzureEndpoint
from llamactl_gateway.entra_identity import FoundEntraIdentity
from llamactl_gateway.sampling import Sampling
from standins.azure_scoring import KEY, TOKEN, AzureScoring, SignedIn, scoring_error
from standins.chat_server import ChatServer
from standins.front import Refusal

QUESTION = [Message("user", "Hi")]


class Identity:
    """What azure-identity calls a credential; each token holds for `holds_s`."""

    def __init__(self, *answers, holds_s=3600.0):
        self.answers = list(answers)
        self.scopes = []
        self.holds_s = holds_s

    def get_token(self, *scopes):
        self.scopes += scopes
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(token=answer, expires_on=int(time.time() + self.holds_s))


@contextmanager
def endpoint(**settings):
    """The platform, and a client of it that has the key."""
    with ChatServer() as server, AzureScoring(server.url) as front:
        yield front, AzureEndpoint("mine", front.url, "m", **{"api_key": KEY, **settings})


def answer(client):
    return "".join(each.text for each in client.chat(QUESTION, Sampling()))


def trouble(client, error, match=None):
    with pytest.raises(error, match=match) as caught:
        answer(client)
    shown = f"{caught.value.message} {caught.value.hint} {caught.value!r}"
    assert not [each for each in (KEY, TOKEN) if each in shown]
    return caught.value


def test_openais_routes_are_used_whatever_the_scoring_route_is():
    with endpoint() as (front, client):
        answer(client)
        list(client.complete("Once", Sampling()))

    assert [call.path for call in front.calls] == ["/v1/chat/completions", "/v1/completions"]


def test_traffic_decides_unless_a_deployment_is_named():
    with endpoint() as (front, client):
        answer(client)
        answer(replace(client, deployment="green"))

    named = [call.headers.get("azureml-model-deployment") for call in front.calls]
    assert named == [None, "green"]


def test_a_token_is_asked_for_once_and_again_before_it_expires():
    lasting, short = Identity(TOKEN), Identity(TOKEN, TOKEN, holds_s=200)
    with endpoint(api_key=None) as (_front, client):
        for identity in (lasting, short):
            signed_in = replace(client, identity=FoundEntraIdentity(identity))
            answer(signed_in)
            answer(signed_in)

    assert lasting.scopes == ["https://ml.azure.com/.default"]
    assert len(short.scopes) == 2


def test_a_token_that_was_refused_is_not_used_again():
    with endpoint(api_key=None, identity=SignedIn(["stale", TOKEN])) as (_front, client):
        trouble(client, NoPermission, "does not accept the token")

        assert answer(client) == "Hello there."


def test_nobody_signed_in_is_told_with_the_fix_and_nothing_is_sent():
    exceptions = pytest.importorskip("azure.core.exceptions")
    refused = exceptions.ClientAuthenticationError("none\nof many")
    nobody = FoundEntraIdentity(Identity(refused))
    with endpoint(api_key=None, identity=nobody) as (front, client):
        error = trouble(client, NoPermission, "nobody is signed in to Azure: none$")

    assert (error.exit_code, front.calls) == (10, [])
    assert error.hint.startswith("az login")


def test_the_real_sign_in_finds_nobody_here(monkeypatch):
    pytest.importorskip("azure.identity")
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")

    with endpoint(api_key=None) as (_front, client):
        trouble(client, NoPermission, "nobody is signed in")


def test_a_sign_in_out_of_reach_is_no_missing_permission():
    exceptions = pytest.importorskip("azure.core.exceptions")
    away = FoundEntraIdentity(Identity(exceptions.ServiceRequestError("no network")))
    with endpoint(api_key=None, identity=away) as (_front, client):
        trouble(client, Unhealthy, "cannot be reached: no network")


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "azure.identity", None)

    with endpoint(api_key=None) as (_front, client):
        error = trouble(client, ProgramMissing)

    assert error.hint == extra_command("azure")


def test_keys_are_not_sent_in_the_open():
    with endpoint() as (_front, client):
        trouble(replace(client, url="http://192.0.2.1/score"), InvalidInput, "no credentials")


def test_a_deployment_that_is_not_there_is_unhealthy():
    with endpoint(deployment="red") as (_front, client):
        trouble(client, Unhealthy, "nothing at the address of 'mine' takes requests")


def test_a_wrong_key_is_no_permission():
    with endpoint(api_key="old") as (_front, client):
        trouble(client, NoPermission, "refuses the key")


def inner(status: str) -> Refusal:
    body = json.dumps({"error": "of the container"}).encode()
    return Refusal(424, body, {"ms-azureml-model-error-statuscode": status})


@pytest.mark.parametrize(
    ("fault", "error", "match"),
    [
        (scoring_error(403, "Forbidden", "not your network"), NoPermission, "not your network"),
        (Refusal(404, b""), Unhealthy, "takes requests"),
        (Refusal(408, b""), NoCapacity, "request timeout, on Azure ML at most 180 s"),
        (Refusal(424, b""), Unhealthy, "the container of 'mine' failed: it does not say why"),
        (inner("401"), Unhealthy, "asks for an API key of its own"),
        (inner("422"), InvalidInput, "of the container"),
        (inner("429"), NoCapacity, "of the container"),
        (inner("500"), Unhealthy, "of the container"),
        (scoring_error(429, "TooMany", "too many"), NoCapacity, "'mine' is busy: .*too many"),
        (Refusal(429, b""), NoCapacity, "'mine' is busy$"),
        (Refusal(502, b"<html>Bad gateway</html>"), Unhealthy, "502: <html>Bad gateway"),
        (Refusal(503, b""), NoCapacity, "busy"),
    ],
)
def test_each_refusal_of_the_platform_is_told_apart(fault, error, match):
    with endpoint() as (front, client):
        front.fault = fault
        told = trouble(client, error, match)

    assert type(told) is error


def test_who_may_not_score_is_told_the_role():
    with endpoint(api_key=None, identity=SignedIn()) as (front, client):
        front.fault = scoring_error(403, "Forbidden", "no")
        error = trouble(client, LlamactlError)

    assert isinstance(error, NoPermission)
    assert "score/action" in error.hint
