"""Reading the texts of licenses: the real one, changed ones, and all that goes wrong on the way."""

import hashlib
from dataclasses import replace
from importlib.metadata import distribution

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.errors import LicenseRefused, NoAccess, NotFound
from llamactl_catalog.extras import extra_command
from llamactl_catalog.licensing.normalized import normalized_sha256
from llamactl_catalog.model import (
    FileText,
    HubFile,
    HuggingFaceSource,
    LicenseText,
    PackagedText,
    WebText,
)
from llamactl_containers.licensing.download import MOST_BYTES
from llamactl_containers.licensing.texts import LicenseTexts, license_files
from standins.text_places import Answer, TextPlaces

CATALOG = load_catalog()
LLAMA_2 = CATALOG.license("llama-2")
MODEL = CATALOG.model("llama-2-7b")
COMMIT = "01c7f73d771dfac7d292323805ebc428287df4f9"
REAL = (
    distribution("licensedcode-data")
    .locate_file("licensedcode/data/licenses/llama-2-license-2023.LICENSE")
    .read_bytes()
    .split(b"---\n", 2)[2]
)
TOKEN = "hf_not-to-be-seen-anywhere"  # noqa: S105 - nobody's


@pytest.fixture
def places():
    with TextPlaces() as server:
        yield server


@pytest.fixture
def elsewhere():
    with TextPlaces() as server:
        yield server


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def texts(tmp_path, places, pauses):
    environment = {"HF_ENDPOINT": places.url, "HF_TOKEN_PATH": str(tmp_path / "no-token")}
    return LicenseTexts(tmp_path / "licenses", environment, pauses.append)


def with_token(texts):
    return replace(texts, environment={**texts.environment, "HF_TOKEN": TOKEN})


def at(*all_places, sha256s=(), words=normalized_sha256(REAL.decode())):  # noqa: B008 - a constant
    """Llama 2's license at other places."""
    return LicenseText("license", "LICENSE", all_places, tuple(sha256s), words)


def test_the_real_text_is_known_by_its_words(texts, places):
    text = replace(LLAMA_2.texts[0], places=(WebText(places.give("/LICENSE", REAL)),))

    read = texts.read(text)

    assert read.verdict == "same-words"
    assert read.content == REAL
    assert read.place == f"{places.url}/LICENSE"
    assert read.normalized_sha256.startswith("0629d729")


def test_the_real_text_comes_offline_from_the_package_that_has_it(texts):
    packaged = [each for each in LLAMA_2.texts[0].places if isinstance(each, PackagedText)]

    read = texts.read(replace(LLAMA_2.texts[0], places=tuple(packaged)))

    assert read.verdict == "same-words"
    assert read.text.startswith("LLAMA 2 COMMUNITY LICENSE AGREEMENT")


def test_a_copy_that_was_read_before_is_known_byte_for_byte(texts, places):
    url = places.give("/LICENSE", REAL)

    read = texts.read(at(WebText(url), sha256s=[hashlib.sha256(REAL).hexdigest()]))

    assert read.verdict == "same-bytes"


def test_a_text_with_another_word_is_told_as_changed(texts, places):
    url = places.give("/LICENSE", REAL.replace(b"700 million", b"7 million"))

    read = texts.read(at(WebText(url)))

    assert read.verdict == "changed"
    assert read.normalized_sha256 != at().normalized_sha256


def test_a_text_without_a_hash_on_record_is_neither_known_nor_changed(texts, places):
    read = texts.read(at(WebText(places.give("/LICENSE", b"any text")), words=None))

    assert read.verdict == "unknown"


def test_the_text_of_a_model_is_read_at_its_pinned_revision(texts, places):
    path = f"/meta-llama/Llama-2-7b-hf/resolve/{COMMIT}/LICENSE.txt"
    places.give(path, REAL)

    read = texts.read(at(HubFile("LICENSE.txt")), MODEL)

    assert [each.revision for each in MODEL.sources if isinstance(each, HuggingFaceSource)] == [
        COMMIT
    ]
    assert read.place == places.url + path


