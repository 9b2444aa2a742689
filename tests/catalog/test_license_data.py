"""The licenses of the catalog: every family has its terms, with texts, hashes and questions."""

import re
from datetime import date

import pytest

from catalog.overlays import LICENSE, MODEL, write_file, write_folder
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.errors import InvalidFile, InvalidInput, NotFound
from llamactl_catalog.licensing.normalized import normalized_sha256
from llamactl_catalog.model import FileText, HubFile, PackagedText, WebText, license_at

CATALOG = load_catalog()
LICENSES = {each.id: each for each in CATALOG.licenses}
MODELS = {each.id: each for each in CATALOG.models}
TO_ACCEPT = [each.id for each in CATALOG.licenses if each.acceptance_required]
LLAMA = [name for name in LICENSES if name.startswith("llama-")]


@pytest.mark.parametrize("model_id", MODELS)
def test_every_model_is_under_a_license_with_a_text_and_duties(model_id):
    terms = license_at(MODELS[model_id])

    assert terms.text("license") is not None
    assert terms.duties
    assert terms.version is not None
    assert terms.checked_on is not None


@pytest.mark.parametrize("license_id", LICENSES)
def test_a_text_has_a_hash_or_says_why_it_has_none(license_id):
    for text in LICENSES[license_id].texts:
        assert text.normalized_sha256 is not None or text.unverified is not None
        assert text.normalized_sha256 is not None or not text.sha256s


@pytest.mark.parametrize("license_id", LLAMA)
def test_metas_texts_are_taken_at_a_commit_with_license_and_use_policy(license_id):
    texts = LICENSES[license_id].texts

    assert [text.kind for text in texts] == ["license", "use-policy"]
    for text in texts:
        web = [place.url for place in text.places if isinstance(place, WebText)]
        assert web
        assert all(re.search(r"/[0-9a-f]{40}/", url) for url in web)
        assert text.normalized_sha256 is not None


@pytest.mark.parametrize("license_id", TO_ACCEPT)
def test_whoever_accepts_is_asked_for_their_authority(license_id):
    asked = {each.id: each for each in LICENSES[license_id].conditions}

    assert asked["authority"].expected == "yes"


@pytest.mark.parametrize("license_id", LLAMA)
def test_meta_asks_for_700_million_monthly_users_before_the_release(license_id):
    asked = {each.id: each for each in LICENSES[license_id].conditions}["monthly-users"]

    released = LICENSES[license_id].effective_on
    assert isinstance(released, date)
    assert f"{released.day} {released:%B %Y}" in asked.question
    assert "700 million" in asked.question
    assert asked.expected == "no"


def test_only_llama_2_and_3_forbid_to_train_other_models_on_answers():
    forbidding = {
        name
        for name, terms in LICENSES.items()
        if any(each.id == "training-on-outputs" for each in terms.conditions)
    }

    assert forbidding == {"llama-2", "llama-3"}


def test_the_european_question_is_for_multimodal_models_alone():
    for name in ("llama-3.2", "llama-3.3"):
        question = next(each for each in LICENSES[name].conditions if each.id == "eu-multimodal")
        assert not any(question.is_asked_for(each) for each in MODELS)
    question = LICENSES["llama-3.2"].conditions[-1]
    assert question.is_asked_for("llama-3.2-11b-vision-instruct")


def test_llamas_notice_lines_name_the_license_and_its_owner():
    for name in LLAMA:
        notice = LICENSES[name].notice
        assert notice is not None
        assert re.search(r"licensed under the .* Community License, Copyright .* Meta", notice)


def test_falcon_180b_says_that_its_hash_could_not_be_had():
    terms = LICENSES["falcon-180b"]

    assert terms.hosting == "separate-license"
    assert all(text.normalized_sha256 is None and text.unverified for text in terms.texts)
    assert any(each.id == "hosting" and each.expected == "no" for each in terms.conditions)


def test_the_license_of_a_pinned_revision_is_the_models_own():
    model = MODELS["falcon-7b"]

    assert license_at(model).id == "apache-2.0"
    for revision in model.hub_revisions():
        assert license_at(model, revision).id == "apache-2.0"


