"""Names obey Azure ML's limits, and follow what cannot be changed in place."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.azure_ml.specs import SMALL, with_own
from llamactl_infra.clouds.azure.names import (
    MAX_NAME,
    account_name,
    asset_version,
    deployment_name,
    endpoint_name,
    is_name,
    named,
)

TEXTS = st.text(max_size=80)


@given(TEXTS, st.integers())
def test_every_made_name_is_one_that_azure_takes(text, content):
    name = named(text, content)

    assert is_name(name)
    assert len(name) <= MAX_NAME


@given(TEXTS, st.integers(), st.integers())
def test_other_content_has_another_name(text, one, other):
    assert (named(text, one) == named(text, other)) == (one == other)


@pytest.mark.parametrize("text", ["a", "ab", "1ab", "a--b", "a-", "a_b", "é" * 5, "a" * 33, "a b"])
def test_what_is_no_name(text):
    assert not is_name(text)


@pytest.mark.parametrize("text", ["abc", "a-b", "Llama-2-7b", "a" * 32])
def test_what_is_a_name(text):
    assert is_name(text)


@pytest.mark.parametrize("change", [{"region": "eastus"}, {"name": "other"}, {"azure_ml": None}])
def test_endpoints_of_other_places_have_other_names(change):
    assert endpoint_name(replace(SMALL, **change)) != endpoint_name(SMALL)


@pytest.mark.parametrize(
    "change",
    [
        {"instance_type": "Standard_NC48ads_A100_v4"},
        {"image": "other"},
        {"environment": {"A": "b"}},
        {"weights_uri": "https://x.blob.core.windows.net/y"},
        {"revision": "another"},
    ],
)
def test_what_cannot_change_in_place_names_another_deployment(change):
    assert deployment_name(replace(SMALL, **change)) != deployment_name(SMALL)


@pytest.mark.parametrize(
    "change",
    [
        {"instances": 3},
        {"max_instances": 9},
        {"owner": "other"},
        {"health_timeout_s": 900},
        {"usd_per_hour": 1.0},
        {"hub_token": "another"},
    ],
)
def test_what_changes_in_place_does_not(change):
    assert deployment_name(replace(SMALL, **change)) == deployment_name(SMALL)


def test_a_longer_timeout_is_no_other_deployment():
    assert deployment_name(with_own(SMALL, request_timeout_s=60)) == deployment_name(SMALL)


def test_a_rolling_update_is_of_one_deployment_but_for_its_instance_type():
    rolling = replace(SMALL, update="rolling")
    larger = replace(rolling, instance_type="Standard_NC48ads_A100_v4")

    assert deployment_name(replace(rolling, image="other")) == deployment_name(rolling)
    assert deployment_name(larger) != deployment_name(rolling)


@given(TEXTS)
def test_an_account_is_named_by_letters_and_digits_alone(text):
    name = account_name(text, 16)

    assert 1 <= len(name) <= 16
    assert name.isascii()
    assert name.isalnum()
    assert name == name.lower()
    assert name[0].isalpha()


@given(st.lists(TEXTS, max_size=3), st.lists(TEXTS, max_size=3))
def test_a_version_is_of_its_content(one, other):
    assert (asset_version(one) == asset_version(other)) == (one == other)
