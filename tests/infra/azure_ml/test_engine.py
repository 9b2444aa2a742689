"""The real engine on Azure's stand-in: made, left alone, moved to another type, taken away."""

import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")

from infra.azure_ml.specs import REGISTRY, SCALED, SMALL, with_own
from infra.stacks.conftest import package_roots
from llamactl_catalog.errors import LlamactlError
from llamactl_infra.stacks.place import stack_place
from llamactl_infra.stacks.stack import open_stack
from standins.azure import SUBSCRIPTION
from standins.azure.asking import put
from standins.azure.faults import failed_health, out_of_quota

pytestmark = pytest.mark.engine

TESTS = Path(__file__).parents[2]
BIGGER = "Standard_NC48ads_A100_v4"
SHARED = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared"


@pytest.fixture
def stack(tmp_path, azure, monkeypatch):
    """The stack of a deployment; its provider is the stand-in's, its home is empty."""
    programs = tmp_path / "bin"
    programs.mkdir()
    path = programs / "pulumi-resource-azure-native"
    plugin = TESTS / "standins" / "providers" / "azure_native.py"
    roots = os.pathsep.join(map(str, [*package_roots(), TESTS]))
    command = shlex.join(["env", f"PYTHONPATH={roots}", sys.executable, str(plugin)])
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    path.chmod(0o755)
    home = tmp_path / "pulumi-home"
    home.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PULUMI_HOME", str(home))
    monkeypatch.setenv("PULUMI_SKIP_UPDATE_CHECK", "true")
    monkeypatch.setenv("PULUMI_IGNORE_AMBIENT_PLUGINS", "")
    for name in ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, package_roots())))
    put(azure.url, SHARED, {"location": "westeurope"})
    put(azure.url, REGISTRY, {"location": "westeurope", "properties": {}})
    place = stack_place(tmp_path / "state", tmp_path, os.environ, lambda _step: None)
    return open_stack("chat", place)


def up(stack, spec):
    stack.configure(spec)
    return stack.up("azure")


def live(azure):
    """The endpoint's deployments, and its traffic."""
    (endpoint,) = azure.endpoints()
    return azure.deployments(endpoint["id"]), azure.traffic(endpoint["id"])


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
    from llamactl_infra.clouds.azure.names import deployment_name

    front.broken.add(deployment_name(changed))

    with pytest.raises(LlamactlError):
        up(stack, changed)
    assert live(azure)[1] == {old: 100}

    front.broken.clear()
    up(stack, changed)
    (new,), traffic = live(azure)
    assert traffic == {new: 100}


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


def test_the_stand_in_asks_who_is_there(azure):
    answer = httpx.get(f"{azure.url}{SHARED}", params={"api-version": "1"})

    assert answer.status_code == 401
