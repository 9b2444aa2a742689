"""Deployments on clouds, listed, shown and destroyed: in the real engine, over a stand-in."""

import os
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from infra.stacks.conftest import run_of, spec_of
from infra.stacks.test_interruption import killed
from llamactl_catalog.errors import CleanupIncomplete, NoCapacity, NoPermission, UnknownDeployment
from llamactl_catalog.progress import silent
from llamactl_infra.live.cloud import LiveEndpoint
from standins.live_cloud import LiveCloudStandIn
from standins.providers.plugins import FORGOTTEN, engine_environment

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from llamactl_infra.stacks.locks import StackLocked
from llamactl_infra.stacks.stack import existing_stack, open_stack
from llamactl_infra.stacks.target import StackTarget

pytestmark = pytest.mark.engine
TESTS = Path(__file__).parents[2]
PRICED = spec_of(usd_per_hour=1.5, expires_on="2027-01-31")
DESTROY = """
import os, sys
from pathlib import Path
from llamactl_infra.stacks.target import StackTarget
from standins.live_cloud import LiveCloudStandIn
folder = Path(sys.argv[1])
target = StackTarget(folder / "state", folder, os.environ, open_live=LiveCloudStandIn())
try:
    target.destroy("chat", lambda step: print(step.text, flush=True))
except KeyboardInterrupt:
    print("still there: " + ", ".join(target.standing("chat")), flush=True)
    sys.exit(130)
"""


@pytest.fixture
def live():
    """The cloud, as it tells of itself."""
    return LiveCloudStandIn()


@pytest.fixture
def waits():
    """How long was waited each time, by nobody."""
    return []


@pytest.fixture
def target(engine, tmp_path, live, waits):
    return StackTarget(tmp_path / "state", tmp_path, os.environ, open_live=live, pause=waits.append)


@pytest.fixture
def deploy(target):
    """Deploy a spec under a name."""

    def up(name="chat", spec=PRICED):
        stack = open_stack(name, target.place())
        stack.configure(replace(spec, name=name))
        stack.up("aws")
        return stack

    return up


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A deployment that was made once, to be copied: state, settings and cloud."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "cloud").mkdir()
    command = ("cloud_folder", folder / "cloud")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in engine_environment(folder, aws=command).items():
            patch.setenv(name, value)
        for name in FORGOTTEN:
            patch.delenv(name, raising=False)
        stack = open_stack("chat", StackTarget(folder / "state", folder, os.environ).place())
        stack.configure(PRICED)
        stack.up("aws")
    return folder


@pytest.fixture
def deployed(target, made, cloud, tmp_path):
    """The deployment `chat`."""
    shutil.copytree(made / "state", tmp_path / "state")
    shutil.copytree(made / "cloud", cloud.folder, dirs_exist_ok=True)


def steps_of(destroy):
    told = []
    destroy(lambda step: told.append(step.text))
    return told


def test_a_deployment_is_told_with_what_it_costs_and_when_it_was_made(target, deployed, live):
    live.seen[:] = [LiveEndpoint("running", instances=2)]

    (found,) = target.deployments()

    assert (found.name, found.model, found.cloud) == ("chat", PRICED.model, "aws")
    assert (found.region, found.instance_type) == ("us-east-1", "ml.g5.2xlarge")
    assert (found.state, found.usd_per_hour, found.auth) == ("running", 3.0, "sigv4")
    assert found.endpoint.endswith("/endpoints/chat/invocations")
    assert found.created_at.year >= 2026
    assert found.cloud_facts.expires_on == "2027-01-31"
    assert "endpoint chat-endpoint" in found.cloud_facts.resources


def test_several_are_listed_by_name(target, deployed, deploy):
    deploy("another")

    assert [each.name for each in target.deployments()] == ["another", "chat"]


def test_a_cloud_that_refuses_leaves_the_state_unknown_and_says_why(target, deployed, live):
    live.seen[:] = [NoPermission("the token has expired")]

    (found,) = target.deployments()

    assert (found.state, found.reason) == ("unknown", "the token has expired")
    assert found.usd_per_hour == 1.5
    assert found.may_answer


