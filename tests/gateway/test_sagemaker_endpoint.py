"""SageMaker's client: what it signs and reads, and what it makes of the platform's refusals."""

import logging
import sys
from contextlib import contextmanager
from dataclasses import replace

import boto3
import pytest
from botocore.credentials import ReadOnlyCredentials

from llamactl_catalog.errors import (
    InvalidInput,
    NoCapacity,
    NoPermission,
    ProgramMissing,
    Unhealthy,
    UnknownDeployment,
)
from llamactl_catalog.extras import extra_command
from llamactl_catalog.prompts import Message
from llamactl_gateway.aws_identity import FoundAwsIdentity
from llamactl_gateway.sagemaker_endpoint import SageMakerEndpoint
from llamactl_gateway.sampling import Sampling
from standins.chat_server import ChatServer, Reply
from standins.sagemaker_runtime import (
    KEY_ID,
    REGION,
    SECRET_KEY,
    SESSION_TOKEN,
    SageMakerRuntime,
    Signer,
    aws_error,
    error_frame,
    exception_frame,
    model_error,
)

QUESTION = [Message("user", "Hi")]
HELLO = Reply()
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": KEY_ID,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_SESSION_TOKEN": SESSION_TOKEN,
}


@contextmanager
def endpoint(reply=HELLO, **settings):
    """The platform, and a client of it."""
    with ChatServer(reply) as server, SageMakerRuntime(server.url) as front:
        yield front, SageMakerEndpoint("mine", front.url, REGION, "m", Signer(), **settings)


def answer(client):
    return "".join(each.text for each in client.chat(QUESTION, Sampling()))


def trouble(client, error, match=None):
    with pytest.raises(error, match=match) as caught:
        answer(client)
    shown = f"{caught.value.message} {caught.value.hint} {caught.value!r}"
    assert not [each for each in (SECRET_KEY, SESSION_TOKEN) if each in shown]
    assert caught.value.hint
    return caught.value


@pytest.fixture
def no_credentials(monkeypatch, tmp_path):
    for name in (*ENVIRONMENT, "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def credentials(no_credentials, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def test_streamed_and_whole_answers_have_their_own_routes():
    with endpoint() as (front, client):
        assert answer(client) == answer(replace(client, streamed=False)) == "Hello there."

    invocations = "/endpoints/mine-1/invocations"
    assert [call.path for call in front.calls] == [f"{invocations}-response-stream", invocations]


def test_boto3_reads_the_stand_in_as_this_client_does(credentials):
    with endpoint(Reply(pieces=("日", "b"))) as (front, client):
        text = answer(client)
        theirs = boto3.Session().client(
            "sagemaker-runtime", region_name=REGION, endpoint_url=front.base
        )
        read = theirs.invoke_endpoint_with_response_stream(
            EndpointName=front.endpoint, Body=front.calls[0].body, ContentType="application/json"
        )
        content = b"".join(event["PayloadPart"]["Bytes"] for event in read["Body"])

    assert text == "日b"
    assert content.count(b"data: ") == 5
    assert "日".encode() in content


def test_credentials_are_found_where_awss_tools_find_them(credentials):
    with endpoint() as (_front, client):
        assert answer(replace(client, identity=FoundAwsIdentity())) == "Hello there."


def test_without_credentials_nothing_is_sent_and_the_fix_is_told(no_credentials):
    with endpoint() as (front, client):
        error = trouble(replace(client, identity=FoundAwsIdentity()), NoPermission, "no credent")

    assert error.exit_code == 10
    assert "AWS_PROFILE" in error.hint
    assert front.calls == []


def test_a_profile_that_is_not_there_is_named(no_credentials, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "of-nobody")

    with endpoint() as (_front, client):
        trouble(replace(client, identity=FoundAwsIdentity()), NoPermission, "of-nobody")


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.session", None)

    with endpoint() as (_front, client):
        error = trouble(replace(client, identity=FoundAwsIdentity()), ProgramMissing)

    assert error.hint == extra_command("aws")


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "AWS_ENDPOINT_URL"])
def test_another_address_for_awss_services_is_obeyed(name, monkeypatch):
    with endpoint() as (front, client):
        monkeypatch.setenv(name, front.base)
        url = client.url.replace(front.base, "https://runtime.sagemaker.us-west-2.amazonaws.com")

        assert answer(replace(client, url=url)) == "Hello there."


