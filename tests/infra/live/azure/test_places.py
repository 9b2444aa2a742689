"""Services, the region, what is given and names are looked at before anything is made."""

from dataclasses import replace

import pytest

from infra.azure_ml.specs import GIVEN, PRIVATE, REGISTRY, SMALL, with_own
from infra.live.azure.conftest import GROUP, SPEC
from llamactl_catalog.errors import InvalidInput, NoInstances, NoPermission
from standins.azure.asking import put
from standins.azure.faults import Fault

WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/shared-ml"


def look(live, spec, check):
    return next(each for each in live.checks(spec) if each.check == check)


def given_workspace(azure, location="westeurope"):
    put(azure.url, GROUP, {"location": location})
    put(azure.url, WORKSPACE, {"location": location, "properties": {}})


def test_a_service_that_is_not_registered_has_its_command(azure, live):
    azure.subscription.unregistered = {"Microsoft.MachineLearningServices", "Microsoft.KeyVault"}

    found = look(live, SMALL, "services")

    assert found.state == "failed"
    assert isinstance(found.error, NoPermission)
    assert found.error.hint == (
        "az provider register --namespace Microsoft.MachineLearningServices"
        " && az provider register --namespace Microsoft.KeyVault"
    )


def test_a_service_that_is_not_used_need_not_be_registered(azure, live):
    azure.subscription.unregistered = {"Microsoft.Network", "Microsoft.Compute"}

    assert look(live, SMALL, "services").state == "ok"
    assert look(live, PRIVATE, "services").state == "failed"


def test_the_region_has_the_instance_type(live):
    found = look(live, SMALL, "region")

    assert found.state == "ok"


def test_a_region_without_the_instance_type_is_said(azure, live):
    azure.subscription.sizes["westeurope"] = ["Standard_NV36ads_A10_v5"]

    found = look(live, SMALL, "region")

    assert found.state == "failed"
    assert isinstance(found.error, NoInstances)
    assert "no Standard_NC24ads_A100_v4 in westeurope" in found.text


def test_a_region_that_the_service_is_not_in_is_said(azure, live):
    azure.subscription.closed_regions = {"westeurope"}

    assert look(live, SMALL, "region").text == "Azure ML is not in westeurope"


def test_another_refusal_of_the_region_is_unknown(azure, live):
    azure.faults.append(Fault("GET", "/vmSizes", "Odd", "what?", 400))

    assert look(live, SMALL, "region").state == "unknown"


def test_what_is_given_must_be_there(azure, live):
    azure.store.delete(REGISTRY)

    found = look(live, SMALL, "given resources")

    assert found.state == "failed"
    assert isinstance(found.error, InvalidInput)
    assert found.text.startswith("azure_ml.container_registry: there is no /subscriptions/")


def test_a_given_group_must_be_there(live):
    found = look(live, with_own(SMALL, resource_group_given=True), "given resources")

    assert found.state == "failed"
    assert found.error is not None
    assert "az group create" in (found.error.hint or "")


def test_a_given_workspace_is_in_the_region(azure, live):
    given_workspace(azure)
    assert look(live, GIVEN, "given resources").state == "ok"

    azure.store.need(WORKSPACE)["location"] = "North Europe"

    found = look(live, GIVEN, "given resources")
    assert found.state == "failed"
    assert "is in northeurope, not westeurope" in found.text


def test_a_name_that_is_not_taken_is_said_for_what_is_known(live):
    found = look(live, SMALL, "name")

    assert found.state == "ok"
    assert "is not taken where it will be" in found.text


def test_a_name_of_its_own_is_no_trouble(deployed, live):
    assert "of this deployment" in look(live, SPEC, "name").text


def test_a_name_that_another_deployment_has_is_refused(deployed, endpoint, live):
    endpoint["tags"] = {**endpoint["tags"], "llamactl:deployment": "other"}

    found = look(live, SPEC, "name")

    assert found.state == "failed"
    assert isinstance(found.error, InvalidInput)
    assert "not of this deployment" in found.text


@pytest.mark.parametrize("check", ["services", "region", "given resources", "name"])
def test_what_azure_refuses_to_tell_is_unknown(azure, live, check):
    azure.faults.append(
        Fault("GET", "/providers/(?!Microsoft.Auth)|llamas$", "AuthorizationFailed", "no", 403, 99)
    )

    found = look(live, replace(SPEC, name="new"), check)

    assert (found.state, found.error) == ("unknown", None)
