"""The spec and its stack config are the same value, told twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamactl_catalog.errors import InvalidFile
from llamactl_infra.spec import AzureMlSpec, SageMakerSpec, Schedule, Spec

COUNTS = st.integers(min_value=1, max_value=2**31)
TEXTS = st.text(min_size=1, max_size=40)
SOME_TEXTS = st.lists(TEXTS, max_size=2).map(tuple)
MAPPINGS = st.dictionaries(TEXTS, TEXTS, max_size=2)


def optional(strategy):
    return st.none() | strategy


SAGEMAKER = st.builds(
    SageMakerSpec,
    inference_ami=optional(TEXTS),
    accept_eula=st.booleans(),
    subnets=SOME_TEXTS,
    network_isolation=st.booleans(),
    image_access=st.sampled_from(["Platform", "Vpc"]),
    kms_key=optional(TEXTS),
    canary_percent=COUNTS,
)
AZURE_ML = st.builds(
    AzureMlSpec,
    subscription=TEXTS,
    resource_group=TEXTS,
    resource_group_given=st.booleans(),
    auth=st.sampled_from(["key", "aad_token"]),
    concurrency=optional(COUNTS),
)
SPECS = st.builds(
    Spec,
    name=TEXTS,
    model=TEXTS,
    cloud=st.sampled_from(["aws", "azure", "local"]),
    engine=st.sampled_from(["llama.cpp", "tgi"]),
    weights=TEXTS,
    context_tokens=COUNTS,
    parallel=COUNTS,
    revision=optional(TEXTS),
    prompt_format=optional(st.sampled_from(["llama-2", "llama-3", "chatml"])),
    threads=optional(COUNTS),
    threads_batch=optional(COUNTS),
    num_shard=optional(COUNTS),
    prefill_tokens=optional(COUNTS),
    batch_tokens=optional(COUNTS),
    port=optional(COUNTS),
    license_acceptance=optional(TEXTS),
    license_ledger=optional(TEXTS),
    catalog_overlay=optional(TEXTS),
    api_key=optional(TEXTS),
    instances=COUNTS,
    schedules=st.lists(st.builds(Schedule, TEXTS, TEXTS, COUNTS, COUNTS), max_size=2).map(tuple),
    environment=MAPPINGS,
    update=st.sampled_from(["all-at-once", "canary", "linear", "rolling"]),
    alarms=st.booleans(),
    alarm_actions=SOME_TEXTS,
    tags=MAPPINGS,
    usd_per_hour=optional(st.floats(min_value=0, allow_infinity=False, allow_nan=False)),
    hub_token=optional(TEXTS),
    sagemaker=optional(SAGEMAKER),
    azure_ml=optional(AZURE_ML),
)
MINIMAL = {
    "name": "a",
    "model": "smollm2-135m-instruct",
    "cloud": "local",
    "engine": "llama.cpp",
    "weights": "m.gguf",
    "context_tokens": "4096",
    "parallel": "4",
}


@given(SPECS)
def test_a_spec_survives_its_config(spec):
    assert Spec.from_config(spec.to_config()) == spec


def test_what_is_not_given_is_left_to_the_engine():
    spec = Spec.from_config(MINIMAL)

    assert (spec.port, spec.threads, spec.api_key) == (None, None, None)


def test_all_problems_of_a_config_are_told_at_once():
    config = MINIMAL | {"cloud": "awz", "parallel": "0", "port": "x", "colour": "red"}
    del config["weights"]

    with pytest.raises(InvalidFile) as error:
        Spec.from_config(config)

    assert error.value.problems == (
        "colour: no such setting",
        "weights: is missing",
        "cloud: 'awz' is not one of aws, azure, local",
        "parallel: '0' is not a whole number of at least 1",
        "port: 'x' is not a whole number of at least 1",
    )


def test_problems_within_a_clouds_own_settings_name_the_setting():
    own = '{"kms_keys": "a", "canary_percent": 0, "subnets": "subnet-1", "accept_eula": "yes"}'

    with pytest.raises(InvalidFile) as error:
        Spec.from_config(MINIMAL | {"sagemaker": own, "azure_ml": "{}", "tags": '{"a": 1}'})

    assert error.value.problems == (
        "tags: '{'a': 1}' is no mapping of texts",
        "sagemaker.kms_keys: no such setting",
        "sagemaker.accept_eula: 'yes' is neither true nor false",
        "sagemaker.subnets: 'subnet-1' is no list",
        "sagemaker.canary_percent: '0' is not a whole number of at least 1",
        "azure_ml.subscription: is missing",
        "azure_ml.resource_group: is missing",
    )


def test_a_choice_within_a_list_of_settings_is_named_by_its_place():
    schedules = '[{"name": "night", "cron": "0 20 * * *", "min_instances": 1}]'

    with pytest.raises(InvalidFile, match=r"schedules\[0\].max_instances: is missing"):
        Spec.from_config(MINIMAL | {"schedules": schedules})


@pytest.mark.parametrize("text", ["nan", "NaN", "Infinity", "-1", "x", "true"])
def test_a_price_is_a_number(text):
    with pytest.raises(InvalidFile, match="usd_per_hour"):
        Spec.from_config(MINIMAL | {"usd_per_hour": text})


def test_the_api_key_is_not_shown():
    spec = Spec.from_config(MINIMAL | {"api_key": "secret-of-mine", "hub_token": "secret-of-mine"})

    assert "secret-of-mine" not in repr(spec)
