"""Meta's signed download."""

import asyncio
import base64
import json
import time

import pytest

from llamactl_catalog.errors import InvalidFile, InvalidInput, NoAccess, Unhealthy
from llamactl_catalog.model import MetaSource
from llamactl_containers.weights.meta import Meta, listed_digests, signed_url
from llamactl_containers.weights.ranges import HttpReader, Patience
from llamactl_containers.weights.staging import StagingOrder, stage
from llamactl_containers.weights.targets import open_target
from standins.file_server import Trouble
from standins.meta import DENIED, EXPIRED, SIGNATURE, MetaStandIn, llama_2_files
from standins.noise import noise

NAME = "llama-2-13b-chat"
SHARDS = {"consolidated.00.pth": noise(1, 300_000), "consolidated.01.pth": noise(2, 200_000)}
HASTE = Patience(tries=2, first_wait_s=0.0)


@pytest.fixture
def server():
    with MetaStandIn(llama_2_files(SHARDS, NAME)) as running:
        yield running


def client(server, **url):
    return Meta(MetaSource(NAME, 2), signed_url(server.signed_url(**url)), HASTE)


def fetch(meta, folder):
    order = StagingOrder("llama-2-13b-chat", "llama-2", "0123456789abcdef", meta.listing())

    async def move():
        target = open_target(str(folder))
        return await stage(
            order, target, lambda arrived: HttpReader(meta, arrived, HASTE).pieces, lambda _: None
        )

    return asyncio.run(move())


def test_terms_tokenizer_and_every_shard_of_the_size_arrive(server, tmp_path):
    fetch(client(server), tmp_path)

    wanted = ["LICENSE", "USE_POLICY.md", "tokenizer.model", "params.json", *SHARDS]
    assert {path.name for path in tmp_path.iterdir()} == {*wanted, "manifest.json"}
    assert (tmp_path / "consolidated.01.pth").read_bytes() == SHARDS["consolidated.01.pth"]


def test_the_terms_are_asked_for_before_anything_of_the_model(server):
    client(server).listing()

    assert [each.path.split("?")[0] for each in server.asked][:2] == ["/LICENSE", "/USE_POLICY.md"]


def test_what_metas_lists_say_is_compared(server, tmp_path):
    server.trouble = lambda asked, _: Trouble(wrong="consolidated.00" in asked.path)

    with pytest.raises(InvalidFile, match=r"consolidated.00.pth.*\n.*md5"):
        fetch(client(server), tmp_path)


@pytest.mark.parametrize("name", ["llama-2-7b", "CodeLlama-7b", "Meta-Llama-3-8B"])
def test_every_family_that_has_lists_is_compared(name):
    inside = {"consolidated.00.pth": b"x", "params.json": b"{}", "tokenizer.model": b"t"}
    files = llama_2_files(inside, name)

    with MetaStandIn(files) as running:
        listing = Meta(MetaSource(name, 1), signed_url(running.signed_url()), HASTE).listing()

    kinds = {each.path: each.digest and each.digest.kind for each in listing.files}
    assert {kinds["consolidated.00.pth"], kinds["tokenizer.model"]} == {"md5"}


def test_a_family_without_lists_says_that_only_sizes_are_compared():
    name = "Meta-Llama-3.1-8B"
    files = llama_2_files({"consolidated.00.pth": b"x", "tokenizer.model": b"t"}, name)

    with MetaStandIn(files) as running:
        listing = Meta(MetaSource(name, 1), signed_url(running.signed_url()), HASTE).listing()

    assert any("only sizes" in note for note in listing.notes)


@pytest.fixture
def unlisted():
    """A model of which Meta gives no digests, in more than one range."""
    name = "Meta-Llama-3.1-8B"
    inside = {"consolidated.00.pth": noise(4, 3_500_000), "params.json": b"{}"}
    with MetaStandIn(llama_2_files({**inside, "tokenizer.model": b"t"}, name)) as running:
        yield running, Meta(MetaSource(name, 1), signed_url(running.signed_url()), HASTE)


def changing(versions):
    """Have the shard's server say another version with each range, while there are any."""

    def trouble(asked, _number):
        is_range = "consolidated" in asked.path and "-0" not in asked.headers["range"]
        tag = next(versions, None) if is_range else None
        return None if tag is None else Trouble(headers={"ETag": f'"{tag}"'})

    return trouble


def test_a_file_without_digest_that_changes_on_the_way_is_fetched_anew(unlisted, tmp_path):
    server, meta = unlisted
    server.trouble = changing(iter(["one", "two"]))

    fetch(meta, tmp_path)

    content = server.files["Meta-Llama-3.1-8B/consolidated.00.pth"]
    assert (tmp_path / "consolidated.00.pth").read_bytes() == content
    assert len([each for each in server.asked if "consolidated" in each.path]) > 4


def test_a_file_without_digest_that_keeps_changing_is_refused(unlisted, tmp_path):
    server, meta = unlisted
    server.trouble = changing(iter(range(1000)))

    with pytest.raises(InvalidFile, match="changed while it was fetched; fetched twice"):
        fetch(meta, tmp_path)

    assert not (tmp_path / "consolidated.00.pth").exists()
    assert list(tmp_path.rglob("*.part")) == []


