"""What object storage refuses, in words for the user; and no secret in them."""

import asyncio

import obstore
import pytest

from llamactl_catalog.errors import InvalidInput, NoPermission, Unhealthy
from llamactl_containers.buckets.address import bucket_address
from llamactl_containers.buckets.opening import bucket_told, open_bucket
from standins.local_server import LocalServer, SilentHandler

ADDRESS = bucket_address("s3://mine/models")
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
HIDDEN = "TheTokenOfThisSession"


class Refusing(LocalServer):
    """An S3 that gives everything the same answer."""

    def __init__(self, status, body):
        class Handler(SilentHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        super().__init__(Handler)


def xml(code, message, more=""):
    """Write an error as S3 does."""
    start = '<?xml version="1.0" encoding="UTF-8"?>\n<Error>'
    words = f"<Code>{code}</Code><Message>{message}</Message>"
    return f"{start}{words}{more}<RequestId>7</RequestId></Error>".encode()


def told(status, body):
    """Ask for an object, and give what the user is told."""
    with Refusing(status, body) as server:
        store = open_bucket(ADDRESS, {"AWS_ENDPOINT_URL": server.url, **KEYS})

        async def ask():
            with bucket_told(ADDRESS):
                await obstore.get_async(store, "manifest.json")

        with pytest.raises((NoPermission, InvalidInput, Unhealthy)) as caught:
            asyncio.run(ask())
    return caught.value


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    """Give the library the keys that it reads by itself."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def test_a_refusal_says_what_the_service_says_and_what_is_needed():
    error = told(403, xml("AccessDenied", "User x is not authorized to perform: s3:PutObject"))

    assert isinstance(error, NoPermission)
    assert error.message == (
        "s3://mine/models: no permission: "
        "User x is not authorized to perform: s3:PutObject (AccessDenied)"
    )
    assert "read, write and delete" in str(error.hint)


def test_credentials_that_have_expired_are_told_and_not_repeated():
    body = xml("ExpiredToken", "The token has expired.", f"<Token-0>{HIDDEN}</Token-0>")
    error = told(400, body)

    assert isinstance(error, NoPermission)
    assert "have expired" in error.message
    assert HIDDEN not in f"{error.message} {error.hint} {error.__cause__!r}"


def test_no_more_of_an_answer_is_repeated_than_code_and_message():
    error = told(400, xml("Strange", "no", f"<Token-0>{HIDDEN}</Token-0>"))

    assert error.message.endswith("does not answer as it should: no (Strange)")


@pytest.mark.parametrize(
    ("status", "code", "more", "hint"),
    [
        (301, "PermanentRedirect", "", "set AWS_REGION to the bucket's own"),
        (
            400,
            "AuthorizationHeaderMalformed",
            "<Region>eu-west-1</Region>",
            "set AWS_REGION to the bucket's own: eu-west-1",
        ),
    ],
)
def test_a_bucket_of_another_region_is_told_with_the_way_out(status, code, more, hint):
    error = told(status, xml(code, "elsewhere", more))

    assert isinstance(error, InvalidInput)
    assert (error.message, error.hint) == ("s3://mine/models is in another region", hint)


def test_an_answer_that_is_no_xml_is_told_by_its_status():
    error = told(400, f"<html>{HIDDEN}".encode())

    assert error.message.endswith("does not answer as it should: status code: 400 Bad Request")


def test_a_bucket_that_is_not_there_is_not_taken_for_a_missing_right():
    with Refusing(404, xml("NoSuchBucket", "none")) as server:
        store = open_bucket(ADDRESS, {"AWS_ENDPOINT_URL": server.url, **KEYS})

        async def ask():
            with bucket_told(ADDRESS):
                await obstore.get_async(store, "manifest.json")

        with pytest.raises(FileNotFoundError):
            asyncio.run(ask())


ACCOUNT = "AccountName=mine;AccountKey="


@pytest.mark.parametrize(
    ("address", "environment", "words"),
    [
        ("s3://mine", {**KEYS, "AWS_ENDPOINT_URL": HIDDEN}, "AWS_ENDPOINT_URL.* no address"),
        ("s3://mine", {**KEYS, "AWS_ENDPOINT_URL": f"http://a:{HIDDEN}@h"}, "no address"),
        ("az://mine", {"AZURE_STORAGE_CONNECTION_STRING": f"{ACCOUNT}{HIDDEN}!"}, "cannot be open"),
        (
            "az://mine",
            {"AZURE_STORAGE_CONNECTION_STRING": f"{ACCOUNT}aGk=;BlobEndpoint=ftp://{HIDDEN}"},
            "BlobEndpoint of AZURE_STORAGE_CONNECTION_STRING holds is no address",
        ),
    ],
)
def test_settings_that_cannot_be_are_told_before_anything_is_asked(address, environment, words):
    with pytest.raises(InvalidInput, match=words) as caught:
        open_bucket(bucket_address(address), environment)

    assert HIDDEN not in f"{caught.value} {caught.value.hint} {caught.value.__cause__!r}"


def test_half_of_a_pair_of_keys_is_told(monkeypatch):
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(InvalidInput, match=r"cannot be opened: .*Missing SecretAccessKey"):
        open_bucket(ADDRESS, {"AWS_ACCESS_KEY_ID": "key", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"})


@pytest.mark.parametrize(
    "text", ["s3://a b/c", "s3:///c", "s3://a/\x1b[2J", "s3://\u00e4/c", "az://"]
)
def test_a_name_that_no_bucket_has_is_refused(text):
    with pytest.raises(InvalidInput, match="no address of object storage"):
        bucket_address(text)


@pytest.mark.parametrize("text", ["s3://my.bucket-1/a b/c", "az://$web/x", "s3://Old_Bucket"])
def test_a_name_that_a_bucket_may_have_is_taken(text):
    assert str(bucket_address(text)) == text
