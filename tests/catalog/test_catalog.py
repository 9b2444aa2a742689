"""Looking models up, and what is said of an id that there is not."""

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.errors import UnknownModel

CATALOG = load_catalog()


def test_a_model_is_found_by_its_id():
    assert CATALOG.model("llama-2-13b-chat").name == "Llama 2 13B Chat"


def test_the_families_and_sizes_that_the_project_promises():
    families = {model.family for model in CATALOG.models}

    assert families == {
        "codellama", "falcon", "llama-2", "llama-3", "llama-3.1", "llama-3.2", "llama-3.3",
        "llama-guard", "mistral", "mpt", "smollm2",
    }  # fmt: skip
    for size in ("7b", "13b", "70b"):
        assert CATALOG.model(f"llama-2-{size}").variant == "base"
        assert CATALOG.model(f"llama-2-{size}-chat").variant == "chat"


def test_the_models_stand_by_family_then_size_then_variant():
    ids = [model.id for model in CATALOG.models if model.family == "codellama"]

    assert ids[:4] == [
        "codellama-7b",
        "codellama-7b-instruct",
        "codellama-7b-python",
        "codellama-13b",
    ]


@pytest.mark.parametrize(
    ("asked", "close"),
    [
        ("llama-2-7b-caht", "llama-2-7b-chat"),
        ("llama2-7b-chat", "llama-2-7b-chat"),
        ("Llama-2-7B-Chat", "llama-2-7b-chat"),
        ("meta-llama/Llama-2-13b-chat-hf", "llama-2-13b-chat"),
        ("Mistral-7B-Instruct-v0.2", "mistral-7b-instruct-v0.2"),
    ],
)
def test_an_unknown_id_names_the_close_ones(asked, close):
    with pytest.raises(UnknownModel) as raised:
        CATALOG.model(asked)

    assert raised.value.exit_code == 12
    assert raised.value.close[0] == close
    assert close in raised.value.hint


def test_an_id_like_none_points_to_the_list():
    with pytest.raises(UnknownModel) as raised:
        CATALOG.model("zzz")

    assert raised.value.close == ()
    assert "llamactl models" in raised.value.hint


def test_all_licenses_are_there_also_those_of_earlier_revisions_only():
    ids = [each.id for each in CATALOG.licenses]

    assert ids == sorted(ids)
    assert {"llama-2", "apache-2.0", "tii-falcon-1.0", "cc-by-sa-3.0"} <= set(ids)


def test_every_license_of_meta_and_falcon_180b_is_accepted_by_hand():
    not_accepted = {each.id for each in CATALOG.licenses if not each.acceptance_required}

    assert not_accepted == {"apache-2.0", "cc-by-sa-3.0", "cc-by-nc-sa-4.0"}


def test_the_built_in_models_say_that_they_are():
    assert {model.origin for model in CATALOG.models} == {"llamactl"}
    assert CATALOG.hidden == ()