def test_a_text_of_a_space_is_read_there_whichever_model_it_is_for(texts, places):
    places.give("/spaces/tiiuae/falcon-180b-license/resolve/main/LICENSE.txt", b"the terms")

    read = texts.read(CATALOG.license("falcon-180b").texts[0], CATALOG.model("falcon-180b"))

    assert (read.content, read.verdict) == (b"the terms", "unknown")


def test_a_text_in_models_repositories_alone_needs_a_model(texts):
    with pytest.raises(NotFound, match="only in the repository of a model"):
        texts.read(at(HubFile("LICENSE.txt")))


def test_the_next_place_is_asked_where_one_has_no_such_file(texts, places):
    url = places.give("/second", REAL)

    read = texts.read(at(WebText(f"{places.url}/first"), WebText(url)))

    assert read.place == url
    assert places.paths == ["/first", "/second"]


def test_a_text_of_the_organizations_own_is_read_from_its_file(texts, tmp_path):
    path = tmp_path / "acme.txt"
    path.write_text("our terms", "utf-8")

    read = texts.read(at(FileText(str(path)), words=normalized_sha256("our terms")))

    assert (read.text, read.verdict) == ("our terms", "same-words")


def test_a_known_text_is_read_once(texts, places):
    text = at(WebText(places.give("/LICENSE", REAL)))
    texts.read(text)

    again = texts.read(text)

    assert again.from_cache
    assert again.content == REAL
    assert len(places.asked) == 1


def test_a_text_that_may_change_is_read_again(texts, places):
    text = at(WebText(places.give("/LICENSE", b"one", b"two")), words=None)
    texts.read(text)

    assert texts.read(text).content == b"two"


def test_what_stands_at_a_commit_is_read_once_though_no_hash_is_known(texts, places):
    text = at(WebText(places.give(f"/{COMMIT}/LICENSE", b"one", b"two")), words=None)
    texts.read(text)

    assert texts.read(text).content == b"one"


def test_without_a_network_the_text_that_was_read_last_is_given(texts):
    with TextPlaces() as gone:
        text = at(WebText(gone.give("/LICENSE", b"terms")), words=None)
        texts.read(text)

    read = texts.read(text)

    assert (read.content, read.from_cache) == (b"terms", True)


def test_a_damaged_copy_is_read_anew(texts, places):
    text = at(WebText(places.give("/LICENSE", REAL)))
    texts.read(text)
    (texts.folder / f"{hashlib.sha256(REAL).hexdigest()}.txt").write_bytes(b"damaged")

    assert texts.kept(text) is None
    assert texts.read(text).content == REAL
    assert texts.kept(text) is not None


def test_a_changed_text_is_not_kept_in_place_of_a_known_one(texts, places):
    text = at(WebText(places.give("/LICENSE", b"changed", REAL)))

    assert texts.read(text).verdict == "changed"
    assert texts.read(text).verdict == "same-words"


def test_nothing_half_written_is_left_in_the_cache(texts, places):
    texts.read(at(WebText(places.give("/LICENSE", REAL))))

    assert sorted(path.suffix for path in texts.folder.iterdir()) == [".place", ".txt"]


def test_the_token_goes_to_the_hub_and_not_to_where_it_redirects(texts, places, elsewhere):
    path = f"/meta-llama/Llama-2-7b-hf/resolve/{COMMIT}/LICENSE.txt"
    there = elsewhere.give("/blob?signature=secret", REAL)
    places.give(path, Answer(status=302, headers={"location": "/moved"}))
    places.give("/moved", Answer(status=307, headers={"location": there}))

    read = with_token(texts).read(at(HubFile("LICENSE.txt")), MODEL)

    assert read.content == REAL
    assert places.asked == [(path, f"Bearer {TOKEN}"), ("/moved", f"Bearer {TOKEN}")]
    assert elsewhere.asked == [("/blob?signature=secret", None)]


def test_the_token_goes_to_no_other_place(texts, places):
    with_token(texts).read(at(WebText(places.give("/LICENSE", REAL))))

    assert places.asked == [("/LICENSE", None)]


