"""What a deployment on a cloud is said to be, from what is kept and what the cloud says."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.stacks.conftest import spec_of
from llamactl_catalog.errors import NoPermission
from llamactl_infra.capacity import Schedule
from llamactl_infra.live.cloud import Fleet, Held, LiveEndpoint

pytest.importorskip("pulumi", reason="needs the extra 'aws' or 'azure'")
from llamactl_infra.stacks.locks import Owner
from llamactl_infra.stacks.reading import Kept, Resource
from llamactl_infra.stacks.reading import spec_of as spec_from
from llamactl_infra.stacks.resources import Named
from llamactl_infra.stacks.states import deployment_of

ROLE = Resource(Named("aws:iam/role:Role", "chat-role"), Held("aws:iam/role:Role", "chat"))
URL = "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/chat/invocations"
OUTPUTS = {"url": URL, "auth": "sigv4", "cloud": "aws", "image_digest": "sha256:1"}
MADE = datetime(2026, 11, 22, 10, tzinfo=UTC)
OWNER = Owner("jane", "host", 12, "2026-11-22T10:00:00Z", runs=True)


def kept(**changes):
    told = {
        "name": "chat",
        "spec": spec_of(usd_per_hour=2.0, instances=2),
        "problem": None,
        "outputs": OUTPUTS,
        "resources": (ROLE,),
        "created_at": MADE,
        "is_unfinished": False,
    }
    return Kept(**(told | changes))


@pytest.mark.parametrize(
    ("live", "state"),
    [
        ("creating", "deploying"),
        ("updating", "updating"),
        ("running", "running"),
        ("failed", "failed"),
        ("deleting", "deleting"),
    ],
)
def test_the_clouds_word_is_the_state(live, state):
    assert deployment_of(kept(), LiveEndpoint(live)).state == state


@pytest.mark.parametrize("state", ["running", "updating"])
def test_what_runs_or_is_updated_may_be_asked(state):
    assert deployment_of(kept(), LiveEndpoint(state)).may_answer


@pytest.mark.parametrize("state", ["creating", "failed", "deleting", "absent"])
def test_what_does_not_run_is_not_asked(state):
    assert not deployment_of(kept(), LiveEndpoint(state)).may_answer


def test_who_is_let_in_is_known_before_the_engine_has_told_it():
    found = deployment_of(kept(outputs={}), LiveEndpoint("creating"))

    assert found.auth == "sigv4"


def test_what_the_cloud_says_of_a_failure_is_the_reason():
    found = deployment_of(kept(), LiveEndpoint("failed", "no capacity"))

    assert found.reason == "no capacity"


def test_a_creation_says_for_how_long_it_has_been_on():
    since = datetime.now(UTC) - timedelta(minutes=8, seconds=30)

    found = deployment_of(kept(outputs={}), LiveEndpoint("creating", created_at=since))

    assert found.reason.startswith("its endpoint is being created, for 8 min")


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"outputs": {}}, "failed", "was not finished"),
        ({}, "failed", "its endpoint is gone"),
        ({"resources": ()}, "stopped", "nothing of it is there; llamactl destroy chat forgets it"),
        ({"resources": (), "outputs": {}}, "stopped", "nothing of it was made yet"),
        ({"resources": (), "outputs": {}, "is_unfinished": True}, "failed", "was not finished"),
    ],
)
def test_without_an_endpoint_what_is_kept_says_why(changes, state, words):
    found = deployment_of(kept(**changes), LiveEndpoint("absent"))

    assert (found.state, found.endpoint, found.usd_per_hour) == (state, None, 0.0)
    assert words in found.reason


@pytest.mark.parametrize(("outputs", "state"), [({}, "deploying"), (OUTPUTS, "deleting")])
def test_a_run_that_is_on_it_is_named(outputs, state):
    found = deployment_of(kept(outputs=outputs), LiveEndpoint("absent"), OWNER)

    assert found.state == state
    assert found.reason == "process 12 of jane@host is on it since 2026-11-22T10:00:00Z"


@pytest.mark.parametrize(("instances", "price"), [(None, 2.0), (1, 1.0), (3, 3.0), (0, 0.0)])
def test_it_costs_what_runs_now(instances, price):
    found = deployment_of(kept(), LiveEndpoint("running", instances=instances))

    assert found.usd_per_hour == price


PRICES = {("aws", "us-east-1", "ml.g5.12xlarge"): 7.09}


def listed(*place):
    return PRICES.get(place)


def test_after_a_failed_update_it_costs_what_runs_and_not_what_was_asked_for():
    wanted = spec_of(usd_per_hour=1.515, instances=1)
    live = LiveEndpoint("running", instance_type="ml.g5.12xlarge", instances=2)

    found = deployment_of(kept(spec=wanted), live, prices=listed)

    assert found.instance_type == "ml.g5.12xlarge"
    assert found.usd_per_hour == pytest.approx(2 * 7.09)


def test_of_a_type_on_no_list_the_price_is_not_known():
    live = LiveEndpoint("running", instance_type="ml.p9.large", instances=2)

    assert deployment_of(kept(), live, prices=listed).usd_per_hour is None


def test_the_second_fleet_of_an_update_costs_too():
    live = LiveEndpoint("updating", instances=2, beside=(Fleet("ml.g5.12xlarge", 1),))

    assert deployment_of(kept(), live, prices=listed).usd_per_hour == pytest.approx(2.0 + 7.09)


def test_what_it_may_come_to_is_told_with_schedules():
    day = Schedule("day", "0 8 * * 1-5", 40, 40)
    spec = spec_of(usd_per_hour=1.0, schedules=(day,))

    facts = deployment_of(kept(spec=spec), LiveEndpoint("running")).cloud_facts

    assert (facts.min_instances, facts.max_instances, facts.peak_usd_per_hour) == (1, 40, 40.0)


def test_a_price_that_is_not_known_is_none():
    assert deployment_of(kept(spec=spec_of()), LiveEndpoint("running")).usd_per_hour is None


def test_settings_that_are_not_here_leave_the_outputs():
    found = deployment_of(
        kept(spec=None, problem="its settings are not here"),
        NoPermission("its settings are not here"),
    )

    assert (found.cloud, found.state, found.endpoint) == ("aws", "unknown", URL)


def test_a_stack_that_says_of_no_cloud_is_no_deployment():
    assert deployment_of(kept(spec=None, outputs={}), NoPermission("x")) is None


def test_facts_are_those_that_were_applied():
    found = deployment_of(kept(), LiveEndpoint("running", instances=2)).cloud_facts

    assert (found.image_digest, found.instances) == ("sha256:1", 2)
    assert found.resources == ("role chat-role",)


def test_settings_with_a_wrong_part_are_read_without_it():
    told = {**spec_of().to_config(), "threads": "many", "colour": "red"}

    spec, problem = spec_from(told)

    assert spec == spec_of()
    assert "threads" in problem
    assert "colour" in problem


def test_settings_without_what_is_needed_give_no_spec():
    told = {**spec_of().to_config(), "context_tokens": "many"}

    assert spec_from(told)[0] is None
