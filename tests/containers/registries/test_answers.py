"""What registries refuse, in words; and what is never sent to them."""

import httpx
import pytest

from llamactl_catalog.errors import (
    InvalidInput,
    NoCapacity,
    NoPermission,
    NotFound,
    Unhealthy,
)
from llamactl_containers.registries.answers import cut, refusal
from llamactl_containers.registries.credentials import Login
from llamactl_containers.registries.oci import Registry
from standins.small_answers import SmallAnswers

IMMUTABLE = (
    "The image tag 't' already exists in the 'x' repository and cannot be overwritten because "
    "the repository is immutable."
)


def answer(status: int, message: str = "", code: str = "X") -> httpx.Response:
    return httpx.Response(status, json={"errors": [{"code": code, "message": message}]})


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (answer(401), NoPermission),
        (answer(403, "denied"), NoPermission),
        (answer(400, IMMUTABLE, "TAG_INVALID"), NoPermission),
        (answer(404, "no such repository", "NAME_UNKNOWN"), NotFound),
        (answer(405, "The operation is unsupported."), NoPermission),
        (answer(413), NoCapacity),
        (answer(429, "slow down", "TOOMANYREQUESTS"), NoCapacity),
        (answer(500, "write /data: no space left on device"), NoCapacity),
        (answer(507, "insufficient storage"), NoCapacity),
        (answer(502), Unhealthy),
        (answer(400, "manifest invalid", "MANIFEST_INVALID"), InvalidInput),
        (httpx.Response(503, text="<html>"), Unhealthy),
        (httpx.Response(403, json={"error": {"code": "A", "message": "m"}}), NoPermission),
        (httpx.Response(403, json=["x"]), NoPermission),
    ],
)
def test_a_refusal_has_its_kind(found, kind):
    assert type(refusal("registry.example", "the tag t", found)) is kind


def test_a_refusal_says_what_the_registry_says_and_what_was_done():
    error = refusal("registry.example", "the tag t", answer(400, IMMUTABLE, "TAG_INVALID"))

    assert error.message.startswith("registry.example refuses the tag t: The image tag 't'")
    assert "another repository" in str(error.hint)


def test_no_signature_of_an_address_gets_into_a_message():
    signed = "at https://x.example/log?sig=SECRET&a=b now"

    assert "SECRET" not in cut("registry.example", "a layer", OSError(signed)).message
    assert "SECRET" not in refusal("registry.example", "a layer", answer(403, signed)).message


def test_credentials_are_not_sent_where_all_could_read_them():
    realm = 'Bearer realm="http://tokens.example/token",service="x"'
    with (
        SmallAnswers(401, {"WWW-Authenticate": realm}) as server,
        Registry(server.host, Login("me", "secret"), pause_s=0.01) as registry,
        pytest.raises(NoPermission, match="asks for credentials over http"),
    ):
        registry.digest("x", "1")


def test_a_registry_that_is_busy_is_asked_again():
    with (
        SmallAnswers(503) as server,
        Registry(server.host, pause_s=0.01) as registry,
        pytest.raises(Unhealthy, match="fails at"),
    ):
        registry.digest("x", "1")

    assert server.asked == 4


def test_a_refusal_is_not_asked_again():
    with (
        SmallAnswers(403) as server,
        Registry(server.host, pause_s=0.01) as registry,
        pytest.raises(NoPermission),
    ):
        registry.digest("x", "1")

    assert server.asked == 1
