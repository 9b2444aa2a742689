"""What must be on record: by a model's own license, and by that of the weights it is served by."""

from dataclasses import replace

import pytest

from llamactl_catalog.catalog import Catalog, HiddenModel, load_catalog
from llamactl_catalog.errors import LicenseRefused
from llamactl_catalog.licensing.requirement import requirement, requirements

CATALOG = load_catalog()
FREE = CATALOG.model("mistral-7b-instruct-v0.2")
CHAT = CATALOG.model("llama-2-7b-chat")
MPT = CATALOG.model("mpt-7b-chat")
FALCON = CATALOG.model("falcon-7b")
OWN = replace(FREE, id="own", sources=CHAT.sources)


def needed(model, *weights, catalog=CATALOG):
    found = requirements(catalog, model, None, weights)
    return [(each.model, each.license.id, each.kind) for each in found]


@pytest.mark.parametrize("model", CATALOG.models, ids=lambda each: each.id)
def test_a_model_of_the_catalog_needs_its_own_license_alone(model):
    own = requirement(model)

    assert requirements(CATALOG, model) == (() if own is None else (own,))


@pytest.mark.parametrize(
    "weights",
    [
        "meta-llama/Llama-2-7b-chat-hf",
        "META-LLAMA/llama-2-7b-chat-hf",
        " meta-llama/Llama-2-7b-chat-hf/ ",
        "llama-2-7b-chat",
        "llama-2",
        "llama2",
    ],
)
def test_weights_of_another_license_need_it_too(weights):
    assert [each[1:] for each in needed(FREE, weights)] == [("llama-2", "acceptance")]


@pytest.mark.parametrize("source", CHAT.sources[:2], ids=lambda each: each.kind)
def test_an_own_name_for_anothers_weights_is_under_their_license(source):
    own = replace(OWN, sources=(source,))

    assert needed(own) == [("llama-2-7b-chat", "llama-2", "acceptance")]


def test_a_model_that_the_overlay_hides_counts_too():
    others = tuple(each for each in CATALOG.models if each != CHAT)
    catalog = Catalog(others, (HiddenModel(CHAT, "denied"),), CATALOG.licenses)

    assert needed(OWN, catalog=catalog) == [("llama-2-7b-chat", "llama-2", "acceptance")]


def test_one_license_is_needed_once():
    assert len(needed(CHAT, "meta-llama/Llama-2-7b-hf", "llama-2-13b", "llama2")) == 1


def test_a_use_that_is_kept_back_needs_the_override_of_the_model_that_it_is():
    assert needed(FREE, "mpt-7b-chat", MPT.license.id) == [
        ("mpt-7b-chat", "cc-by-nc-sa-4.0", "override")
    ]


def test_weights_of_no_known_model_whose_use_is_kept_back_are_refused():
    with pytest.raises(LicenseRefused, match="non-commercial") as refused:
        needed(FREE, "cc-by-nc-sa-4.0")

    assert "overlay" in refused.value.hint


def test_an_entry_that_pins_another_revision_says_which_license_that_is_under():
    before = CATALOG.license("tii-falcon-1.0")
    revision = "ab" * 20
    own = replace(FALCON, id="own", license=before, earlier_licenses=())

    found = requirements(CATALOG, own, revision)

    assert [each.license.id for each in found] == ["tii-falcon-1.0"]