def test_credentials_are_not_sent_in_the_open():
    with endpoint() as (front, client):
        open_line = client.url.replace("127.0.0.1", "192.0.2.1")
        trouble(replace(client, url=open_line), InvalidInput, "no credentials are sent to http:")

    assert front.calls == []


def test_a_wrong_secret_is_no_permission_and_awss_words_are_not_repeated():
    wrong = Signer(ReadOnlyCredentials(KEY_ID, "another", SESSION_TOKEN, None))
    with endpoint() as (_front, client):
        trouble(replace(client, identity=wrong), NoPermission, "does not accept the signature")


def test_a_key_of_another_account_is_no_permission():
    wrong = Signer(ReadOnlyCredentials("AKIDOTHER", SECRET_KEY, SESSION_TOKEN, None))
    with endpoint() as (_front, client):
        trouble(replace(client, identity=wrong), NoPermission, "does not know these credentials")


def test_the_region_is_part_of_the_signature():
    with endpoint() as (_front, client):
        trouble(replace(client, region="eu-west-1"), NoPermission, "signature")


def test_an_endpoint_that_is_not_there_is_an_unknown_deployment():
    with endpoint() as (_front, client):
        gone = replace(client, url=client.url.replace("mine-1", "gone"))
        error = trouble(gone, UnknownDeployment, "no deployment 'mine' on SageMaker in us-west-2")

    assert error.exit_code == 12


MAY_NOT = "User: arn:aws:iam::111122223333:user/x is not authorized to perform: InvokeEndpoint"
TIMED_OUT = "Your invocation timed out while waiting for a response from container primary."


@pytest.mark.parametrize(
    ("fault", "error", "match"),
    [
        (aws_error(400, "ThrottlingException", "Rate exceeded"), NoCapacity, "Rate exceeded"),
        (aws_error(503, "ServiceUnavailable", "later"), NoCapacity, "later"),
        (aws_error(429, "ModelNotReadyException", "loading"), NoCapacity, "loading"),
        (aws_error(500, "InternalFailure", "oops"), Unhealthy, "oops"),
        (aws_error(530, "InternalDependencyException", "oops"), Unhealthy, "oops"),
        (aws_error(403, "AccessDeniedException", MAY_NOT), NoPermission, "not authorized"),
        (aws_error(403, "ExpiredTokenException", "expired"), NoPermission, "have expired"),
        (model_error(TIMED_OUT, OriginalStatusCode=0), NoCapacity, "longer than the 60 s"),
        (model_error("no status"), Unhealthy, "no status"),
        (
            model_error("x", OriginalStatusCode=401, OriginalMessage="key?"),
            Unhealthy,
            "asks for an API key, which SageMaker does not pass on",
        ),
    ],
)
def test_each_refusal_of_the_platform_is_told_apart(fault, error, match):
    with endpoint() as (front, client):
        front.fault = fault
        told = trouble(client, error, match)

    assert type(told) is error


@pytest.mark.parametrize(
    ("last", "error", "match"),
    [
        (
            exception_frame("ModelStreamError", {"ErrorCode": "ModelInvocationTimeExceeded"}),
            NoCapacity,
            "longer than the 480 s",
        ),
        (
            exception_frame("InternalStreamFailure", {"Message": "try again"}),
            Unhealthy,
            "broke off: InternalStreamFailure: try again",
        ),
        (error_frame("Oops", "of its own"), Unhealthy, "broke off: Oops: of its own"),
    ],
)
def test_an_error_frame_is_raised_after_what_was_said(last, error, match):
    with endpoint(Reply(cut_off=True)) as (front, client):
        front.at_a_break = last
        deltas = client.chat(QUESTION, Sampling())

        assert next(deltas).text == "Hello"
        with pytest.raises(error, match=match):
            list(deltas)


def test_a_frame_that_was_damaged_on_the_way_is_not_believed():
    with endpoint() as (front, client):
        front.damage = True
        trouble(client, Unhealthy, "broke off")


def test_a_stream_that_ends_without_a_word_broke_off():
    with endpoint(Reply(cut_off=True)) as (front, client):
        front.at_a_break = None
        trouble(client, Unhealthy, "broke off")


def test_botocores_debug_log_of_ones_own_is_left_alone(credentials, monkeypatch):
    log = logging.getLogger("botocore")
    monkeypatch.setattr(log, "level", logging.WARNING)

    with endpoint() as (_front, client):
        answer(client)

    assert log.level == logging.WARNING
