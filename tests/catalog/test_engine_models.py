"""Which version of an engine loads which model: refused before it costs, with the way on."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.engine_models import check_loads, load_table, loading_versions
from llamactl_catalog.engine_versions import engine_lines, engine_version, numbers
from llamactl_catalog.engines import engine
from llamactl_catalog.errors import InvalidInput, LicenseRefused
from llamactl_catalog.model import Model

CATALOG = load_catalog()
MODELS = {each.id: each for each in CATALOG.models}


def with_shape(model: Model, **changes):
    return replace(model, architecture=replace(model.architecture, **changes))


@pytest.mark.parametrize(
    "model", [each for each in MODELS if each.startswith(("llama-3.1", "llama-3.2", "llama-3.3"))]
)
def test_llama_3_1_and_later_need_the_rope_scaling_of_tgi_2_2(model):
    with pytest.raises(InvalidInput, match="has no rope scaling 'llama3'") as refused:
        check_loads(MODELS[model], engine_version("tgi@2.0.2"))

    assert refused.value.hint == "the first that does is 2.2.0: --engine tgi@2.2.0"
    check_loads(MODELS[model], engine_version("tgi@2.2.0"))


@pytest.mark.parametrize("version", ["2.0.0", "2.0.2", "3.3.7"])
@pytest.mark.parametrize("model", ["llama-2-7b", "falcon-7b", "mpt-7b", "mistral-7b-v0.1"])
def test_what_is_older_than_the_engine_is_loaded_by_every_version(model, version):
    check_loads(MODELS[model], engine_version(f"tgi@{version}"))


def test_an_architecture_that_an_engine_has_given_up_names_the_last_version():
    with pytest.raises(InvalidInput, match=r"vllm 0\.29\.0 does not load mpt-7b") as refused:
        check_loads(MODELS["mpt-7b"], engine_version("vllm@0.29.0"))

    assert refused.value.hint == "the last that does is 0.10.2: --engine vllm@0.10.2"


def test_what_is_on_record_for_no_version_is_refused():
    unknown = with_shape(MODELS["llama-2-7b"], rope_scaling="linear")

    with pytest.raises(InvalidInput) as refused:
        check_loads(unknown, engine_version("vllm@0.29.0"))

    assert "no version of vllm on record loads it" in refused.value.hint


def test_tied_embeddings_of_llama_came_after_tgi_2_0_2():
    small = MODELS["smollm2-135m-instruct"]

    assert loading_versions(small, "tgi")[0] == "2.2.0"


@given(st.sampled_from([*MODELS.values()]), st.sampled_from(["tgi", "vllm"]))
def test_every_model_is_loaded_by_the_version_that_is_deployed_or_by_an_older_one(model, name):
    line, able = engine_lines()[name], loading_versions(model, name)

    assert able
    if name == "tgi":
        assert line.default in able


def test_every_row_has_its_source_and_names_what_there_is():
    kinds = {each.architecture.kind for each in MODELS.values()}

    for row in load_table():
        assert row.engine in engine_lines()
        assert row.source
        assert row.needs != "architecture" or row.value in kinds
        assert row.last is None or row.first <= row.last


@pytest.mark.parametrize("name", ["tgi", "vllm"])
def test_every_architecture_of_the_catalog_is_on_record(name):
    kinds = {each.architecture.kind for each in MODELS.values()}

    known = {row.value for row in load_table() if (row.engine, row.needs) == (name, "architecture")}

    assert kinds <= known


@pytest.mark.parametrize("version", ["9.9.9", "3.3.2", "0.9.3"])
def test_a_plan_knows_the_versions_that_deploy_knows_and_no_others(version):
    with pytest.raises(InvalidInput):
        engine(f"tgi@{version}")
    with pytest.raises(InvalidInput):
        engine_version(f"tgi@{version}")


def test_a_plan_refuses_a_license_that_forbids_hosting_as_deploy_does():
    with pytest.raises(LicenseRefused):
        engine("tgi@1.4.0")


def test_versions_are_compared_by_number():
    assert numbers("0.5.4") < numbers("0.10.2")
