"""Azure's stand-in is as strict as Azure: else what passes on it proves little."""

import httpx
import pytest

from containers.llamacpp.conftest import engine_process, tiny_launch
from infra.azure_ml.places import ENDPOINT, GROUP, SIZE, WORKSPACE, add_deployment, make_endpoint
from llamactl_catalog.prompts import Message
from llamactl_gateway.azure_endpoint import AzureEndpoint
from llamactl_gateway.sampling import Sampling
from standins.azure import SUBSCRIPTION, TOKEN, Azure
from standins.azure.asking import put
from standins.azure.faults import failed_health, out_of_capacity, slow_start
from standins.azure.scoring import KEY

HEADERS = {"authorization": f"Bearer {TOKEN}"}
VERSION = {"api-version": "2025-12-01"}
LOCATION = (
    f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.MachineLearningServices/locations/eastus"
)


def asked(azure, method, path, **options):
    return httpx.request(method, f"{azure.url}{path}", headers=HEADERS, params=VERSION, **options)


def traffic(azure, shares):
    body = {"location": "x", "properties": {"authMode": "Key", "traffic": shares}}
    put(azure.url, ENDPOINT, body)


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({"old": 60}, "sum to 0 or 100"),
        ({"nowhere": 100}, "nowhere: not found"),
    ],
)
def test_traffic_is_whole_and_names_deployments(endpoint, shares, said):
    with pytest.raises(AssertionError, match=said):
        traffic(endpoint, shares)


def test_a_deployment_with_traffic_is_not_deleted(endpoint):
    traffic(endpoint, {"old": 100})

    answer = asked(endpoint, "DELETE", f"{ENDPOINT}/deployments/old")

    assert answer.status_code == 400
    assert "has traffic" in answer.text


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"instanceType": "Standard_NC48ads_A100_v4"}, "cannot be changed"),
        ({"requestSettings": {"requestTimeout": "PT181S"}}, "above PT180S"),
        ({"environmentId": f"{WORKSPACE}/environments/e/versions/2"}, "was not found"),
        ({"instanceType": "Standard_NC6s_v3"}, "cannot be changed"),
    ],
)
def test_what_a_deployment_may_not_be(endpoint, properties, said):
    with pytest.raises(AssertionError, match=said):
        add_deployment(endpoint, "old", **properties)


def test_an_image_of_a_registry_needs_its_role(endpoint):
    image = {"properties": {"image": "llamas.azurecr.io/x@sha256:1"}}
    put(endpoint.url, f"{WORKSPACE}/environments/e/versions/2", image)

    with pytest.raises(AssertionError, match="may not pull the image"):
        add_deployment(endpoint, "third", environmentId=f"{WORKSPACE}/environments/e/versions/2")


def test_a_fifth_more_quota_must_be_free_but_for_some_families(azure):
    make_endpoint(azure)
    azure.limits = {"standardNVADSA10v5Family": 36, "standardNCADSA100v4Family": 24}

    add_deployment(azure, "exempt")

    with pytest.raises(AssertionError, match="OutOfQuota"):
        add_deployment(azure, "reserved", instanceType="Standard_NV36ads_A10_v5")


def test_usage_quota_and_sizes_are_told(endpoint):
    usages = asked(endpoint, "GET", f"{LOCATION}/usages").json()["value"]
    sizes = asked(endpoint, "GET", f"{LOCATION}/vmSizes").json()["value"]

    used = {each["name"]["value"]: each["currentValue"] for each in usages}
    assert used["standardNCADSA100v4Family"] == 48
    assert SIZE in [each["name"] for each in sizes]


@pytest.mark.parametrize("fault", [failed_health, out_of_capacity])
def test_a_deployment_that_comes_to_nothing_is_there_and_failed(azure, fault):
    make_endpoint(azure)
    azure.faults.append(fault())

    with pytest.raises(AssertionError, match=fault().code):
        add_deployment(azure, "old")

    found = azure.store.need(f"{ENDPOINT}/deployments/old")
    assert found["properties"]["provisioningState"] == "Failed"


def test_a_slow_start_is_a_long_operation(azure):
    make_endpoint(azure)
    azure.faults.append(slow_start(0.3))

    add_deployment(azure, "old")

    polls = [path for _, path in azure.requests if "mfeOperationsStatus" in path]
    assert len(polls) > 3


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"location": "x", "properties": {}}, "properties.authMode: is required"),
        ({"properties": {"authMode": "Key"}}, "location: is required"),
        (
            {"location": "x", "properties": {"authMode": "Key", "trafic": {}}},
            "properties.trafic: is not in OnlineEndpointProperties",
        ),
        (
            {"location": "x", "properties": {"authMode": "Key", "scoringUri": "x"}},
            "properties.scoringUri: cannot be set",
        ),
        (
            {"location": "x", "properties": {"authMode": "Key", "traffic": {"a": "1"}}},
            "properties.traffic.a: '1' is no int",
        ),
    ],
)
def test_a_body_that_the_services_model_does_not_have_is_refused(endpoint, body, said):
    pytest.importorskip("azure.ai.ml", reason="bodies are checked by azure-ai-ml's models")
    answer = asked(endpoint, "PUT", ENDPOINT, json=body)
    endpoint.problems.clear()

    assert answer.status_code == 400
    assert said in answer.text


