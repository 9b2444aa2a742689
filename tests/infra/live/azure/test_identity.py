"""Who is signed in, and which subscription is meant, is told or asked for by name."""

import base64
import json

import pytest

from llamactl_catalog.errors import NoPermission
from llamactl_infra.live.azure.cloud import LiveAzure
from llamactl_infra.live.azure.identity import principal_of
from llamactl_infra.live.cloud import Account
from standins.azure import SUBSCRIPTION

OTHER = "55555555-1111-2222-3333-444444444444"


def token(**claims):
    told = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"header.{told}.signature"


def of_command_line(environment, *subscriptions):
    folder = environment["HOME"]
    environment["AZURE_CONFIG_DIR"] = folder
    told = [{"id": name, "isDefault": is_default} for name, is_default in subscriptions]
    content = json.dumps({"subscriptions": told})
    with open(f"{folder}/azureProfile.json", "w", encoding="utf-8-sig") as file:  # noqa: PTH123
        file.write(content)


@pytest.mark.parametrize(
    ("claims", "principal"),
    [
        ({"upn": "ada@example.com", "appid": "x"}, "ada@example.com"),
        ({"unique_name": "live.com#ada@example.com"}, "live.com#ada@example.com"),
        ({"appid": "1234", "oid": "5678"}, "1234"),
        ({}, "an identity without a name"),
    ],
)
def test_a_token_says_who_it_is_of(claims, principal):
    assert principal_of(token(**claims)) == principal


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "a.e30x$.c", f"a.{'W10'}.c"])
def test_a_token_that_says_nothing_is_of_somebody(text):
    assert principal_of(text) == "an identity without a name"


def test_the_only_subscription_is_the_one_that_is_meant(live):
    assert live.account() == Account("azure", SUBSCRIPTION, "an identity without a name")


@pytest.mark.parametrize("name", ["AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID"])
def test_a_variable_names_one_of_several(azure, environment, name):
    azure.subscription.subscriptions.append((OTHER, "the other", "Enabled"))

    assert LiveAzure({**environment, name: OTHER}).account().id == OTHER


def test_the_command_lines_default_is_one_of_several(azure, environment):
    azure.subscription.subscriptions.append((OTHER, "the other", "Enabled"))
    of_command_line(environment, (SUBSCRIPTION, False), (OTHER, True))

    assert LiveAzure(environment).account().id == OTHER


def test_what_is_asked_for_goes_before_all_others(azure, environment):
    azure.subscription.subscriptions.append((OTHER, "the other", "Enabled"))
    environment["AZURE_SUBSCRIPTION_ID"] = SUBSCRIPTION

    assert LiveAzure(environment).account(OTHER).id == OTHER


def test_of_several_none_is_guessed(azure, live):
    azure.subscription.subscriptions.append((OTHER, "the other", "Enabled"))

    with pytest.raises(NoPermission, match=f"2 subscriptions.*the other .{OTHER}") as error:
        live.account()

    assert "--set azure_ml.subscription" in (error.value.hint or "")
    assert "AZURE_SUBSCRIPTION_ID" in (error.value.hint or "")


def test_one_that_is_disabled_does_not_count(azure, live):
    azure.subscription.subscriptions.append((OTHER, "the other", "Disabled"))

    assert live.account().id == SUBSCRIPTION


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ([], "Azure has no enabled subscription for you"),
        ([(SUBSCRIPTION, "the one", "Disabled")], "Azure has no enabled subscription for you"),
    ],
)
def test_without_a_subscription_there_is_no_account(azure, live, known, said):
    azure.subscription.subscriptions = known

    with pytest.raises(NoPermission, match=said):
        live.account()


def test_a_subscription_of_others_is_none(environment):
    with pytest.raises(NoPermission, match=f"no subscription {OTHER}"):
        LiveAzure(environment).account(OTHER)


def test_a_subscription_that_is_disabled_is_said_to_be(azure, environment):
    azure.subscription.subscriptions = [(OTHER, "the other", "Disabled")]

    with pytest.raises(NoPermission, match="is disabled"):
        LiveAzure(environment).account(OTHER)


def test_a_sign_in_that_is_no_longer_taken_asks_for_another(environment):
    live = LiveAzure({**environment, "LLAMACTL_AZURE_TOKEN": "expired"})

    with pytest.raises(NoPermission, match="does not take the sign-in") as error:
        live.account()

    assert "az login" in (error.value.hint or "")
    assert error.value.exit_code == 10
