"""What is declared on Azure ML, as people and the service read it."""

import os
from pathlib import Path

import pytest

pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")

from infra.azure_ml.declaring import Recorded, declared, run
from infra.azure_ml.specs import CANARY, DECLARED, GATED, LARGE, SCALED, SMALL, with_own

GOLDENS = Path(__file__).parent / "goldens"


@pytest.mark.parametrize("name", DECLARED)
def test_what_is_declared_is_what_was_reviewed(name):
    path = GOLDENS / f"{name}.json"
    text = declared(DECLARED[name])
    if os.environ.get("LLAMACTL_WRITE_GOLDENS"):
        path.write_text(text, encoding="utf-8")

    assert text == path.read_text("utf-8")


def inputs_of(spec, kind):
    watching = Recorded()
    run(spec, watching, lambda _outputs: None)
    return [each.inputs for each in watching.resources if each.typ.endswith(kind)]


def test_no_request_is_cut_off_by_the_services_own_defaults():
    (deployment,) = inputs_of(LARGE, "OnlineDeployment")

    settings = deployment["properties"]["requestSettings"]
    assert settings["requestTimeout"] == "PT180S"
    assert settings["maxConcurrentRequestsPerInstance"] == LARGE.parallel


def test_the_endpoint_is_declared_without_traffic():
    (endpoint,) = inputs_of(SMALL, "OnlineEndpoint")

    assert "traffic" not in endpoint["properties"]


def test_the_hubs_token_is_in_no_environment():
    (deployment,) = inputs_of(GATED, "OnlineDeployment")

    variables = deployment["properties"]["environmentVariables"]
    assert variables["HF_TOKEN"] == "${{azureml://connections/mistral-hub/credentials/HF_TOKEN}}"  # noqa: S105 - where it is


def test_the_instance_count_is_the_skus_capacity():
    (deployment,) = inputs_of(SCALED, "OnlineDeployment")

    assert deployment["sku"] == {"name": "Default", "capacity": 2}


def test_nothing_scales_where_the_count_is_fixed():
    assert inputs_of(SMALL, "AutoscaleSetting") == []


def test_an_update_in_parts_says_which():
    (traffic,) = inputs_of(CANARY, "AzureMlTraffic")

    assert (traffic["update"], traffic["percent"], traffic["bake_s"]) == ("canary", 20, 60)


def test_a_private_endpoint_is_not_tried_from_outside():
    (traffic,) = inputs_of(with_own(SMALL, public_access=False), "AzureMlTraffic")

    assert traffic.get("trial_route") is None
