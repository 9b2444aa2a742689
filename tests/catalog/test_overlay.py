"""The organization's overlay: it adds, pins, allows and denies, and its mistakes are told."""

import pytest

from catalog.overlays import LICENSE, MODEL, write_file, write_folder
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.errors import InvalidFile, NotFound

PIN = "0123456789abcdef0123456789abcdef01234567"
AS_TABLE = MODEL.replace("[architecture]", "[models.acme.architecture]").replace(
    "[[sources]]", "[[models.acme.sources]]"
)


def overlaid(folder, text):
    return load_catalog(write_file(folder, text))


def problems_of(folder, text):
    with pytest.raises(InvalidFile) as raised:
        overlaid(folder, text)
    return list(raised.value.problems)


def test_a_folder_adds_models_and_licenses(tmp_path):
    own = MODEL.replace('license = "llama-2"', 'license = "acme-internal"')
    folder = write_folder(tmp_path, models__acme_helper=own, licenses__acme_internal=LICENSE)

    model = load_catalog(folder).model("acme-helper")

    assert model.license.name == "Acme Internal License"
    assert model.origin == str(folder)
    assert model.sources[0].revision is None


def test_one_file_adds_a_model(tmp_path):
    catalog = overlaid(tmp_path, f"[models.acme]\n{AS_TABLE}")

    assert catalog.model("acme").parameters == 6_738_415_616
    assert catalog.model("llama-2-7b").origin == "llamactl"


def test_an_empty_folder_changes_nothing(tmp_path):
    assert load_catalog(tmp_path) == load_catalog()


def test_a_pin_sets_the_revision_and_keeps_its_reason(tmp_path):
    text = f'[[pin]]\nmodel = "llama-2-7b"\nrevision = "{PIN}"\nreason = "reviewed in May"\n'

    model = overlaid(tmp_path, text).model("llama-2-7b")

    assert model.sources[0].revision == PIN
    assert model.notes[-1] == f"Revision 0123456 is pinned by {tmp_path}/acme.toml: reviewed in May"


def test_a_pin_of_a_model_that_changed_license_says_which_one_it_is_under(tmp_path):
    text = f'[[pin]]\nmodel = "falcon-7b"\nrevision = "{PIN}"\nreason = "old"\n'

    assert problems_of(tmp_path, text) == [
        (
            "pin[0].license: is missing; falcon-7b changed its license at revision 21be553, "
            "so say which one yours is under: apache-2.0 or tii-falcon-1.0"
        )
    ]
    model = overlaid(tmp_path, text + 'license = "tii-falcon-1.0"\n').model("falcon-7b")
    assert model.license.id == "tii-falcon-1.0"


def test_a_denied_model_is_hidden_and_keeps_the_reason(tmp_path):
    catalog = overlaid(tmp_path, '[[deny]]\nfamilies = ["mpt"]\nreason = "not reviewed"\n')

    assert {each.model.family for each in catalog.hidden} == {"mpt"}
    assert {each.reason for each in catalog.hidden} == {"denied: not reviewed"}
    with pytest.raises(NotFound, match=r"hidden by the catalog overlay .denied: not reviewed"):
        catalog.model("mpt-7b")


def test_only_what_is_allowed_is_shown(tmp_path):
    text = '[[allow]]\nmodels = ["llama-2-*-chat", "smollm2-135m-instruct"]\nreason = "reviewed"\n'

    catalog = overlaid(tmp_path, text)

    assert [model.id for model in catalog.models] == [
        "llama-2-7b-chat", "llama-2-13b-chat", "llama-2-70b-chat", "smollm2-135m-instruct",
    ]  # fmt: skip
    assert {each.reason for each in catalog.hidden} == {"not among the allowed: reviewed"}


def test_denied_wins_over_allowed(tmp_path):
    text = """
    [[allow]]
    families = ["llama-2"]
    reason = "reviewed"
    [[deny]]
    models = ["llama-2-7b"]
    reason = "too small for us"
    """

    catalog = overlaid(tmp_path, text)

    assert "llama-2-7b" not in {model.id for model in catalog.models}
    reasons = {each.model.id: each.reason for each in catalog.hidden}
    assert reasons["llama-2-7b"] == "denied: too small for us"


