"""The ids of what is declared are those that Azure gives."""

import pytest

from llamactl_infra.clouds.azure.ids import id_of
from standins.azure.translation import KINDS, path_of

PLACES = {"scope": "/s/other", "resourceUri": "/s/other"}


def inputs_of(kind):
    fields = [part.partition("}")[0] for part in KINDS[kind].path.split("{")[1:]]
    named = {each: f"its-{each}" for each in (*fields, "resourceGroupName") if each != "group"}
    return {name: PLACES.get(name, text) for name, text in named.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_is_declared_has_its_id(kind):
    token, inputs = f"azure-native:{kind}", inputs_of(kind)

    assert id_of(token, inputs, "s-1") == path_of(token, inputs, "s-1")


def test_a_version_of_the_api_is_no_part_of_it():
    inputs = {"resourceGroupName": "g"}

    found = id_of("azure-native:resources/v20240301:ResourceGroup", inputs, "s-1")

    assert found == "/subscriptions/s-1/resourceGroups/g"


@pytest.mark.parametrize("token", ["azure-native:cache:Redis", "azure-native:keyvault:Vault"])
def test_what_is_not_known_or_has_no_name_has_none(token):
    assert id_of(token, {"resourceGroupName": "g"}, "s-1") is None
