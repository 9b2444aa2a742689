"""Servers that lie, lead astray or give what nobody asked for: told, and never believed."""

import json

import pytest

from llamactl_catalog.errors import InvalidFile, Unhealthy
from llamactl_containers.weights.answers import Answer
from standins.file_server import Trouble
from standins.hub import REVISION

LARGE = "model-00001-of-00002.safetensors"
OWN = "config.json"  # a file that the Hub gives itself, and is asked for with the token


def of_large(trouble):
    """Trouble with the ranges of the large file alone."""
    return lambda asked, number: (
        trouble(asked, number) if asked.server == "cdn" and LARGE in asked.path else None
    )


def begins_at(asked):
    return int(asked.headers.get("range", "bytes=0").removeprefix("bytes=").partition("-")[0])


@pytest.fixture
def is_refused(hub, move, tmp_path):
    """Check what is said, and that no such file is to be seen."""

    def check(trouble, error, words):
        hub.trouble = trouble
        with pytest.raises(error, match=words):
            move(tmp_path / "out")
        assert not (tmp_path / "out" / LARGE).exists()
        assert not (tmp_path / "out" / "manifest.json").exists()

    return check


def test_another_part_than_the_one_asked_for_is_refused(is_refused):
    def shifted(asked, _number):
        first = begins_at(asked) + 1
        return Trouble(headers={"content-range": f"bytes {first}-{first}/9500000"})

    is_refused(of_large(shifted), InvalidFile, f"{LARGE}.*\n.*another part of it than")


def test_a_file_of_another_size_is_refused(is_refused):
    def larger(asked, _number):
        said = asked.headers["range"].replace("=", " ")
        return Trouble(headers={"content-range": f"{said}/9999999"})

    is_refused(of_large(larger), InvalidFile, "has 9999999 bytes of it, 9500000 were listed")


def test_more_bytes_than_were_asked_for_are_refused(is_refused):
    more = Trouble(more=b"more than promised")

    is_refused(of_large(lambda _a, _n: more), InvalidFile, "gives more of it")


def test_a_packed_answer_is_refused(is_refused):
    packed = Trouble(headers={"content-encoding": "gzip"}, more=b"longer than plain")

    is_refused(of_large(lambda _a, _n: packed), InvalidFile, "packs it")


def test_a_redirect_that_goes_in_circles_is_refused_at_once(hub, is_refused):
    circle = of_large(lambda asked, _: Trouble(status=302, headers={"Location": asked.path}))

    is_refused(circle, Unhealthy, f"refuses {LARGE} with status 302")

    asked = [each for each in hub.asked_of("cdn") if LARGE in each.path]
    assert len(asked) < 500


@pytest.mark.parametrize("place", ["file:///etc/passwd", "http://[", "ftp://127.0.0.1/x"])
def test_a_place_that_is_no_address_of_the_web_is_refused(hub, is_refused, place):
    def astray(asked, _number):
        is_large = (asked.server, asked.method) == ("hub", "HEAD") and LARGE in asked.path
        sha256 = hub.sibling(LARGE)["lfs"]["sha256"]
        said = {"X-Linked-Size": "9500000", "X-Linked-Etag": f'"{sha256}"', "Location": place}
        return Trouble(status=302, headers=said) if is_large else None

    is_refused(astray, Unhealthy, "no address of the web|none of a Hub|does not give")


def test_a_redirect_to_another_host_does_not_take_the_token_along(hub, move, tmp_path):
    there = f"{hub.cdn_url}/elsewhere"

    def astray(asked, _number):
        leads = asked.server == "hub" and asked.method == "GET" and asked.path.endswith(OWN)
        return Trouble(status=302, headers={"Location": there}) if leads else None

    hub.trouble = astray
    with pytest.raises((InvalidFile, Unhealthy)):
        move(tmp_path / "out")

    elsewhere = [each for each in hub.asked if each.path.startswith("/elsewhere")]
    assert elsewhere
    assert [each for each in elsewhere if "authorization" in each.headers] == []


