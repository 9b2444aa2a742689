"""What a plan says of licenses, places, shards, replicas and cheaper precision."""

from dataclasses import replace

import pytest

from cli.asking import asking
from llamactl.app import App
from llamactl.commands.plan import command
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.regions import load_regions

invoke, as_json = asking(command)


@pytest.fixture
def app(tmp_path):
    return App(state_dir=tmp_path / "state", cache_dir=tmp_path / "cache")


def test_a_geography_holds_for_every_offer(app):
    document = as_json(app, "llama-2-13b", "--geography", "EU")

    regions = {(each["cloud"], each["region"]) for each in document["placements"]}
    known = load_regions()
    assert {known[each].in_eu for each in regions} == {True}
    assert {cloud for cloud, _ in regions} == {"aws", "azure"}


def test_a_geography_that_is_none_is_named(app):
    with pytest.raises(InvalidInput, match=r"there is no 'Germny'.*Germany"):
        invoke(app, "llama-2-13b", "--geography", "Germny")


def test_several_replicas_are_asked_of_vllm_and_refused_of_tgi(app):
    options = ("--replicas-per-instance", "4", "--num-shard", "2", "--gpu", "h100")

    document = as_json(app, "llama-2-13b", "--engine", "vllm", *options)

    first = document["placements"][0]
    assert (first["instances"], first["replicas"], first["num_shard"]) == (1, 4, 2)
    with pytest.raises(InvalidInput, match="tgi serves one replica per instance"):
        invoke(app, "llama-2-13b", *options)


def test_the_license_that_is_not_accepted_is_said_with_the_command(app):
    document = as_json(app, "llama-2-13b-chat", "--region", "eastus")
    page = invoke(app, "llama-2-13b-chat", "--region", "eastus").stdout

    assert not document["license"]["accepted"]
    assert {each["license_accepted"] for each in document["placements"]} == {False}
    assert "llamactl license accept llama-2" in page


def test_a_license_that_asks_for_nothing_is_no_obstacle(app):
    document = as_json(app, "mistral-7b-instruct-v0.3", "--region", "eastus")

    assert document["license"]["accepted"]
    assert document["license"]["refused_because"] is None


def test_a_model_that_deploy_refuses_has_no_line_to_paste(app):
    result = invoke(app, "falcon-180b-chat")
    document = as_json(app, "falcon-180b-chat")

    assert "llamactl deploy" not in result.output
    assert "deploy refuses falcon-180b-chat: " in result.stderr
    assert "license accept falcon-180b-chat --override" in result.stderr
    assert "separate license" in document["license"]["refused_because"]
    assert {each["license_accepted"] for each in document["placements"]} == {False}


def test_a_shared_ledger_is_not_read_for_a_plan(app):
    shared = replace(app, license_ledger="s3://bucket/ledger")
    document = as_json(shared, "llama-2-13b-chat", "--region", "eastus")

    assert document["license"]["accepted"] is None


def test_fewer_bits_are_named_with_what_they_save(app):
    document = as_json(app, "llama-2-13b-chat")
    page = " ".join(invoke(app, "llama-2-13b-chat").stdout.split())

    cheaper = document["cheaper_precision"]
    assert cheaper["usd_per_hour"] < document["placements"][0]["usd_per_hour"]
    assert f"Cheaper: --quantize {cheaper['quantization']} on {cheaper['instance_type']}" in page
    assert as_json(app, "llama-2-13b-chat", "--quantize", "any")["cheaper_precision"] is None


def test_a_region_without_a_price_is_rejected_beside_one_that_has_prices(app):
    document = as_json(app, "llama-2-13b", "--region", "us-east-1", "--region", "sa-east-1")

    reasons = {
        each["reason"]
        for each in document["rejected"]
        if each["region"] == "sa-east-1" and each["instance_type"].startswith("ml.g5.")
    }
    assert {each["region"] for each in document["placements"]} == {"us-east-1"}
    assert reasons == {
        "no price is bundled in sa-east-1: llamactl catalog refresh --cloud aws asks for it"
    }
