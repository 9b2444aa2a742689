"""The spec and its stack config are the same value, told twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamactl_catalog.errors import InvalidFile
from llamactl_infra.spec import Spec

COUNTS = st.integers(min_value=1, max_value=2**31)
TEXTS = st.text(min_size=1, max_size=40)


def optional(strategy):
    return st.none() | strategy


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
        "parallel: '0' is not a whole number of at least 1",
        "port: 'x' is not a whole number of at least 1",
        "cloud: 'awz' is not one of aws, azure, local",
    )


def test_the_api_key_is_not_shown():
    spec = Spec.from_config(MINIMAL | {"api_key": "secret-of-mine"})

    assert "secret-of-mine" not in repr(spec)
