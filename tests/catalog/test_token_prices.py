"""Prices per token of the clouds' own services: which one holds where and when."""

from dataclasses import replace
from datetime import date

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.regions import load_regions
from llamactl_catalog.sources import load_sources
from llamactl_catalog.token_prices import (
    TokenPrice,
    known_regions,
    load_token_prices,
    token_prices_for,
)

TODAY = date(2026, 12, 1)
REGIONS = load_regions()
EVERYWHERE = tuple(REGIONS.values())
PRICE = TokenPrice("aws", "Bedrock", "m", "m-v1", "US", 1.0, 2.0, TODAY, None, "test")


def found(*prices, where=EVERYWHERE, today=TODAY):
    return [*token_prices_for("m", today, where, prices)]


def region(cloud, name):
    return known_regions(REGIONS, [(cloud, name)])


def test_every_price_is_of_a_model_of_the_catalog_with_a_source():
    models = {each.id for each in load_catalog().models}
    sources = load_sources()
    clouds = {cloud for cloud, _ in REGIONS}
    names = {name for _, name in REGIONS}

    for each in load_token_prices():
        assert each.model in models
        assert each.source in sources
        assert each.cloud in clouds
        if each.scope not in {"US", "global", "data zone", "not stated", "EU cross-region"}:
            assert set(each.scope.split()) <= names


def test_prices_are_as_their_sources_have_them():
    sold = {
        each.name: (each.usd_per_million_input_tokens, each.usd_per_million_output_tokens)
        for each in token_prices_for(
            "llama-3.3-70b-instruct", TODAY, EVERYWHERE, load_token_prices()
        )
    }

    assert sold == {"Amazon Bedrock (US)": (0.72, 0.72), "Azure AI Foundry (global)": (0.71, 0.71)}


def test_each_service_has_its_cheapest():
    dearer = replace(PRICE, scope="eu-west-1", usd_per_million_output_tokens=3.0)
    other = replace(PRICE, service="Foundry", cloud="azure", scope="global")

    assert found(dearer, PRICE, other) == [PRICE, other]


@pytest.mark.parametrize(
    ("scope", "name", "holds"),
    [
        ("US", "us-east-1", True),
        ("US", "eu-west-1", False),
        ("eu-west-1 eu-west-2", "eu-west-2", True),
        ("EU cross-region", "eu-west-1", True),
        ("EU cross-region", "eu-west-2", False),
        ("global", "eu-west-2", True),
    ],
)
def test_a_price_holds_where_its_scope_is(scope, name, holds):
    assert bool(found(replace(PRICE, scope=scope), where=region("aws", name))) == holds


def test_a_price_of_one_cloud_is_none_for_the_regions_of_another():
    assert not found(replace(PRICE, scope="global"), where=region("azure", "eastus"))


def test_what_is_no_longer_sold_has_no_price():
    ending = replace(PRICE, ends_on=TODAY)

    assert not found(ending)
    assert found(ending, today=date(2026, 11, 30))


def test_a_model_without_a_price_has_none():
    assert not [*token_prices_for("falcon-7b", TODAY, EVERYWHERE, load_token_prices())]


def test_several_regions_are_named_by_the_first():
    assert replace(PRICE, scope="westus westus2").name == "Bedrock (westus and others)"