def test_a_server_that_forgets_ranges_half_way_still_gives_the_right_file(hub, move, tmp_path):
    hub.trouble = of_large(lambda asked, _: Trouble(whole=begins_at(asked) > 5_000_000))

    staged = move(tmp_path / "out")

    assert (tmp_path / "out" / LARGE).read_bytes() == hub.files[LARGE]
    total = sum(each.size_bytes for each in staged.manifest.files if each.path != "NOTICE")
    assert max(each.done_bytes for each in move.steps if each.paced) == total


def test_a_server_without_ranges_that_breaks_off_is_asked_again(hub, move, tmp_path):
    def breaks(asked, number):
        return Trouble(whole=True, ends_after_bytes=3_000_000 if number % 2 else None)

    hub.trouble = of_large(breaks)

    move(tmp_path / "out")

    assert (tmp_path / "out" / LARGE).read_bytes() == hub.files[LARGE]


def test_a_tag_that_changes_is_no_matter_where_the_digest_is_right(hub, move, tmp_path):
    hub.trouble = of_large(lambda _asked, number: Trouble(headers={"ETag": f'"{number}"'}))

    move(tmp_path / "out")

    assert (tmp_path / "out" / LARGE).read_bytes() == hub.files[LARGE]


LISTED = {"rfilename": "model.safetensors", "size": 1, "blobId": "0" * 40}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<html>log in</html>", "none of a Hub"),
        (b"[]", "none of a Hub"),
        (b"{}", "none of a Hub"),
        (b"[" * 100_000, "none of a Hub"),
        ([{}], "none of a Hub"),
        ([{**LISTED, "size": None}], "'model.safetensors' without its size"),
        ([{**LISTED, "size": -1}], "'model.safetensors' without its size"),
        ([{**LISTED, "blobId": "zero"}], "without its size or its digest"),
        ([{**LISTED, "rfilename": 5}], "none of a Hub|a file without a name"),
        ([LISTED, LISTED], "'model.safetensors' is listed twice"),
        ([{**LISTED, "rfilename": "a\\..\\..\\b.safetensors"}], "no plain name"),
        ([{**LISTED, "rfilename": "C:b.safetensors"}], "no plain name"),
        ([{**LISTED, "rfilename": "a\0b.safetensors"}], r"'a\\x00b.safetensors' is no plain name"),
        ([{**LISTED, "rfilename": "\x1b[2Jb.safetensors"}], r"'\\x1b\[2Jb.safetensors' is no"),
        ([{**LISTED, "rfilename": "b" * 300 + ".safetensors"}], "no plain name"),
        ([{**LISTED, "rfilename": "model-00001-of-99999.safetensors"}], "and 99993 more"),
    ],
)
def test_a_listing_that_cannot_be_is_told_and_nothing_is_written(
    hub, move, tmp_path, answer, words
):
    if isinstance(answer, list):
        answer = json.dumps({"id": "a/b", "sha": REVISION, "siblings": answer}).encode()
    hub.trouble = lambda asked, _: (
        Trouble(status=200, headers={"content-type": "application/json"}, body=answer)
        if asked.path.startswith("/api/models/")
        else None
    )

    with pytest.raises((InvalidFile, Unhealthy), match=words):
        move(tmp_path / "out")

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("said", ["²", "1" * 400, "-1", "", "Thu, 99 Nov 99999 00:00:00 GMT"])
def test_a_wait_that_is_no_number_is_none(said):
    assert Answer(503, {"retry-after": said}).retry_after_s() is None


@pytest.mark.parametrize("said", ["²", "1" * 400, "-1", ""])
def test_a_size_that_is_no_number_is_none(said):
    assert Answer(200, {"content-length": said}).total_bytes() is None
    assert Answer(206, {"content-range": f"bytes 0-0/{said}"}).total_bytes() is None
