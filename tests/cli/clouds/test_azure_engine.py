"""Deployments on Azure by the real engine: killed, and changed by hand, and gone on with."""

import pytest

from cli.clouds.conftest import MODEL
from standins.azure.faults import slow_start

pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
pytestmark = pytest.mark.engine
DEPLOY = ("deploy", MODEL, "--cloud", "azure", "--name", "chat", "--yes")


def only_deployment(azure):
    """The one deployment that there is, which has all the traffic."""
    (endpoint,) = azure.endpoints()
    (name,) = azure.deployments(endpoint["id"])
    assert azure.traffic(endpoint["id"]) == {name: 100}
    return azure.store.need(f"{endpoint['id']}/deployments/{name}")


def test_a_run_that_is_killed_while_a_deployment_is_made_is_gone_on_with(on_azure):
    azure = on_azure.cloud
    azure.faults.append(slow_start(8))
    on_azure.kill(on_azure.start_until("PUT deployments", *DEPLOY))

    made = on_azure(*DEPLOY, "--unlock")
    assert made.code == 0, made.err
    first = only_deployment(azure)["name"]

    azure.faults.append(slow_start(8))
    azure.requests.clear()
    on_azure.kill(on_azure.start_until("PUT deployments", *DEPLOY, "--context", "2048"))
    assert azure.traffic(azure.endpoints()[0]["id"]) == {first: 100}

    updated = on_azure(*DEPLOY, "--context", "2048", "--unlock")
    assert updated.code == 0, updated.err
    assert only_deployment(azure)["name"] != first


def test_what_failed_or_was_deleted_by_hand_is_repaired_by_the_next_deploy(on_azure):
    azure = on_azure.cloud
    assert on_azure(*DEPLOY).code == 0

    only_deployment(azure)["properties"]["provisioningState"] = "Failed"
    repaired = on_azure(*DEPLOY)
    assert repaired.code == 0, repaired.err
    assert only_deployment(azure)["properties"]["provisioningState"] == "Succeeded"

    azure.store.delete(azure.endpoints()[0]["id"])
    made = on_azure(*DEPLOY)
    assert made.code == 0, made.err
    only_deployment(azure)
