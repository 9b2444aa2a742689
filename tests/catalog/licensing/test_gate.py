"""The gate: which models need a record, and which records cover them."""

from dataclasses import replace

import pytest

from catalog.acceptances import ANSWERS, LLAMA_2, TERMS, WORDS, override, records_of
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.errors import LicenseRefused
from llamactl_catalog.licensing.acceptance import AcceptedText, AnsweredCondition, Terms
from llamactl_catalog.licensing.gate import covering, require_record
from llamactl_catalog.licensing.requirement import requirement

CATALOG = load_catalog()
CHAT = CATALOG.model("llama-2-7b-chat")
MPT = CATALOG.model("mpt-7b-chat")
OTHER = "ab" * 32


def require(model, records):
    return require_record(requirement(model), records)


def terms_of(model):
    return Terms(
        model.license.id,
        model.license.name,
        model.license.spdx,
        tuple(
            AcceptedText(each.kind, each.file_name, each.normalized_sha256 or OTHER, None)
            for each in model.license.texts
        ),
    )


def with_text(text_sha256, known_sha256):
    text = replace(TERMS.texts[0], normalized_sha256=text_sha256, known_sha256=known_sha256)
    return replace(LLAMA_2, terms=replace(TERMS, texts=(text, TERMS.texts[1])))


MPT_OVERRIDE = replace(
    override("mpt-7b-chat", terms_of(MPT)),
    answers=(AnsweredCondition("commercial-use", "Is it?", "yes"),),
)


@pytest.mark.parametrize("model", [each.id for each in CATALOG.models])
def test_every_model_is_free_or_refused_without_a_record(model):
    found = CATALOG.model(model)
    is_free = found.license.spdx in {"Apache-2.0", "CC-BY-SA-3.0"}

    if is_free:
        assert requirement(found) is None
    else:
        with pytest.raises(LicenseRefused):
            require(found, [])


def test_the_refusal_says_in_one_line_how_to_accept():
    with pytest.raises(LicenseRefused) as refused:
        require(CHAT, [])

    assert "--accept-license llama-2@0629d729" in refused.value.hint
    assert "\n" not in refused.value.message + refused.value.hint


@pytest.mark.parametrize("model", ["llama-2-7b-chat", "codellama-34b", "llama-guard-7b"])
def test_one_acceptance_covers_every_model_under_the_license(model):
    records = records_of(LLAMA_2)

    assert require(CATALOG.model(model), records) == records[0]


def test_an_acceptance_of_one_license_does_not_cover_another():
    with pytest.raises(LicenseRefused):
        require(CATALOG.model("llama-3-8b"), records_of(LLAMA_2))


def test_the_newest_record_is_given():
    records = records_of(LLAMA_2, replace(LLAMA_2, nonce="11"))

    assert require(CHAT, records) == records[1]


def test_another_text_is_not_covered():
    with pytest.raises(LicenseRefused):
        require(CHAT, records_of(with_text(OTHER, None)))


def test_a_newer_text_than_the_catalogs_is_covered_until_the_catalog_changes():
    accepted = with_text(OTHER, WORDS)

    assert require(CHAT, records_of(accepted)) is not None


def test_a_text_that_the_catalog_changed_is_asked_for_again():
    with pytest.raises(LicenseRefused):
        require(CHAT, records_of(with_text("cd" * 32, "cd" * 32)))


def test_a_text_that_was_seen_just_now_must_be_the_accepted_one():
    records = records_of(LLAMA_2)

    assert covering(requirement(CHAT), records, {"license": WORDS}) == records[0]
    assert covering(requirement(CHAT), records, {"license": OTHER}) is None


def test_an_acceptance_without_the_use_policy_does_not_cover_it():
    accepted = replace(LLAMA_2, terms=replace(TERMS, texts=TERMS.texts[:1]))

    with pytest.raises(LicenseRefused):
        require(CHAT, records_of(accepted))


@pytest.mark.parametrize(
    "answers", [(), ANSWERS[:2], (*ANSWERS[:2], replace(ANSWERS[2], answer="yes"))]
)
def test_every_question_must_be_answered_as_the_license_needs_it(answers):
    with pytest.raises(LicenseRefused):
        require(CHAT, records_of(replace(LLAMA_2, answers=answers)))


@pytest.mark.parametrize("model", ["mpt-7b-chat", "falcon-180b"])
def test_a_use_that_is_kept_back_needs_an_override(model):
    needed = requirement(CATALOG.model(model))

    assert needed.kind == "override"
    with pytest.raises(LicenseRefused, match=r"non-commercial|hosted for others"):
        require(CATALOG.model(model), [])


def test_an_acceptance_is_no_override():
    accepted = replace(MPT_OVERRIDE, kind="acceptance", reason=None)

    with pytest.raises(LicenseRefused):
        require(MPT, records_of(accepted))


def test_an_override_covers_the_one_model_that_it_names():
    records = records_of(MPT_OVERRIDE)

    assert require(MPT, records) == records[0]
    with pytest.raises(LicenseRefused):
        require(CATALOG.model("mpt-30b-chat"), records)
