"""The copy of a license in the model's own repository: compared, recorded, never in the way."""

from dataclasses import replace

import pytest

from catalog.acceptances import LLAMA_2 as ACCEPTED
from catalog.acceptances import records_of
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.licensing.acceptance import Acceptance
from llamactl_catalog.licensing.export import as_csv
from llamactl_catalog.licensing.gate import covering
from llamactl_catalog.licensing.requirement import requirement
from llamactl_catalog.licensing.statement import introduction
from llamactl_catalog.model import HubFile, WebText
from llamactl_containers.licensing.ledger import open_ledger
from llamactl_containers.licensing.terms import terms_now
from llamactl_containers.licensing.texts import LicenseTexts
from standins.text_places import Answer, TextPlaces

CATALOG = load_catalog()
LLAMA_2 = CATALOG.license("llama-2")
MODEL = CATALOG.model("llama-2-7b")
PATH = "/meta-llama/Llama-2-7b-hf/resolve/01c7f73d771dfac7d292323805ebc428287df4f9/LICENSE.txt"
MAKERS = b"The makers' words,\nin two lines.\n"
REFLOWED = b"The makers' words, in two lines."
OTHER = b"The makers' words, and one more.\n"


@pytest.fixture
def places():
    with TextPlaces() as server:
        yield server


@pytest.fixture
def texts(tmp_path, places):
    environment = {"HF_ENDPOINT": places.url, "HF_TOKEN_PATH": str(tmp_path / "no-token")}
    return LicenseTexts(tmp_path / "licenses", environment, lambda _: None)


@pytest.fixture
def terms(places):
    """Llama 2's terms with one text: at the makers', and in the model's own repository."""
    where = (WebText(places.give("/LICENSE", MAKERS)), HubFile("LICENSE.txt"))
    text = replace(LLAMA_2.texts[0], places=where, normalized_sha256=None, sha256s=())
    return replace(LLAMA_2, texts=(text,))


def accepted(now):
    return replace(ACCEPTED, terms=now.terms)


def test_the_same_words_are_recorded_with_their_place(texts, terms, places):
    places.give(PATH, REFLOWED)

    now = terms_now(terms, texts, MODEL)

    [text] = now.terms.texts
    assert (text.place, text.also_at) == (f"{places.url}/LICENSE", places.url + PATH)
    assert "has the same" in introduction(now.terms, terms, None)
    assert Acceptance.from_json(accepted(now).to_json()) == accepted(now)


def test_other_words_are_told_and_accepted_beside_the_makers(texts, terms, places, tmp_path):
    places.give(PATH, OTHER)

    now = terms_now(terms, texts, MODEL)

    makers, own = now.terms.texts
    assert (makers.file_name, own.file_name) == ("LICENSE", "LICENSE.txt")
    assert own.place == places.url + PATH
    shown = introduction(now.terms, terms, None)
    assert "in the model's own repository, with OTHER WORDS" in shown
    assert own.normalized_sha256 in shown
    ledger = open_ledger(str(tmp_path / "ledger"))
    ledger.append(accepted(now), now.copies())
    assert ledger.text(own.sha256) == OTHER
    assert ledger.verify().is_whole


def test_the_reference_and_the_gate_go_by_the_makers_text(texts, terms, places):
    places.give(PATH, OTHER)
    needed = replace(requirement(MODEL), license=terms)

    record = records_of(accepted(terms_now(terms, texts, MODEL)))[0]

    makers = record.acceptance().terms.text("license").normalized_sha256
    assert covering(needed, [record], {"license": makers}) == record
    assert makers in as_csv([record])


def test_a_copy_that_needs_a_token_is_told_and_is_no_obstacle(texts, terms, places):
    places.give(PATH, Answer(status=401))

    now = terms_now(terms, texts, MODEL)

    assert len(now.terms.texts) == 1
    assert now.uncompared == (f"{places.url}{PATH} answers 401: it asks for a token",)


def test_a_repository_without_a_copy_has_nothing_to_compare(texts, terms):
    now = terms_now(terms, texts, MODEL)

    assert (len(now.terms.texts), now.uncompared) == (1, ())


def test_a_copy_that_is_the_only_text_is_not_compared_with_itself(texts, terms, places):
    places.give(PATH, OTHER)
    text = replace(terms.texts[0], places=(HubFile("LICENSE.txt"),))

    now = terms_now(replace(terms, texts=(text,)), texts, MODEL)

    assert [each.place for each in now.terms.texts] == [places.url + PATH]


def test_a_copy_at_a_commit_is_read_once_and_asked_for_once_where_it_fails(texts, terms, places):
    places.give(PATH, Answer(status=500), REFLOWED)

    for _ in range(3):
        terms_now(terms, texts, MODEL)

    assert places.paths.count(PATH) == 2


def test_no_model_no_comparison(texts, terms, places):
    places.give(PATH, OTHER)

    assert len(terms_now(terms, texts).terms.texts) == 1
    assert PATH not in places.paths
