"""The real engine on Azure's stand-in: made, left alone, moved to another type, taken away."""

from dataclasses import replace

import httpx
import pytest

pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")

from infra.azure_ml.specs import REGISTRY, SCALED, SMALL, with_own
from infra.azure_ml.stacks import SHARED, up
from llamactl_catalog.errors import LlamactlError
from llamactl_infra.clouds.azure.names import deployment_name
from llamactl_infra.live.azure.cloud import LiveAzure
from llamactl_infra.live.cloud import Held
from standins.azure.faults import failed_health, out_of_quota

pytestmark = pytest.mark.engine

BIGGER = "Standard_NC48ads_A100_v4"
OTHER_IMAGE = f"{SMALL.image.rpartition('@')[0]}@sha256:{'b' * 64}"


def live(azure):
    """The endpoint's deployments, and its traffic."""
    (endpoint,) = azure.endpoints()
    return azure.deployments(endpoint["id"]), azure.traffic(endpoint["id"])


@pytest.mark.engine_smoke
def test_a_preview_makes_nothing(stack, azure):
    asked = len(azure.bodies)
    stack.configure(SCALED)

    preview = stack.preview("azure")

    assert "mistral-traffic" in preview.text
    assert len(azure.bodies) == asked


def test_a_second_up_changes_nothing(stack, azure):
    assert up(stack, SCALED) != ()
    asked = len(azure.bodies)

    assert up(stack, SCALED) == ()

    assert len(azure.bodies) == asked
    names, traffic = live(azure)
    assert traffic == {names[0]: 100}


@pytest.mark.engine_smoke
def test_another_instance_type_is_another_deployment_and_the_old_one_goes(stack, azure):
    up(stack, SMALL)
    (old,), _ = live(azure)

    up(stack, replace(SMALL, instance_type=BIGGER, num_shard=2))

    (new,), traffic = live(azure)
    assert new != old
    assert traffic == {new: 100}
    assert [each.rpartition("/")[2] for each in azure.store.deleted] == [old]


def test_a_deployment_that_does_not_answer_gets_no_traffic(stack, azure):
    up(stack, SMALL)
    (old,), _ = live(azure)
    (front,) = azure.scoring.values()
    changed = replace(SMALL, instance_type=BIGGER, num_shard=2)
    front.broken.add(deployment_name(changed))

    with pytest.raises(LlamactlError):
        up(stack, changed)
    assert live(azure)[1] == {old: 100}

    front.broken.clear()
    up(stack, changed)
    (new,), traffic = live(azure)
    assert traffic == {new: 100}


def test_after_an_update_that_failed_the_settings_from_before_need_nothing_made(stack, azure):
    up(stack, SCALED)
    (old,), _ = live(azure)
    changed = replace(SCALED, image=OTHER_IMAGE)
    (front,) = azure.scoring.values()
    front.broken.add(deployment_name(changed))
    with pytest.raises(LlamactlError):
        up(stack, changed)

    up(stack, SCALED)

    assert live(azure) == ([old], {old: 100})


@pytest.mark.parametrize("fault", [out_of_quota, failed_health])
def test_after_a_fault_the_next_run_goes_on(stack, azure, fault):
    azure.faults.append(fault())

    with pytest.raises(LlamactlError):
        up(stack, SMALL)
    up(stack, SMALL)

    (name,), traffic = live(azure)
    assert traffic == {name: 100}


def test_traffic_that_others_moved_is_moved_back_after_a_refresh(stack, azure):
    up(stack, SMALL)
    (endpoint,) = azure.endpoints()
    endpoint["properties"]["traffic"] = {}

    stack.refresh("azure")
    up(stack, SMALL)

    (name,), traffic = live(azure)
    assert traffic == {name: 100}


def test_a_change_of_the_endpoint_itself_does_not_cost_its_traffic(stack, azure):
    up(stack, SMALL)

    up(stack, replace(SMALL, expires_on="2027-02-28"))

    (name,), traffic = live(azure)
    assert traffic == {name: 100}


def test_a_rolling_update_keeps_the_deployment_and_tries_it(stack, azure):
    rolling = replace(SMALL, update="rolling")
    up(stack, rolling)
    (old,), _ = live(azure)

    (front,) = azure.scoring.values()
    tried = len(front.answered_by)

    up(stack, replace(rolling, environment={"MAX_TOTAL_TOKENS": "4096"}))

    assert live(azure) == ([old], {old: 100})
    assert front.answered_by[tried:] == [old]


def test_destroy_leaves_nothing(stack, azure):
    up(stack, with_own(SCALED, container_registry=REGISTRY))

    stack.destroy("azure")

    own = {SHARED.lower(), REGISTRY.lower()}
    assert set(azure.store.resources) - own == set()


def test_what_was_made_is_seen_as_it_was_asked_for_and_when_it_is_gone(stack, azure):
    live = LiveAzure()
    up(stack, SCALED)
    held = [Held("azure-native:any:Thing", each["id"]) for each in azure.store.resources.values()]
    ours = [each for each in held if each.id not in (SHARED, REGISTRY)]

    assert live.endpoint(SCALED).state == "running"
    assert live.differences(SCALED) == ()
    assert len(live.remains(SCALED, ours)) == len(ours)

    stack.destroy("azure")

    assert live.endpoint(SCALED).state == "absent"
    assert live.remains(SCALED, ours) == ()


def test_an_update_that_failed_is_told_beside_what_answers(stack, azure):
    changed = replace(SMALL, instance_type=BIGGER, num_shard=2)
    up(stack, SMALL)
    azure.faults.append(failed_health())

    with pytest.raises(LlamactlError):
        up(stack, changed)

    live = LiveAzure()
    assert live.endpoint(changed).state == "running"
    assert "answers as before" in (live.endpoint(changed).reason or "")
    assert any("did not come through" in each for each in live.differences(changed))


def test_the_stand_in_asks_who_is_there(azure):
    answer = httpx.get(f"{azure.url}{SHARED}", params={"api-version": "1"})

    assert answer.status_code == 401