def test_a_url_that_has_expired_is_told_before_anything_is_asked(server):
    with pytest.raises(NoAccess, match=r"has expired: it held until \d{4}-\d\d-\d\d") as caught:
        client(server, ends_in_s=-60).listing()

    assert "24 hours" in str(caught.value.hint)
    assert server.asked == []


def test_a_server_that_says_expired_is_believed(server):
    server.trouble = lambda _asked, _number: Trouble(status=403, body=EXPIRED)

    with pytest.raises(NoAccess, match="has expired, its server says"):
        client(server).listing()


def test_a_url_of_another_family_is_told_apart(server):
    server.trouble = lambda _asked, _number: Trouble(status=403, body=DENIED)

    with pytest.raises(NoAccess, match="for another model family, was used too often"):
        client(server).listing()


def test_a_url_for_another_server_says_which(server):
    server.trouble = lambda _asked, _number: Trouble(status=403, body=DENIED)

    with pytest.raises(NoAccess, match=r"opens download6\.llamameta\.net alone"):
        client(server, resource="https://download6.llamameta.net/*").listing()


def test_a_url_that_expires_on_the_way_is_told(server, tmp_path):
    meta = client(server)
    listing = meta.listing()
    server.trouble = lambda _asked, _number: Trouble(status=403, body=EXPIRED)
    order = StagingOrder("llama-2-13b-chat", "llama-2", None, listing)

    async def move():
        target = open_target(str(tmp_path))
        await stage(
            order, target, lambda arrived: HttpReader(meta, arrived, HASTE).pieces, lambda _: None
        )

    with pytest.raises(NoAccess, match="has expired"):
        asyncio.run(move())


def test_a_server_that_is_away_is_told(server):
    server.__exit__()

    with pytest.raises(Unhealthy, match="no answer for LICENSE"):
        client(server).listing()


def test_a_server_that_asks_for_hours_is_not_waited_for(server):
    server.trouble = lambda _a, _n: Trouble(status=503, headers={"Retry-After": "7200"})

    with pytest.raises(Unhealthy, match="asks to wait 2 h"):
        client(server).listing()


def test_a_list_that_never_ends_is_read_no_further_than_one_can_be(server):
    server.files["tokenizer_checklist.chk"] = b"no digest\n" * 1_000_000

    with pytest.raises(Unhealthy, match=r"tokenizer_checklist\.chk .* is no list"):
        client(server).listing()


def test_the_signature_shows_nowhere(server):
    url = signed_url(server.signed_url())
    server.trouble = lambda _asked, _number: Trouble(status=403, body=DENIED)

    with pytest.raises(NoAccess) as caught:
        Meta(MetaSource(NAME, 2), url, HASTE).listing()

    shown = f"{url!r} {url} {url.of('LICENSE')!r} {caught.value!r} {caught.value.hint}"
    assert SIGNATURE not in shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a URL",
        "https://download.llamameta.net/LICENSE?Policy=x",
        "ftp://a/*",
        "https://[secret/*",
        "https://a.example:99999/*?secret",
        "https://a.example/*?secret\x00",
        "https://secret\u2100.example/*",
    ],
)
def test_what_is_no_signed_url_is_refused_without_repeating_it(text):
    with pytest.raises(InvalidInput) as caught:
        signed_url(text)

    assert not text or text not in caught.value.message


def test_quotes_and_blanks_of_a_paste_do_no_harm():
    assert signed_url(" 'https://a.example/*?Expires=5'\n").expires_at == 5.0


def policy(**statement):
    text = base64.b64encode(json.dumps({"Statement": [statement]}).encode()).decode()
    return text.replace("+", "-").replace("=", "_").replace("/", "~")


@pytest.mark.parametrize(
    ("query", "end"),
    [
        ("Expires=1700000000", 1_700_000_000.0),
        (f"Policy={policy(Condition={'DateLessThan': {'AWS:EpochTime': 1_700_000_000}})}", 1.7e9),
        ("X-Amz-Date=20231114T221320Z&X-Amz-Expires=100", 1_700_000_100.0),
        ("Policy=broken", None),
        (f"Policy={policy(Resource='x')}", None),
        ("X-Amz-Date=yesterday&X-Amz-Expires=100", None),
        ("Signature=x", None),
        ("X-Amz-Date=20231114T221320Z&X-Amz-Expires=" + "9" * 30, None),
        (f"Policy={policy(Condition={'DateLessThan': {'AWS:EpochTime': float('nan')}})}", None),
        (f"Policy={policy(Condition={'DateLessThan': {'AWS:EpochTime': 10**400}})}", None),
    ],
)
def test_the_end_is_read_out_of_each_kind_of_signature(query, end):
    assert signed_url(f"https://a.example/*?{query}").expires_at == end


def test_a_list_of_md5s_is_read_as_md5sum_writes_it():
    text = f"{'a' * 32}  one.pth\n{'b' * 32} *two.pth\nno digest\n"

    digests = {name: each.hexadecimal for name, each in listed_digests(text).items()}

    assert digests == {"one.pth": "a" * 32, "two.pth": "b" * 32}


def test_a_fresh_url_holds_for_a_day(server):
    end = signed_url(server.signed_url()).expires_at

    assert end is not None
    assert end > time.time() + 86_000
