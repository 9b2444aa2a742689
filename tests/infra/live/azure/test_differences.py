"""What runs is compared with what was asked for, by the values that the program declares."""

from dataclasses import replace

import pytest

from infra.azure_ml.specs import GATED
from infra.live.azure.conftest import DEPLOYMENT, SPEC
from infra.live.azure.test_endpoint import NEW, NEXT, add
from llamactl_infra.clouds.azure.asked import environment
from llamactl_infra.clouds.azure.durations import iso, seconds_of
from llamactl_infra.live.azure.differences import of_deployment


def settings(deployment):
    return deployment["properties"]


def test_what_the_program_has_made_is_what_was_asked_for(deployed, live):
    assert live.differences(SPEC) == ()


def test_the_same_duration_in_other_units_is_no_difference(deployment, live):
    settings(deployment)["requestSettings"]["requestTimeout"] = "PT3M"

    assert live.differences(SPEC) == ()


def test_without_an_endpoint_that_is_said(live):
    assert live.differences(SPEC) == ("there is no endpoint",)


def test_an_update_that_did_not_come_through_is_said(deployed, endpoint, live):
    said = live.differences(NEXT)

    assert said == (
        f"traffic: 100 % to {DEPLOYMENT}, not 100 % to {NEW}: the update did not come through",
        f"there is no deployment {NEW}",
    )


def test_a_deployment_that_failed_beside_the_old_one_is_said(deployed, deployment, live):
    add(deployed, deployment, NEW, "Failed")

    said = live.differences(NEXT)

    assert "state: Failed, not Succeeded" in said
    assert said[0].startswith(f"traffic: 100 % to {DEPLOYMENT}")


@pytest.mark.parametrize(
    ("traffic", "told"),
    [({}, "none"), ({DEPLOYMENT: 90, "old": 10}, f"90 % to {DEPLOYMENT}, 10 % to old")],
)
def test_traffic_that_is_not_whole_is_said(endpoint, live, traffic, told):
    endpoint["properties"]["traffic"] = traffic

    (said,) = live.differences(SPEC)

    assert said.startswith(f"traffic: {told}, not 100 % to {DEPLOYMENT}")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("instanceType", "Standard_NC48ads_A100_v4", "instance type: Standard_NC48ads_A100_v4"),
        ("provisioningState", "Updating", "state: Updating, not Succeeded"),
        ("model", None, "model: none, not version"),
        ("model", "/x/models/mistral/versions/1", "model: mistral/versions/1, not version"),
        ("requestSettings", {}, "request timeout: none, not 180 s"),
        ("requestSettings", {"requestTimeout": "PT5S"}, "request timeout: PT5S, not 180 s"),
        ("requestSettings", {"requestTimeout": "PT180S"}, "requests at once: none, not 16"),
        ("startupProbe", {}, "startup probe, failures: none, not"),
        ("livenessProbe", None, "liveness probe, delay: none, not"),
        ("egressPublicNetworkAccess", "Disabled", "egress: Disabled, not Enabled"),
        ("environmentId", "/x/environments/mistral/versions/1", "image: by mistral/versions/1"),
    ],
)
def test_each_setting_of_a_deployment_is_compared(deployment, live, name, value, said):
    settings(deployment)[name] = value

    assert any(each.startswith(said) for each in live.differences(SPEC))


def test_the_image_behind_the_asset_is_compared(deployed, deployment, live):
    asset = deployed.store.need(settings(deployment)["environmentId"])
    asset["properties"]["image"] = "elsewhere/tgi:1"

    (said,) = live.differences(SPEC)

    assert said.startswith("image: elsewhere/tgi:1, not llamas.azurecr.io/")


def test_the_environment_is_compared_and_no_value_of_it_told(deployment, live):
    variables = settings(deployment)["environmentVariables"]
    variables |= {"NUM_SHARD": "very-secret", "EXTRA": "very-secret"}
    del variables["MAX_TOTAL_TOKENS"]

    assert live.differences(SPEC) == (
        "container environment lacks MAX_TOTAL_TOKENS",
        "container environment differs in NUM_SHARD",
        "container environment has besides EXTRA",
    )


def test_a_count_that_was_set_by_hand_is_a_difference(deployment, live):
    deployment["sku"]["capacity"] = 3

    assert live.differences(SPEC) == ("instances: 3, not 1",)


@pytest.mark.parametrize(("count", "said"), [(3, ()), (5, ("instances: 5, not 1 to 4 instances",))])
def test_where_it_scales_a_count_between_its_bounds_is_none(deployment, live, count, said):
    deployment["sku"]["capacity"] = count

    assert live.differences(replace(SPEC, min_instances=1, max_instances=4)) == said


def test_how_callers_sign_in_is_compared(endpoint, live):
    endpoint["properties"]["authMode"] = "AADToken"

    assert live.differences(SPEC) == ("sign-in: AADToken, not Key",)


def test_a_spec_that_was_read_without_its_token_is_no_difference():
    told = {"environmentVariables": environment(GATED)}
    read = replace(GATED, hub_token=None)

    assert not [each for each in of_deployment({"properties": told}, read) if "environment" in each]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT180S", 180),
        ("PT3M", 180),
        ("PT1H", 3600),
        ("P1DT1H1M1.5S", 90061.5),
        ("P", None),
        ("PT", None),
        ("3M", None),
        ("P1M", None),
    ],
)
def test_durations_are_read_in_all_their_units(text, seconds):
    assert seconds_of(text) == seconds


def test_a_duration_that_is_written_is_read_again():
    assert seconds_of(iso(301)) == 301