def test_where_what_runs_differs_is_told_of_a_single_one(target, deployed, live):
    live.differs = ("instance_type: ml.g5.xlarge runs",)

    found = target.deployment("chat")

    assert found.cloud_facts.differences == live.differs
    assert target.deployments()[0].cloud_facts.differences is None


def test_an_unknown_name_is_told_with_the_known_ones(target, deployed):
    with pytest.raises(UnknownDeployment) as error:
        target.deployment("caht")

    assert error.value.known == ("chat",)


def test_the_spec_that_was_stored_comes_back_with_its_secrets(target, deploy):
    stack = open_stack("chat", target.place())
    stack.configure(spec_of(hub_token="hf_" + "x"))

    assert target.stored_spec("chat") == spec_of(hub_token="hf_" + "x")
    assert target.stored_spec("other") is None


def test_a_stack_that_was_made_elsewhere_is_told_by_the_backends_history(
    target, deployed, tmp_path
):
    settings = target.place().folder / "Pulumi.chat.yaml"
    settings.unlink()

    assert target.stored_spec("chat") == PRICED
    assert target.deployment("chat").state == "running"
    assert not settings.exists()


def test_looking_does_not_change_which_stack_is_selected(target, deployed, pulumi_program):
    open_stack("other", target.place())

    target.deployments()
    target.deployment("chat")

    place = target.place()
    done = subprocess.run(
        [pulumi_program, "stack", "--show-name"],
        cwd=place.folder,
        env={**os.environ, **place.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "other"


def test_the_log_is_the_clouds(target, deployed, live):
    live.lines = ("one", "two")

    assert list(target.logs("chat", tail=1, follow=False)) == ["two"]


def test_the_key_is_asked_for_when_it_is_needed(target, deployed, live):
    live.key = "the-key"

    assert target.api_key("chat") == "the-key"
    assert "the-key" not in repr(target.deployment("chat"))


def test_destroy_removes_all_and_asks_the_cloud_for_what_the_state_held(
    target, deployed, live, cloud
):
    told = steps_of(lambda report: target.destroy("chat", report))

    assert cloud.everything() == []
    assert "deleting endpoint chat-endpoint" in told
    assert told[-1] == "looking that nothing is left"
    (held,) = live.looked_for
    assert {"aws:sagemaker/endpoint:Endpoint", "aws:iam/role:Role"} <= {each.type for each in held}
    assert "chat" in {each.id for each in held}
    assert not any(each.type.startswith("pulumi:") for each in held)
    assert target.deployments() == []


def test_what_is_left_is_named_and_the_deployment_stays_listed(target, deployed, live, waits):
    live.left[:] = [("log group /aws/x", "alarm y")]

    with pytest.raises(CleanupIncomplete) as error:
        target.destroy("chat", silent)

    assert error.value.exit_code == 9
    assert (
        "2 things of 'chat' are still there\n  log group /aws/x\n  alarm y" in error.value.message
    )
    assert "llamactl destroy chat" in error.value.hint
    assert target.deployments()[0].state == "running"
    assert len(waits) > 1


def test_a_second_destroy_looks_for_all_that_the_first_has_removed(target, deployed, live):
    live.left[:] = [("alarm y",)]
    with pytest.raises(CleanupIncomplete):
        target.destroy("chat", silent)
    live.left[:] = [()]

    target.destroy("chat", silent)

    assert live.looked_for[-1] == live.looked_for[0]
    assert target.deployments() == []


def test_a_resource_that_cannot_be_removed_is_named_with_the_cause(target, deployed, cloud):
    cloud.fails(
        "iam/role:Role", "delete", "AccessDenied: not authorized to perform: iam:DeleteRole"
    )

    with pytest.raises(CleanupIncomplete) as error:
        target.destroy("chat", silent)

    assert "role chat-role" in error.value.message
    assert "iam:DeleteRole" in error.value.message
    assert "endpoint chat-endpoint" not in error.value.message
    target.destroy("chat", silent)
    assert cloud.everything() == []


def test_an_endpoint_that_is_being_updated_is_waited_for(target, deployed, live, waits, cloud):
    busy = LiveEndpoint("updating", doing="moving traffic, step 2 of 3")
    live.seen[:] = [busy, busy, LiveEndpoint("running")]

    told = steps_of(lambda report: target.destroy("chat", report))

    assert told[0].startswith("moving traffic, step 2 of 3; it can be removed when that has ended")
    assert len(waits) == 2
    assert cloud.everything() == []


def test_a_stack_whose_resources_are_all_gone_is_forgotten(target, deployed, live, cloud):
    existing_stack("chat", target.place()).destroy("aws", forget=False)
    live.seen[:] = [LiveEndpoint("absent")]
    assert target.deployments()[0].state == "stopped"
    before = cloud.operations()

    target.destroy("chat", silent)

    assert target.deployments() == []
    assert cloud.operations() == before


def test_a_stack_that_holds_no_deployment_is_said_and_forgotten(target):
    open_stack("empty", target.place())
    told = []

    assert target.deployments(lambda step: told.append(step.text)) == []
    target.destroy("empty", silent)

    assert told == ["the stack 'empty' holds no deployment"]
    assert target.stored_spec("empty") is None


def test_settings_that_were_spoiled_by_hand_keep_nothing_from_being_removed(
    target, deployed, cloud, live
):
    settings = target.place().folder / "Pulumi.chat.yaml"
    settings.write_text(settings.read_text().replace('num_shard: "1"', "num_shard: many"))

    found = target.deployment("chat")
    target.destroy("chat", silent)

    assert "num_shard" in found.reason
    assert cloud.everything() == []


def test_a_destroy_of_an_unknown_name_is_refused(target, deployed):
    with pytest.raises(UnknownDeployment):
        target.destroy("caht", silent)


@pytest.fixture
def slow_destroy(deployed, cloud, tmp_path, monkeypatch):
    """A destroy of its own that is at the endpoint, which takes its time."""
    cloud.is_slow("sagemaker/endpoint:Endpoint", "delete", 6)
    path = os.pathsep.join([os.environ["PYTHONPATH"], str(TESTS)])
    monkeypatch.setenv("PYTHONPATH", path)
    with run_of(DESTROY, tmp_path, cloud, "delete aws:sagemaker/endpoint:") as run:
        yield run


def test_an_interrupt_says_what_stands_and_a_second_destroy_goes_on(slow_destroy, target, cloud):
    slow_destroy.send_signal(signal.SIGINT)
    out, _ = slow_destroy.communicate(timeout=60)

    assert slow_destroy.returncode == 130
    standing = out.splitlines()[-1]
    assert "role chat-role" in standing
    assert "endpoint chat-endpoint" not in standing
    target.destroy("chat", silent)
    assert cloud.everything() == []


def test_another_run_is_seen_and_refused(slow_destroy, target, live):
    live.seen[:] = [LiveEndpoint("absent")]

    (found,) = target.deployments()

    assert found.state == "deleting"
    assert "is on it since" in found.reason
    with pytest.raises(NoCapacity):
        target.destroy("chat", silent)


def test_the_lock_of_a_killed_run_is_cleared_when_that_is_asked_for(slow_destroy, target, cloud):
    killed(slow_destroy)
    with pytest.raises(StackLocked) as error:
        target.destroy("chat", silent)
    assert "--unlock" in error.value.hint

    target.destroy("chat", silent, unlock=True)

    assert cloud.everything() == []
    assert target.deployments() == []


def test_the_lock_of_a_run_that_is_there_is_never_cleared(slow_destroy, target):
    with pytest.raises(StackLocked) as error:
        target.destroy("chat", silent, unlock=True, force=True)

    assert error.value.owner.runs is True
    assert slow_destroy.poll() is None


def test_to_unlock_what_is_not_locked_does_no_harm(target, deployed, live, cloud):
    live.seen[:] = [LiveEndpoint("absent")]

    target.destroy("chat", silent, unlock=True)

    assert cloud.everything() == []
