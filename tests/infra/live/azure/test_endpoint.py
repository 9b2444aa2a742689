"""How an endpoint is, is told by its own state and that of the deployment that answers."""

import copy
from dataclasses import replace

import pytest

from infra.azure_ml.places import SIZE
from infra.azure_ml.specs import GIVEN
from infra.live.azure.conftest import DEPLOYMENT, GROUP, SPEC
from llamactl_catalog.errors import NoPermission, NotFound
from llamactl_infra.clouds.azure.names import deployment_name
from llamactl_infra.live.cloud import LiveEndpoint
from standins.azure.faults import Fault
from standins.azure.scoring import KEY

NEXT = replace(SPEC, image=f"llamas.azurecr.io/llamactl/tgi@sha256:{'e' * 64}")
NEW = deployment_name(NEXT)


def add(azure, deployment, name, state):
    other = copy.deepcopy(deployment)
    other["id"] = f"{deployment['id'].rpartition('/')[0]}/{name}"
    other["name"] = name
    other["properties"]["provisioningState"] = state
    azure.store.put(other["id"], other)


def test_what_is_deployed_runs(deployed, live, endpoint):
    found = live.endpoint(SPEC)

    assert (found.state, found.reason, found.doing) == ("running", None, None)
    assert found.url == endpoint["properties"]["scoringUri"]
    assert (found.instance_type, found.instances) == (SIZE, 1)
    assert found.created_at is not None
    assert found.created_at.tzinfo is not None


def test_before_there_is_a_group_there_is_nothing(live):
    assert live.endpoint(SPEC) == LiveEndpoint("absent")


def test_a_workspace_without_the_endpoint_has_nothing(deployed, live, endpoint):
    deployed.store.delete(endpoint["id"])

    assert live.endpoint(SPEC) == LiveEndpoint("absent")


def test_another_deployments_workspace_is_not_looked_into(deployed, live):
    assert live.endpoint(replace(SPEC, name="other")) == LiveEndpoint("absent")


def test_of_two_workspaces_the_one_with_the_endpoint_counts(deployed, live, endpoint):
    (there,) = deployed.store.of_kind("Microsoft.MachineLearningServices/workspaces")
    left = {**there, "id": f"{there['id'].rpartition('/')[0]}/aaa", "name": "aaa"}
    deployed.store.resources = {left["id"].lower(): left, **deployed.store.resources}

    assert live.endpoint(SPEC).state == "running"


def test_the_workspace_is_looked_for_once(deployed, live):
    live.endpoint(SPEC)
    live.endpoint(SPEC)

    lists = [path for _, path in deployed.requests if path.endswith("/workspaces")]
    assert len(lists) == 1


def test_a_long_list_is_read_to_its_end(deployed, live, deployment):
    for number in range(3):
        add(deployed, deployment, f"left-{number}", "Failed")
    deployed.subscription.page = 1

    assert live.endpoint(SPEC).state == "running"


@pytest.mark.parametrize(
    ("azures", "state", "doing"),
    [
        ("Creating", "creating", "the endpoint is being made"),
        ("Updating", "updating", "the endpoint is being changed"),
        ("Deleting", "deleting", "the endpoint is deleted"),
        ("Failed", "failed", None),
        ("Canceled", "failed", None),
    ],
)
def test_the_endpoints_own_state_goes_first(endpoint, live, azures, state, doing):
    endpoint["properties"]["provisioningState"] = azures

    found = live.endpoint(SPEC)

    assert (found.state, found.doing) == (state, doing)
    assert (found.reason is not None) == (state == "failed")


@pytest.mark.parametrize(
    ("azures", "state"),
    [
        ("Creating", "creating"),
        ("Updating", "updating"),
        ("Scaling", "updating"),
        ("Failed", "failed"),
        ("Deleting", "deleting"),
    ],
)
def test_its_only_deployments_state_is_its_own(deployment, live, azures, state):
    deployment["properties"]["provisioningState"] = azures

    assert live.endpoint(SPEC).state == state


