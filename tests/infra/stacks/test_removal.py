"""What a removal does between the engine and the cloud: without either."""

import pytest

from infra.stacks.conftest import spec_of
from llamactl_catalog.errors import (
    CleanupIncomplete,
    InvalidInput,
    NoPermission,
    ProgramMissing,
    Unhealthy,
)
from llamactl_infra.live.cloud import Held, LiveEndpoint, Orphan
from standins.live_cloud import RUNNING, LiveCloudStandIn

pytest.importorskip("pulumi", reason="needs the extra 'aws' or 'azure'")
from llamactl_infra.live.waiting import BUSY_LIMIT_S
from llamactl_infra.stacks.locks import StackLocked
from llamactl_infra.stacks.reading import Kept, Resource
from llamactl_infra.stacks.removal import Removal
from llamactl_infra.stacks.removals import Removals
from llamactl_infra.stacks.resources import Named

ROLE = Resource(Named("aws:iam/role:Role", "chat-role"), Held("aws:iam/role:Role", "chat"))
ENDPOINT = Resource(Named("aws:x:Endpoint", "chat-endpoint"), Held("aws:x:Endpoint", "chat"))


class StackStandIn:
    """A stack whose removal fails as often as it is told."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.done = []
        self.is_empty = False

    def destroy(self, cloud, report, *, forget):
        self.done.append("destroy")
        if self.errors:
            raise self.errors.pop(0)

    def adopt(self, orphan, cloud, report):
        self.done.append(f"adopt {orphan.id}")
        if self.is_empty:
            raise InvalidInput("the stack is empty")

    def forget(self):
        self.done.append("forget")


class Bench:
    """A removal with its parts to look at."""

    def __init__(self, folder, live, **changes):
        told = {
            "name": "chat",
            "spec": spec_of(),
            "problem": None,
            "outputs": {},
            "resources": (ENDPOINT, ROLE),
            "created_at": None,
            "is_unfinished": False,
        }
        self.removals = Removals(folder)
        self.waits, self.steps = [], []
        self.removal = Removal(
            Kept(**(told | changes)), "aws", live, self.removals, self.waits.append
        )

    def run(self, stack, standing=()):
        return self.removal.run(stack, lambda step: self.steps.append(step.text), lambda: standing)


@pytest.fixture
def live():
    return LiveCloudStandIn()


@pytest.fixture
def bench(tmp_path, live):
    return Bench(tmp_path, live)


def test_it_is_removed_looked_for_and_forgotten(bench, live):
    stack = StackStandIn()

    removed = bench.run(stack)

    assert stack.done == ["destroy", "forget"]
    assert live.looked_for == [(ENDPOINT.held, ROLE.held)]
    assert (removed.resources, removed.unasked) == (2, None)
    assert bench.removals.recall("chat") == ()


def test_what_the_cloud_still_tells_for_a_moment_is_looked_for_again(bench, live):
    live.left[:] = [("endpoint chat", "role chat"), ()]

    bench.run(StackStandIn())

    assert len(bench.waits) == 1
    assert "still there: endpoint chat and 1 more; looking again" in bench.steps


def test_an_endpoint_that_the_state_has_lost_is_removed_with_the_rest(tmp_path, live):
    bench = Bench(tmp_path, live, resources=(ROLE,))
    live.lost = Orphan("aws:sagemaker/endpoint:Endpoint", "chat-endpoint", "chat", {})
    stack = StackStandIn()

    bench.run(stack)

    assert stack.done == ["adopt chat", "destroy", "forget"]


def test_one_that_is_left_of_an_empty_stack_is_deleted_by_its_cloud(tmp_path, live):
    bench = Bench(tmp_path, live, resources=())
    live.lost = Orphan("aws:sagemaker/endpoint:Endpoint", "chat-endpoint", "chat", {})
    stack = StackStandIn()
    stack.is_empty = True

    bench.run(stack)

    assert stack.done == ["adopt chat", "forget"]
    assert "remove orphan" in live.asked


def test_an_endpoint_that_is_still_being_deleted_is_waited_for(bench, live):
    deleting = LiveEndpoint("deleting")
    live.seen[:] = [RUNNING, deleting, deleting, LiveEndpoint("absent")]

    bench.run(StackStandIn())

    assert len(bench.waits) == 1


def test_without_credentials_nothing_is_begun(bench, live):
    live.refuses = NoPermission("no credentials")
    stack = StackStandIn()

    with pytest.raises(NoPermission):
        bench.run(stack)

    assert stack.done == []


def test_a_cloud_that_cannot_be_asked_keeps_the_stack(bench, live):
    live.left[:] = [NoPermission("the token has expired", hint="sign in again")]
    stack = StackStandIn()

    with pytest.raises(CleanupIncomplete) as error:
        bench.run(stack)

    assert "forget" not in stack.done
    assert "cannot be seen: the token has expired" in error.value.message
    assert error.value.hint == "sign in again\n       then llamactl destroy chat goes on"
    assert bench.removals.recall("chat") == (ENDPOINT.held, ROLE.held)


@pytest.mark.parametrize(
    "error",
    [NoPermission("no credentials"), ProgramMissing("no plug-in"), StackLocked("chat", None)],
)
def test_where_nothing_could_be_removed_the_cause_is_the_error(bench, error):
    with pytest.raises(type(error)):
        bench.run(StackStandIn(error), standing=("endpoint chat-endpoint", "role chat-role"))


@pytest.mark.parametrize("error", [NoPermission("not the role"), Unhealthy("it rains")])
def test_where_a_part_is_left_it_is_named_with_the_cause(bench, error):
    with pytest.raises(CleanupIncomplete) as raised:
        bench.run(StackStandIn(error), standing=("role chat-role",))

    assert raised.value.message.startswith("1 thing of 'chat' is still there\n  role chat-role")
    assert error.message in raised.value.message


def test_an_endpoint_that_stays_busy_is_left_to_the_engine_in_the_end(bench, live):
    live.seen[:] = [LiveEndpoint("creating")]
    stack = StackStandIn()

    bench.run(stack)

    assert sum(bench.waits) == BUSY_LIMIT_S
    assert stack.done == ["destroy", "forget"]


def test_what_cannot_be_read_is_not_waited_for(bench, live):
    live.seen[:] = [InvalidInput("no")]

    bench.run(StackStandIn())

    assert bench.waits == []


def test_without_settings_it_is_said_that_nobody_was_asked(tmp_path):
    bench = Bench(tmp_path, None, spec=None, problem="its settings are not here")

    removed = bench.run(StackStandIn())

    assert removed.unasked.startswith("its settings are not here")


def test_a_creation_that_was_cut_off_is_settled_by_the_engine(tmp_path, live):
    stack = StackStandIn()

    Bench(tmp_path, live, resources=(), is_unfinished=True).run(stack)

    assert stack.done == ["destroy", "forget"]


def test_what_was_kept_of_a_removal_may_be_spoiled(tmp_path):
    removals = Removals(tmp_path)
    removals.remember("chat", [ROLE.held])
    (tmp_path / "pulumi" / "removals" / "chat.json").write_text("{")

    assert removals.recall("chat") == ()
    assert removals.remember("chat", [ENDPOINT.held]) == (ENDPOINT.held,)
