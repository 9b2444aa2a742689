"""Gradual rollouts and schedules on Azure by the real `pulumi`: each step, in its order.

The tests share one deployment, which each of them changes and leaves whole, with all the traffic.
"""

from dataclasses import replace

import pytest

pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
from cli.clouds.azure_room import azure_room
from infra.azure_ml.specs import SCALED, SMALL, with_own
from infra.azure_ml.stacks import Watched
from llamactl_catalog.errors import LlamactlError
from llamactl_infra.clouds.azure.names import deployment_name
from llamactl_infra.spec import Schedule

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One deployment, for all tests."""
    with azure_room(tmp_path_factory.mktemp("shared")) as room:
        room.deploy(SMALL)
        yield room
        room.destroy()
        assert not [each for each in room.azure.store.resources if "/llamas/" in each.lower()]


@pytest.fixture
def standing(shared):
    """The shared deployment; it is left as one, whole and serving."""
    yield shared
    assert shared.azure.problems == []
    shared.serving()


def gradual(room, number, update, **own):
    """A spec of other content, which is rolled out like that."""
    changed = replace(room.spec, update=update, environment={"MAX_TOTAL_TOKENS": str(number)})
    return with_own(changed, bake_s=1, **own)


def shares(seen, endpoint):
    return [each["properties"]["traffic"] for each in seen.bodies(endpoint["id"])]


@pytest.mark.parametrize(
    ("update", "percent", "steps"),
    [("linear", 40, [40, 80, 100]), ("linear", 50, [50, 100]), ("canary", 20, [20, 100])],
)
def test_the_traffic_moves_step_by_step_and_the_old_goes_last(standing, update, percent, steps):
    old, (endpoint,) = standing.serving(), standing.azure.endpoints()
    spec = gradual(standing, 4000 + percent, update, canary_percent=percent)
    seen = Watched(standing.azure)

    standing.deploy(spec)

    new = deployment_name(spec)
    order = seen.of_the_endpoint()
    puts = [("PUT", endpoint["name"])] * len(steps)
    assert order == [("PUT", new), *puts, ("DELETE", old)]
    expected = [{new: each, old: 100 - each} if each < 100 else {new: 100} for each in steps]
    assert shares(seen, endpoint) == expected
    assert standing.serving() == new


@pytest.mark.engine_smoke
def test_a_linear_rollout_that_stops_answering_goes_back_and_is_tried_again(standing):
    old, (endpoint,) = standing.serving(), standing.azure.endpoints()
    spec = gradual(standing, 5000, "linear", canary_percent=50)
    new = deployment_name(spec)
    (front,) = standing.azure.scoring.values()
    front.broken.add(new)
    seen = Watched(standing.azure)

    with pytest.raises(LlamactlError):
        standing.deploy(spec)
    failed = seen.of_the_endpoint()
    assert standing.azure.traffic(endpoint["id"]) == {old: 100}
    front.broken.clear()
    standing.deploy(spec)

    assert ("DELETE", old) not in failed
    assert standing.serving() == new


def test_schedules_and_bounds_come_change_and_go_beside_what_serves(standing):
    name = standing.serving()
    day = Schedule("day", "30 7 * * mon-fri", 2, 4, "W. Europe Standard Time")
    told = []
    for changes in (
        {"min_instances": 1, "max_instances": 3, "schedules": (day,)},
        {"schedules": (replace(day, cron="0 9 * * mon-fri", max_instances=3),)},
        {"schedules": ()},
    ):
        seen = Watched(standing.azure)
        standing.changed(**changes)
        puts = [each for each in seen.changes() if "llm-" in each[1] or each[1] == name]
        told.append(puts)

    scaling = ("PUT", f"{SMALL.name}-{name}")
    assert told == [[scaling], [scaling], [scaling]]
    (found,) = standing.azure.store.of_kind("Microsoft.Insights/autoscaleSettings")
    assert [each["name"] for each in found["properties"]["profiles"]] == ["usual"]


def test_a_scaled_one_is_rolled_out_with_its_schedules_and_there_is_always_a_setting(standing):
    scaled = replace(
        standing.spec,
        instances=2,
        min_instances=1,
        max_instances=4,
        schedules=SCALED.schedules,
    )
    standing.deploy(scaled)
    old = standing.serving()
    spec = gradual(standing, 6000, "linear", canary_percent=50)
    seen = Watched(standing.azure)

    standing.deploy(spec)

    new = deployment_name(spec)
    order = [each for each in seen.changes() if each[1].endswith((old, new))]
    assert order == [
        ("PUT", new),
        ("PUT", f"{SMALL.name}-{new}"),
        ("DELETE", f"{SMALL.name}-{old}"),
        ("DELETE", old),
    ]
    standing.changed(min_instances=None, max_instances=None, schedules=())
    assert standing.azure.store.of_kind("Microsoft.Insights/autoscaleSettings") == []