def test_only_what_a_business_may_use(tmp_path):
    catalog = overlaid(tmp_path, '[[allow]]\ncommercial_use = true\nreason = "policy 7"\n')

    hidden = {each.model.id for each in catalog.hidden}
    assert hidden == {"mpt-7b-chat", "mpt-7b-8k-chat", "mpt-30b-chat"}


def test_a_rule_of_several_criteria_asks_for_all_of_them(tmp_path):
    text = """
    [[deny]]
    families = ["mpt", "falcon"]
    licenses = ["apache-*"]
    reason = "only the odd licenses are fine"
    """

    catalog = overlaid(tmp_path, text)

    left = {model.id for model in catalog.models if model.family in {"mpt", "falcon"}}
    assert left == {
        "mpt-7b-chat",
        "mpt-7b-8k-chat",
        "mpt-30b-chat",
        "falcon-180b",
        "falcon-180b-chat",
    }


def test_rules_are_for_added_models_too(tmp_path):
    folder = write_folder(
        tmp_path,
        models__acme=MODEL,
        overlay='[[allow]]\nfamilies = ["acme"]\nreason = "ours only"\n',
    )

    assert [model.id for model in load_catalog(folder).models] == ["acme"]


def test_all_mistakes_of_the_rules_are_told_at_once_with_the_close_names(tmp_path):
    text = f"""
    [[pin]]
    model = "lama-2-7b"
    revision = "{PIN}"
    reason = "x"
    [[allow]]
    families = ["lama-2"]
    licenses = ["apache"]
    reason = "x"
    [[deny]]
    models = ["llama-2-7b-chta", "gpt-*"]
    reason = "x"
    """

    assert problems_of(tmp_path, text) == [
        'allow[0].licenses: there is no license "apache"; did you mean apache-2.0?',
        (
            'allow[0].families: there is no family "lama-2"; '
            "did you mean llama-2 or llama-3.2 or llama-3?"
        ),
        (
            'deny[0].models: there is no model "llama-2-7b-chta"; '
            "did you mean llama-2-7b-chat or llama-2-70b-chat or llama-2-13b-chat?"
        ),
        'deny[0].models: there is no model "gpt-*"',
        (
            'pin[0].model: there is no model "lama-2-7b"; '
            "did you mean llama-2-7b or llama-2-70b or llama-3-70b?"
        ),
    ]


def test_all_mistakes_of_form_are_told_at_once(tmp_path):
    text = """
    allowed = 1
    [[pin]]
    model = "llama-2-7b"
    revision = "main"
    [[deny]]
    reason = ""
    commercial_use = "no"
    """

    assert problems_of(tmp_path, text) == [
        "allowed: no such key; did you mean allow?",
        "pin[0].reason: is missing, expected text",
        'pin[0].revision: is "main", expected a full commit of 40 hexadecimal digits',
        'deny[0].reason: is "", expected text',
        'deny[0].commercial_use: is "no", expected true or false',
    ]


def test_a_rule_that_matches_on_nothing_is_told(tmp_path):
    assert problems_of(tmp_path, '[[deny]]\nreason = "all of it"\n') == [
        (
            "deny[0]: has a reason only, expected one or more of "
            "models, licenses, families, commercial_use"
        )
    ]


def test_an_id_of_the_catalog_cannot_be_taken(tmp_path):
    folder = write_folder(tmp_path, models__llama_2_7b=MODEL, licenses__llama_2=LICENSE)

    with pytest.raises(InvalidFile) as raised:
        load_catalog(folder)

    assert [problem.partition(",")[0] for problem in raised.value.problems] == [
        (
            "models/llama-2-7b.toml: the model llama-2-7b is in the catalog already: "
            "give yours another id"
        ),
        (
            "licenses/llama-2.toml: the license llama-2 is in the catalog already: "
            "give yours another id"
        ),
    ]


def test_a_rule_about_a_broken_file_is_not_told_as_unknown(tmp_path):
    folder = write_folder(
        tmp_path,
        models__acme=MODEL.replace("gated = false\n", ""),
        overlay='[[deny]]\nmodels = ["acme"]\nreason = "not yet"\n',
    )

    with pytest.raises(InvalidFile) as raised:
        load_catalog(folder)

    assert raised.value.problems == ("models/acme.toml: gated: is missing, expected true or false",)


def test_an_overlay_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NotFound) as raised:
        load_catalog(tmp_path / "absent.toml")

    assert "--catalog-overlay, or catalog-overlay in your settings file" in raised.value.hint