@pytest.mark.parametrize(
    ("log", "doing"),
    [
        ("SystemSetup: InProgress\nUserContainerImagePull: Waiting", "a machine is set up"),
        ("SystemSetup: Succeeded\nUserContainerImagePull: InProgress", "the image is pulled"),
        (
            "SystemSetup: Succeeded\nUserContainerImagePull: Succeeded\nModelDownload: InProgress",
            "the weights are fetched",
        ),
        ("SystemSetup: Succeeded\nUserContainerStart: Waiting", "the container starts"),
        (
            "UserContainerStart: InProgress\n\nContainer logs:\nINFO Starting shard",
            "the container runs: loads the weights",
        ),
    ],
)
def test_a_deployment_that_is_made_says_how_far_it_is(deployed, deployment, live, log, doing):
    deployment["properties"]["provisioningState"] = "Creating"
    deployed.logs[DEPLOYMENT] = f"Instance status:\n{log}\n"

    assert live.endpoint(SPEC).doing == doing


def test_without_a_log_it_says_that_it_is_made(deployed, deployment, live):
    deployment["properties"]["provisioningState"] = "Creating"
    deployed.faults.append(Fault("POST", "/getLogs$", "BadArgument", "no machine yet"))

    assert live.endpoint(SPEC).doing == f"the deployment {DEPLOYMENT} is being made"


def test_an_endpoint_without_a_deployment_is_not_at_work_on_one(
    deployed, live, endpoint, deployment
):
    endpoint["properties"]["traffic"] = {}
    deployed.store.delete(deployment["id"])

    found = live.endpoint(SPEC)

    assert (found.state, found.reason) == ("failed", "it has no deployment that answers")


def test_a_deployment_without_traffic_does_not_run(endpoint, live):
    endpoint["properties"]["traffic"] = {}

    found = live.endpoint(SPEC)

    assert found.state == "failed"
    assert found.reason == f"no traffic goes to {DEPLOYMENT}"


@pytest.mark.parametrize(
    ("azures", "told"),
    [
        ("Creating", ("updating", f"{NEW} is being made beside {DEPLOYMENT}")),
        ("Succeeded", ("running", f"{DEPLOYMENT} answers; {NEW} is there without its traffic")),
        ("Failed", ("running", f"{NEW} failed; {DEPLOYMENT} answers as before")),
    ],
)
def test_while_another_deployment_answers_both_are_told(deployed, deployment, live, azures, told):
    add(deployed, deployment, NEW, azures)
    deployed.faults.append(Fault("POST", "/getLogs$", "BadArgument", "no machine yet", times=9))

    found = live.endpoint(NEXT)

    assert told == (found.state, found.doing if found.reason is None else found.reason)


def test_what_the_spec_asks_for_and_is_not_there_is_said(deployed, deployment, live):
    found = live.endpoint(NEXT)

    assert found.state == "running"
    assert found.reason == f"{DEPLOYMENT} answers; there is no {NEW}"


def test_a_given_workspace_is_not_looked_for(azure, live):
    assert live.endpoint(GIVEN) == LiveEndpoint("absent")

    assert not [path for _, path in azure.requests if path.endswith("/workspaces")]


def test_what_may_not_be_read_is_an_error(deployed, live):
    deployed.faults.append(Fault("GET", "/workspaces", "AuthorizationFailed", "no", 403))

    with pytest.raises(NoPermission):
        live.endpoint(SPEC)


def test_the_key_is_given_to_whoever_may_ask(deployed, live):
    assert live.api_key(SPEC) == KEY


def test_there_is_no_key_where_callers_sign_in(azure, live):
    assert SPEC.azure_ml is not None
    signed = replace(SPEC, azure_ml=replace(SPEC.azure_ml, auth="aad_token"))

    assert live.api_key(signed) is None
    assert [path for _, path in azure.requests if GROUP in path] == []


def test_without_an_endpoint_there_is_no_key(live):
    with pytest.raises(NotFound):
        live.api_key(SPEC)
