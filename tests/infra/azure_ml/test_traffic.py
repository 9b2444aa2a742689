"""Traffic moves to a deployment that works, in parts, and back where it fails."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pulumi", reason="needs the extra 'azure'")

from pulumi.dynamic.dynamic import serialize_provider

from infra.azure_ml.places import ENDPOINT, IDENTITY, SIZE
from llamactl_catalog.errors import InvalidInput, NoPermission, Unhealthy
from llamactl_infra.clouds.azure.management import Management, opened
from llamactl_infra.clouds.azure.shifting import Shift, live_traffic, parts, shift
from llamactl_infra.clouds.azure.traffic import TrafficProvider
from standins.azure import TOKEN, Fault
from standins.azure.faults import conflicting, throttled


def order(deployment="new", **changes):
    told = {
        "endpoint": ENDPOINT,
        "deployment": deployment,
        "instance_type": SIZE,
        "update": "all-at-once",
        "percent": 20,
        "bake_s": 60,
        "model": "m",
        "trial_route": "/v1/completions",
    }
    return Shift(**(told | changes))


@pytest.fixture
def management(azure):
    with opened(azure.environment) as line:
        yield line


def shares_put(azure):
    bodies = [body for path, body in azure.bodies if path == ENDPOINT]
    return [each["properties"]["traffic"] for each in bodies if "traffic" in each["properties"]]


def test_the_first_deployment_has_all_of_it_at_once(endpoint, management):
    assert shift(management, order("old", update="canary")) == {"old": 100}
    assert shares_put(endpoint) == [{"old": 100}]


@pytest.mark.parametrize(
    ("update", "moved"),
    [
        ("all-at-once", [100]),
        ("rolling", [100]),
        ("canary", [20, 100]),
        ("linear", [20, 40, 60, 80, 100]),
    ],
)
def test_it_moves_in_the_parts_of_the_update(endpoint, management, update, moved):
    shift(management, order("old"))
    waits = []

    shift(management, order("new", update=update), waits.append)

    assert [each["new"] for each in shares_put(endpoint)[1:]] == moved
    assert all(sum(each.values()) == 100 for each in shares_put(endpoint))
    assert waits == [60] * (len(moved) - 1)


@given(st.integers(min_value=1, max_value=99))
def test_the_parts_grow_to_the_whole(percent):
    for update in ("canary", "linear"):
        shares = parts(update, percent)

        assert shares == sorted(set(shares))
        assert shares[-1] == 100


def test_nothing_else_of_the_endpoint_changes(endpoint, management):
    (before,) = endpoint.endpoints()

    shift(management, order("old"))

    (after,) = endpoint.endpoints()
    for name in ("location", "tags", "kind", "identity"):
        assert after[name] == before[name]
    assert after["properties"]["description"] == "d"


def test_traffic_that_is_right_is_only_looked_at(endpoint, management):
    shift(management, order("old"))
    before = len(endpoint.bodies)

    assert shift(management, order("old")) == {"old": 100}
    assert len(endpoint.bodies) == before


def test_what_an_earlier_run_had_begun_to_make_is_waited_for(endpoint, management):
    made = endpoint.store.need(f"{ENDPOINT}/deployments/new")["properties"]
    made["provisioningState"] = "Creating"

    shift(management, order("new"), lambda _s: made.update(provisioningState="Succeeded"))

    assert live_traffic(management, ENDPOINT) == {"new": 100}


def test_a_deployment_that_fails_its_first_request_gets_none(endpoint, management):
    shift(management, order("old"))
    (front,) = endpoint.scoring.values()
    front.broken.add("new")

    with pytest.raises(Unhealthy, match="CUDA error"):
        shift(management, order("new"))

    assert live_traffic(management, ENDPOINT) == {"old": 100}


def test_one_that_fails_while_it_is_watched_gives_it_back(endpoint, management):
    shift(management, order("old"))
    (front,) = endpoint.scoring.values()

    with pytest.raises(Unhealthy, match="answers a first request with 500"):
        shift(management, order("new", update="canary"), lambda _s: front.broken.add("new"))

    assert shares_put(endpoint)[-2:] == [{"new": 20, "old": 80}, {"old": 100}]
    assert live_traffic(management, ENDPOINT) == {"old": 100}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"deployment": "nowhere"}, "there is no deployment nowhere"),
        ({"instance_type": "Standard_NC48ads_A100_v4"}, "is Standard_NC24ads_A100_v4 in state"),
        ({"endpoint": f"{ENDPOINT}-gone"}, "there is no endpoint chat-gone"),
    ],
)
def test_what_is_not_as_it_should_be_gets_none(endpoint, management, change, said):
    with pytest.raises(Unhealthy, match=re.escape(said)):
        shift(management, order(**change))

    assert live_traffic(management, ENDPOINT) == {}


def test_traffic_that_azure_says_it_took_and_did_not_is_told(endpoint, management):
    shift(management, order("old"))
    endpoint.forgets_traffic = True

    with pytest.raises(Unhealthy, match="and says it is"):
        shift(management, order("new"))


@pytest.mark.parametrize("fault", [throttled("onlineEndpoints/chat$", 3), conflicting("chat$", 2)])
def test_throttling_and_conflicts_are_waited_out(endpoint, management, fault):
    endpoint.faults.append(fault)

    assert shift(management, order("old")) == {"old": 100}
    assert fault.times == 0


def test_a_change_that_comes_to_nothing_is_told_with_azures_reason(endpoint, management):
    endpoint.faults.append(Fault("PUT", "chat$", "InternalServerError", "it broke", late=True))

    with pytest.raises(Unhealthy, match="InternalServerError: it broke"):
        shift(management, order("old"))


def test_who_may_not_is_told_which_role_gives_the_right(endpoint, management):
    said = "does not have authorization to perform action 'onlineEndpoints/write'"
    endpoint.faults.append(Fault("PUT", "chat$", "AuthorizationFailed", said, status=403))

    with pytest.raises(NoPermission, match="onlineEndpoints/write") as error:
        shift(management, order("old"))

    assert "AzureML Data Scientist" in (error.value.hint or "")


def test_a_token_goes_over_no_open_line():
    with pytest.raises(InvalidInput, match="over an open line"):
        Management("http://example.com", lambda _scope: TOKEN)


def test_the_provider_stores_its_name_alone():
    stored = base64.b64decode(serialize_provider(TrafficProvider()))

    assert b"llamactl_infra.clouds.azure.traffic" in stored
    assert stored == base64.b64decode(serialize_provider(TrafficProvider()))
    assert len(stored) < 120


def props(**changes):
    told = {
        "endpoint": ENDPOINT,
        "deployment": "old",
        "instance_type": SIZE,
        "auth_mode": "Key",
        "public_access": "Enabled",
        "identity": IDENTITY,
        "tags": {"llamactl:owner": "me"},
        "content": "1",
        "update": "all-at-once",
        "percent": 20.0,
        "bake_s": 60.0,
        "model": "m",
    }
    return told | changes


def test_the_resource_is_made_read_changed_and_taken_away(endpoint):
    provider = TrafficProvider()

    made = provider.create(props())
    read = provider.read(made.id, made.outs)
    changed = provider.update(made.id, made.outs, props(deployment="new"))
    provider.delete(made.id, changed.outs)

    assert read.outs["traffic"] == {"old": 100}
    assert changed.outs["traffic"] == {"new": 100}
    assert endpoint.traffic(ENDPOINT) == {}


def test_settings_and_traffic_go_in_one_put_and_tags_alone_by_a_patch(endpoint):
    provider = TrafficProvider()
    made = provider.create(props())
    asked = len(endpoint.bodies)

    tagged = provider.update(made.id, made.outs, props(tags={"llamactl:expires-on": "2027-01-31"}))
    provider.update(made.id, tagged.outs, {**tagged.outs, "auth_mode": "AADToken"})

    patched, put = (body for _, body in endpoint.bodies[asked:])
    assert patched == {"tags": {"a": "b", "llamactl:expires-on": "2027-01-31"}}
    assert put["properties"]["authMode"] == "AADToken"
    assert put["properties"]["traffic"] == {"old": 100}


def test_settings_that_are_right_are_only_looked_at(endpoint):
    provider = TrafficProvider()
    made = provider.create(props())
    asked = len(endpoint.bodies)

    provider.update(made.id, made.outs, props(bake_s=1.0))

    assert len(endpoint.bodies) == asked


def test_a_deployment_that_has_failed_is_put_again_as_it_is(endpoint):
    provider = TrafficProvider()
    made = provider.create(props())
    deployment = endpoint.store.need(f"{ENDPOINT}/deployments/old")
    deployment["properties"]["provisioningState"] = "Failed"
    deployment["sku"]["capacity"] = 3

    read = provider.read(made.id, made.outs)
    mended = provider.update(made.id, read.outs, props())

    now = endpoint.store.need(f"{ENDPOINT}/deployments/old")
    assert provider.diff(made.id, read.outs, props()).changes is True
    assert provider.diff(made.id, mended.outs, props()).changes is False
    assert (now["properties"]["provisioningState"], now["sku"]["capacity"]) == ("Succeeded", 3)


def test_without_an_endpoint_there_is_no_traffic(azure):
    provider = TrafficProvider()

    assert provider.read("x", props()).id == ""
    provider.delete("x", props())


@pytest.mark.parametrize(
    ("olds", "news", "changes"),
    [
        ({}, {}, False),
        ({}, {"deployment": "new"}, True),
        ({}, {"auth_mode": "AADToken"}, True),
        ({}, {"tags": {"llamactl:owner": "you"}}, True),
        ({"has_failed": True}, {}, True),
        ({}, {"content": "2"}, True),
        ({"traffic": {"old": 50.0, "new": 50.0}}, {}, True),
        ({"traffic": {"old": 100.0, "new": 0.0}}, {}, False),
        ({"traffic": {}}, {}, True),
        ({"bake_s": 1.0}, {"bake_s": 2.0, "percent": 5.0}, False),
    ],
)
def test_what_is_a_change(olds, news, changes):
    before = props(traffic={"old": 100.0}) | olds

    assert TrafficProvider().diff("x", before, props(**news)).changes is changes