def test_the_token_and_signatures_stand_nowhere(texts, places, elsewhere):
    texts = with_token(texts)
    url = elsewhere.give("/LICENSE?sig=not-to-be-seen", REAL)
    read = texts.read(at(HubFile("LICENSE.txt"), WebText(url)), MODEL)
    places.give(f"/meta-llama/Llama-2-7b-hf/resolve/{COMMIT}/gated", Answer(status=403))

    with pytest.raises(NoAccess) as refused:
        texts.read(at(HubFile("gated")), MODEL)

    kept = b"".join(path.read_bytes() for path in texts.folder.iterdir())
    told = f"{texts!r} {read!r} {refused.value.message} {refused.value.hint} {kept!r}"
    assert TOKEN not in told
    assert "not-to-be-seen" not in told


@pytest.mark.parametrize(
    ("status", "token", "said"),
    [
        (401, False, "asks for a token"),
        (401, True, "refuses the token"),
        (403, False, "asks for a token"),
        (403, True, "the token has no access"),
    ],
)
def test_a_gated_text_says_what_is_missing(texts, places, status, token, said):
    places.give(f"/meta-llama/Llama-2-7b-hf/resolve/{COMMIT}/LICENSE", Answer(status=status))

    with pytest.raises(NoAccess, match=said):
        (with_token(texts) if token else texts).read(at(HubFile("LICENSE")), MODEL)
    assert len(places.asked) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(status=500),
        Answer(status=429),
        Answer(body=REAL[:1000], missing_bytes=10),
    ],
    ids=["server error", "too many requests", "cut connection"],
)
def test_what_may_pass_is_asked_again(texts, places, pauses, trouble):
    url = places.give("/LICENSE", trouble, trouble, REAL)

    assert texts.read(at(WebText(url))).content == REAL
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(status=404), "there is no such file"),
        (Answer(status=418), "answers 418"),
        (Answer(body=b"x" * (MOST_BYTES + 1)), "more than 1.0 MiB"),
        (Answer(body=b"<!DOCTYPE html><p>Log in"), "a web page"),
        (Answer(body=b"\xff\xfe\x00"), "no text in UTF-8"),
        (Answer(body=b" \n"), "an empty file"),
        (Answer(status=302, headers={"location": "/LICENSE"}), "more than 5 times"),
        (Answer(status=302, headers={"location": "ftp://x/y"}), "no http or https address"),
    ],
)
def test_what_does_not_pass_is_told_at_once(texts, places, pauses, answer, said):
    url = places.give("/LICENSE", answer)

    with pytest.raises(LicenseRefused, match=said):
        texts.read(at(WebText(url)))
    assert pauses == []


def test_a_connection_that_is_always_cut_is_given_up(texts, places):
    url = places.give("/LICENSE", Answer(body=b"half", missing_bytes=4))

    with pytest.raises(LicenseRefused, match="cuts the connection"):
        texts.read(at(WebText(url)))
    assert len(places.asked) == 3


def test_every_place_that_failed_is_named_with_its_reason(texts, places):
    text = at(WebText(f"{places.url}/a"), PackagedText("no-such-package", "LICENSE"))

    with pytest.raises(LicenseRefused) as failed:
        texts.read(text)

    assert f"{places.url}/a answers 404" in failed.value.message
    assert "the package no-such-package is not installed" in failed.value.message
    assert failed.value.hint == f"to have this text offline: {extra_command('texts')}"


def test_license_policy_and_notice_stand_beside_the_weights(texts, places):
    policy = replace(LLAMA_2.texts[1], places=(WebText(places.give("/USE_POLICY.md", b"policy")),))
    license_text = replace(LLAMA_2.texts[0], places=(WebText(places.give("/LICENSE", REAL)),))
    terms = replace(LLAMA_2, texts=(license_text, policy))

    files = license_files(terms, texts.read_all(terms))

    assert files["LICENSE"] == REAL
    assert files["USE_POLICY.md"] == b"policy"
    assert files["NOTICE"] == f"{LLAMA_2.notice}\n".encode()


def test_a_license_without_a_notice_line_has_no_notice_file(texts, places):
    apache = CATALOG.license("apache-2.0")
    text = replace(apache.texts[0], places=(WebText(places.give("/LICENSE", b"Apache")),))

    assert [*license_files(apache, [texts.read(text)])] == ["LICENSE"]