def test_another_revision_of_a_model_that_changed_its_license_is_not_guessed():
    with pytest.raises(InvalidInput, match="changed its license at revision") as refused:
        license_at(MODELS["falcon-7b"], "0" * 40)

    assert refused.value.hint is not None
    assert "'tii-falcon-1.0' or 'apache-2.0'" in refused.value.hint


def test_any_revision_of_a_model_that_never_changed_its_license_is_under_it():
    assert license_at(MODELS["llama-2-7b"], "0" * 40).id == "llama-2"


def test_a_pin_to_an_earlier_license_counts(tmp_path):
    revision = "ab" * 20
    overlay = write_file(
        tmp_path,
        f'[[pin]]\nmodel = "falcon-7b"\nrevision = "{revision}"\nreason = "as before"\n'
        'license = "tii-falcon-1.0"\n',
    )

    model = load_catalog(overlay).model("falcon-7b")

    assert license_at(model, revision).id == "tii-falcon-1.0"


def test_an_unknown_license_names_the_close_ones():
    with pytest.raises(NotFound, match="did you mean llama-2"):
        CATALOG.license("lama-2")


def test_an_organizations_license_needs_little(tmp_path):
    terms = load_catalog(write_folder(tmp_path, licenses__acme=LICENSE)).license("acme")

    assert (terms.texts, terms.duties, terms.conditions, terms.notice) == ((), (), (), None)


def test_an_organizations_license_to_accept_may_be_a_file_of_its_overlay(tmp_path):
    text = """
[[texts]]
kind = "license"
file_name = "LICENSE"
places = [{ kind = "file", path = "licenses/acme.txt" }]
"""
    must = LICENSE.replace("acceptance_required = false", "acceptance_required = true")
    write_folder(tmp_path, licenses__acme=must + text)

    terms = load_catalog(tmp_path).license("acme")

    assert terms.texts[0].places == (FileText(str(tmp_path / "licenses/acme.txt")),)


def test_a_license_to_accept_without_a_text_is_refused(tmp_path):
    must = LICENSE.replace("acceptance_required = false", "acceptance_required = true")

    with pytest.raises(InvalidFile, match="what is accepted is a text"):
        load_catalog(write_folder(tmp_path, licenses__acme=must))


def test_all_that_is_wrong_with_a_text_is_told_at_once(tmp_path):
    wrong = """
[[texts]]
kind = "licence"
file_name = "../LICENSE"
places = [{ kind = "hub" }, { kind = "web", url = "acme.example" }]
sha256s = ["ABC"]

[[conditions]]
id = "seats"
question = "Are there more than 100 seats?"
expected = "maybe"
"""
    with pytest.raises(InvalidFile) as refused:
        load_catalog(write_folder(tmp_path, licenses__acme=LICENSE + wrong))

    places = {problem.split(": ")[1] for problem in refused.value.problems}
    assert places == {
        "conditions[0].expected",
        "conditions[0].otherwise",
        "conditions[0].source",
        "texts[0].file_name",
        "texts[0].kind",
        "texts[0].places[0].path",
        "texts[0].places[1].url",
        "texts[0].sha256s[0]",
    }


def test_two_texts_of_one_kind_are_refused(tmp_path):
    text = """
[[texts]]
kind = "license"
file_name = "LICENSE"
places = [{ kind = "web", url = "https://acme.example/terms" }]
"""
    with pytest.raises(InvalidFile, match='"license" stands there twice'):
        load_catalog(write_folder(tmp_path, licenses__acme=LICENSE + text + text))


def test_a_model_under_an_organizations_license_has_it(tmp_path):
    model = MODEL.replace('license = "llama-2"', 'license = "acme"')
    catalog = load_catalog(write_folder(tmp_path, licenses__acme=LICENSE, models__helper=model))

    assert license_at(catalog.model("helper")).name == "Acme Internal License"


def test_no_text_of_a_license_is_in_the_catalog():
    for terms in CATALOG.licenses:
        for text in terms.texts:
            assert all(isinstance(each, HubFile | WebText | PackagedText) for each in text.places)
    assert normalized_sha256("") not in {
        text.normalized_sha256 for terms in CATALOG.licenses for text in terms.texts
    }
