"""All checks come in one order, cheapest first, and none of them is an exception."""

from dataclasses import replace

import pytest

from infra.azure_ml.specs import PLAIN, SMALL
from llamactl_catalog.errors import InvalidInput, LlamactlError, NoPermission
from llamactl_containers.registries.reference import read_reference
from llamactl_infra.clouds.azure.management import Management
from llamactl_infra.live.azure.cloud import LiveAzure
from llamactl_infra.live.azure.image import look
from llamactl_infra.live.cloud import open_cloud
from standins.azure.faults import throttled
from standins.azure_registry import AzureRegistry

EVERY = [
    "limits",
    "credentials",
    "services",
    "region",
    "quota",
    "permissions",
    "given resources",
    "name",
    "image",
]


def test_every_check_is_made_once_and_in_order(live):
    found = list(live.checks(SMALL))

    assert [each.check for each in found] == EVERY
    assert {each.state for each in found if each.check != "image"} == {"ok"}


def test_what_fails_has_an_error_with_a_way_on(azure, live):
    azure.limits = {}
    azure.subscription.roles = {}
    azure.store.resources.clear()

    for each in live.checks(replace(SMALL, instances=51)):
        assert (each.error is not None) == (each.state == "failed")


def test_without_credentials_nothing_else_is_asked(azure, environment):
    live = LiveAzure({**environment, "LLAMACTL_AZURE_TOKEN": "expired"})

    found = list(live.checks(SMALL))

    assert [each.check for each in found] == ["limits", "credentials"]
    assert isinstance(found[1].error, NoPermission)
    assert found[1].error.exit_code == 10


def test_where_azure_slows_every_question_down_nothing_is_known_and_nothing_fails(azure, live):
    azure.faults.append(throttled("", times=999, retry_after="0"))

    found = list(live.checks(SMALL))

    assert [each.check for each in found] == EVERY
    assert {each.state for each in found[1:]} == {"unknown"}


def test_a_token_goes_over_no_open_line():
    live = LiveAzure({"LLAMACTL_AZURE_URL": "http://example.com", "LLAMACTL_AZURE_TOKEN": "x"})

    assert [each.state for each in live.checks(SMALL)] == ["ok", "failed"]


def test_a_spec_without_a_place_is_told_what_it_lacks(live):
    (found,) = live.checks(replace(SMALL, azure_ml=None, region=None))

    assert found.state == "failed"
    assert "azure_ml: is missing" in found.text
    assert "region: is missing" in found.text


def test_nothing_is_changed(azure, live):
    list(live.checks(SMALL))

    assert {method for method, _ in azure.requests if method != "PUT"} == {"GET"}
    assert [path for path, _ in azure.bodies if "shared" not in path] == []


def test_the_door_gives_it_by_the_clouds_name():
    assert isinstance(open_cloud("azure"), LiveAzure)


@pytest.fixture
def management():
    asked = Management("http://127.0.0.1:9", lambda _scope: "aad-token")
    yield asked
    asked.close()


def test_an_image_in_the_registry_is_found_there(management):
    with AzureRegistry() as registry:
        found = look(management, SMALL, registry_url=registry.url)

    assert found.state == "ok"
    assert "is there" in found.text


def test_an_image_that_is_not_there_has_the_command_that_puts_it_there(management):
    with AzureRegistry(images=()) as registry:
        found = look(management, SMALL, registry_url=registry.url)

    assert found.state == "failed"
    assert isinstance(found.error, InvalidInput)
    assert "llamactl image push" in (found.error.hint or "")


def test_a_registry_that_lets_nobody_in_says_nothing_of_the_image():
    asked = Management("http://127.0.0.1:9", lambda _scope: "of somebody else")
    with AzureRegistry() as registry, pytest.raises(LlamactlError):
        look(asked, SMALL, registry_url=registry.url)


def test_a_registry_that_is_not_azures_is_not_asked(management):
    found = look(management, PLAIN)

    assert found.state == "unknown"
    assert read_reference(PLAIN.image or "").registry in found.text