def test_a_vaults_name_is_held_when_it_is_deleted(azure):
    vault = f"{GROUP}/providers/Microsoft.KeyVault/vaults/v"
    put(azure.url, GROUP, {"location": "x"})
    put(azure.url, vault, {"location": "x", "properties": {}})
    asked(azure, "DELETE", vault)

    with pytest.raises(AssertionError, match="soft-deleted"):
        put(azure.url, vault, {"location": "x", "properties": {}})


def test_the_containers_log_is_given(endpoint):
    endpoint.logs["old"] = "CUDA out of memory"

    answer = asked(endpoint, "POST", f"{ENDPOINT}/deployments/old/getLogs", json={"tail": 10})

    assert answer.json() == {"content": "CUDA out of memory"}


def test_ids_are_compared_without_regard_to_case(endpoint):
    assert asked(endpoint, "GET", ENDPOINT.upper()).json()["name"] == "chat"


def test_the_scoring_address_is_a_real_engines(tiny_gguf, tmp_path):
    pytest.importorskip("xllamacpp")
    with engine_process(tmp_path, tiny_launch(tiny_gguf)) as engine, Azure(engine.url) as azure:
        make_endpoint(azure)
        add_deployment(azure, "old")
        traffic(azure, {"old": 100})
        (found,) = azure.endpoints()
        client = AzureEndpoint("chat", found["properties"]["scoringUri"], "tiny-llama", KEY)

        pieces = list(client.chat([Message("user", "Hi")], Sampling(max_tokens=4)))

    assert pieces[-1].completion_tokens == 4


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{WORKSPACE}/environments/e", 405),
        (f"{WORKSPACE}/environments/e/versions/1", 405),
    ],
)
def test_an_environment_is_archived_and_not_deleted(endpoint, path, status):
    assert asked(endpoint, "DELETE", path).status_code == status


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (
            f"{WORKSPACE}/environments/e/versions/1",
            {"properties": {"image": "ghcr.io/x/y:2"}},
            "properties.image",
        ),
        (ENDPOINT, {"location": "y", "properties": {"authMode": "Key"}}, "location"),
    ],
)
def test_what_is_set_at_creation_is_not_changed(endpoint, path, body, field):
    pytest.importorskip("azure.ai.ml", reason="fields are known by azure-ai-ml's models")

    with pytest.raises(AssertionError, match=f"{field} of .* cannot be changed"):
        put(endpoint.url, path, body)


@pytest.mark.parametrize(
    "uri",
    [
        "https://llamas.blob.core.windows.net/weights/7b/",
        f"azureml:/{WORKSPACE}/datastores/d/paths/7b",
        "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/none/paths/7b",
    ],
)
def test_a_model_is_registered_by_a_path_of_a_datastore_that_is_there(endpoint, uri):
    with pytest.raises(AssertionError, match=r"Datastore ID error|datastore .* was not found"):
        put(endpoint.url, f"{WORKSPACE}/models/m/versions/1", {"properties": {"modelUri": uri}})


def test_a_put_without_traffic_clears_it_and_a_patch_does_not(endpoint):
    traffic(endpoint, {"old": 100})

    asked(endpoint, "PATCH", ENDPOINT, json={"tags": {"owner": "me"}})
    patched = endpoint.traffic(ENDPOINT)
    put(endpoint.url, ENDPOINT, {"location": "x", "properties": {"authMode": "Key"}})

    assert (patched, endpoint.traffic(ENDPOINT)) == ({"old": 100}, {})


def test_a_patch_takes_tags_identity_and_sku_alone(endpoint):
    pytest.importorskip("azure.ai.ml", reason="bodies are checked by azure-ai-ml's models")

    answer = asked(endpoint, "PATCH", ENDPOINT, json={"properties": {"traffic": {"old": 100}}})
    endpoint.problems.clear()

    assert answer.status_code == 400


def test_what_is_being_changed_takes_no_other_change(endpoint):
    deployment = endpoint.store.need(f"{ENDPOINT}/deployments/old")
    deployment["properties"]["provisioningState"] = "Updating"

    answer = asked(endpoint, "DELETE", f"{ENDPOINT}/deployments/old")

    assert answer.status_code == 409


def test_a_put_of_a_deployment_sets_its_count(endpoint):
    endpoint.store.need(f"{ENDPOINT}/deployments/old")["sku"]["capacity"] = 3

    add_deployment(endpoint, "old", instances=1)

    assert endpoint.store.need(f"{ENDPOINT}/deployments/old")["sku"]["capacity"] == 1


def test_application_insights_comes_with_a_rule_and_an_action_group(azure):
    put(azure.url, GROUP, {"location": "x"})
    put(azure.url, f"{GROUP}/providers/Microsoft.Insights/components/c", {"location": "x"})

    names = [each["name"] for each in azure.store.resources.values()]
    assert "Failure Anomalies - c" in names
    assert "Application Insights Smart Detection" in names
