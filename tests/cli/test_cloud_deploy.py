"""Deploying to a cloud: the stages and how each can fail, on a ground that does as it is told."""

import json
import re
from dataclasses import replace

import pytest

from cli.deploying_room import ORDER
from llamactl.commands.list import record
from llamactl.pipeline.cloud import deploy_cloud
from llamactl_catalog.errors import (
    InvalidInput,
    LlamactlError,
    NoCapacity,
    NoInstances,
    NoPermission,
    NoQuota,
    NotFound,
    RolePending,
    StillBusy,
    Unhealthy,
)
from llamactl_infra.live.cloud import Finding, LiveEndpoint
from llamactl_infra.stacks.locks import Owner, StackLocked
from standins.azure_scoring import KEY, AzureScoring
from standins.chat_server import ChatServer, Reply
from standins.deploying import GroundStandIn, PreviewStandIn, failing
from standins.live_cloud import RUNNING, LiveCloudStandIn

FAILED = LiveEndpoint("failed", reason="ResourceNotReady: the container has crashed")
GONE_OWNER = Owner("alice", "host", 4242, "2026-11-22T10:00:00Z", runs=False)
CUDA = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB"


@pytest.fixture
def app(deploying_app):
    return deploying_app


@pytest.fixture
def server():
    with ChatServer(Reply(pieces=("Good", " day."))) as running:
        yield running


@pytest.fixture
def ground(server):
    """A cloud that is well, with an endpoint behind its key."""
    with AzureScoring(server.url) as front:
        yield GroundStandIn(url=front.url, cloud=LiveCloudStandIn(key=KEY))


def error_of(app, order, ground):
    with pytest.raises(LlamactlError) as caught:
        deploy_cloud(app, order, ground)
    return caught.value


def test_a_model_goes_from_nothing_to_a_streamed_answer(app, ground, server, capsys):
    found = deploy_cloud(app, ORDER, ground)

    assert (found.name, found.state, found.endpoint) == ("chat", "running", ground.url)
    assert server.requests[0].body["stream"] is True
    told = capsys.readouterr().err
    stages = [line.split()[1] for line in told.splitlines() if line.startswith("✓")]
    assert [each for each in stages if each != "image"] == [
        "plan", "license", "account", "check", "stack", "up", "verify", "answer",
    ]  # fmt: skip
    assert "first token after" in told


def test_the_record_of_it_is_that_of_a_list(app, ground):
    found = deploy_cloud(app, ORDER, ground)

    told = record(found)
    assert json.loads(json.dumps(told, default=str))["endpoint"] == ground.url
    assert KEY not in str(told)


def test_the_page_is_shown_before_anything_is_made(app, ground, capsys):
    deploy_cloud(app, ORDER, ground)

    told = capsys.readouterr().err
    assert told.index("guards") < told.index("✓ up")
    assert "an hour" in told


def test_without_a_yes_and_nobody_to_ask_nothing_is_made(app, ground):
    error = error_of(app, replace(ORDER, yes=False), ground)

    assert isinstance(error, InvalidInput)
    assert "--yes" in error.hint
    assert ground.happened == []


def test_a_name_of_a_deployment_on_this_machine_is_refused(app, ground):
    (app.local()._state.deployments / "chat").mkdir(parents=True)  # noqa: SLF001 - as it keeps them

    error = error_of(app, ORDER, ground)

    assert (error.exit_code, ground.happened) == (2, [])
    assert "--name" in error.hint


def test_what_fails_beforehand_is_told_all_at_once_and_nothing_is_made(app, ground, capsys):
    quota = NoQuota("too little quota: 48 needed, 24 free", hint="ask for more")
    role = NoPermission("no permission to write", hint="grant it")
    ground.cloud.checks = lambda spec, standing=None: iter([
        Finding("region", "unknown", "throttled"),
        Finding("quota", "failed", quota.message, quota),
        Finding("permissions", "failed", role.message, role),
    ])  # fmt: skip

    error = error_of(app, ORDER, ground)

    told = capsys.readouterr().err
    assert error.exit_code == 4
    assert "✗ check" in told
    assert re.search("unknown +region +throttled", told)
    assert "no permission to write" in told
    assert "grant it" in told
    assert ground.happened == []


def test_missing_credentials_are_met_before_anything_else_of_the_cloud(app, ground):
    def nobody(_meant=None):
        raise NoPermission("no credentials", hint="sign in")

    ground.cloud.account = nobody

    assert (error_of(app, ORDER, ground).exit_code, ground.happened) == (10, [])


def test_a_failed_container_is_explained_by_its_last_words(app, ground, capsys):
    ground.cloud.lines = ("loading", f"\x1b[31m{CUDA}\x1b[0m", "shutting down")
    failure = Unhealthy("online deployment chat: ResourceNotReady: it did not answer", hint="logs")
    ground.ups = [failing(failure, ground, FAILED)]

    error = error_of(app, ORDER, ground)

    told = capsys.readouterr().err
    assert error.exit_code == 8
    assert "llamactl plan" in error.hint
    assert "the same command continues; llamactl destroy chat removes" in error.hint
    assert f"    [31m{CUDA}[0m" in told
    assert "\x1b" not in told
    assert "2 resources (role, endpoint)" in told
    assert "an hour until it is removed" in told


def test_an_error_that_says_why_shows_no_log(app, ground, capsys):
    ground.cloud.lines = ("hello",)
    ground.ups = [failing(NoQuota("OutOfQuota: no", hint="ask"), ground, FAILED)]

    error_of(app, ORDER, ground)

    assert "last words" not in capsys.readouterr().err


def test_an_update_that_the_cloud_took_back_is_no_success(app, ground):
    ground.cloud.differs = ("runs image a, asked for b: AutoRollback: alarm",)

    error = error_of(app, ORDER, ground)

    assert error.exit_code == 8
    assert "AutoRollback: alarm" in error.message
    assert ground.happened[-1] == "refresh"


def test_an_endpoint_that_still_loads_is_waited_for(app, ground, server, capsys):
    replies = [Reply(status=503, refusal="loading"), Reply(status=503, refusal="loading")]
    server.reply = lambda _request: replies.pop() if replies else Reply()

    found = deploy_cloud(app, ORDER, ground)

    assert found.state == "running"
    assert ground.paused_s > 0


def test_an_endpoint_that_never_answers_is_unhealthy(app, ground, server):
    server.reply = Reply(status=503, refusal="loading")

    error = error_of(app, replace(ORDER, timeout_s=10), ground)

    assert error.exit_code == 8
    assert "--timeout" in error.hint


def test_without_fallback_the_hint_names_the_next_placement(app, ground):
    ground.ups = [NoQuota("OutOfQuota: 0 cores", hint="ask for more")]

    error = error_of(app, ORDER, ground)

    assert error.exit_code == 4
    assert "--fallback goes on with the next: " in error.hint
    assert ground.happened.count("up") == 1


def test_fallback_removes_what_failed_and_takes_the_next(app, ground, capsys):
    ground.ups = [NoInstances("OutOfCapacity: none free")]

    found = deploy_cloud(app, replace(ORDER, fallback=True), ground)

    told = capsys.readouterr().err
    assert found.state == "running"
    assert [each.split()[0] for each in ground.happened] == [
        "configure", "up", "remove", "configure", "up",
    ]  # fmt: skip
    assert "was not to be had: OutOfCapacity: none free" in told
    assert "--fallback: going on with" in told


def test_fallback_at_its_end_tells_what_was_tried(app, ground):
    kinds = ("Standard_NC24ads_A100_v4", "Standard_NC48ads_A100_v4")
    order = replace(ORDER, fallback=True, instance_types=kinds, regions=("eastus",))
    ground.ups = [NoQuota("OutOfQuota: first"), NoInstances("OutOfCapacity: second")]

    error = error_of(app, order, ground)

    assert error.exit_code == 5
    assert "2 placements were tried" in error.message
    for words in ("first", "second", *kinds):
        assert words in error.message


def test_what_an_earlier_run_had_begun_is_waited_for_and_then_gone_on_with(app, ground, capsys):
    ground.ups = [StillBusy('Cannot update in-progress endpoint "chat"')]
    ground.cloud.seen = [LiveEndpoint("updating", doing="2 of 4 parts"), RUNNING]

    found = deploy_cloud(app, ORDER, ground)

    assert found.state == "running"
    assert ground.happened.count("up") == 2
    assert ground.paused_s == 10.0


def test_a_network_that_fails_is_no_reason_to_go_elsewhere(app, ground):
    ground.ups = [NoCapacity("dial tcp: no such host")]

    error_of(app, replace(ORDER, fallback=True), ground)

    assert ground.happened.count("up") == 1


def test_an_interrupt_says_what_stands_and_how_to_go_on(app, ground, capsys):
    ground.ups = [KeyboardInterrupt()]

    with pytest.raises(KeyboardInterrupt):
        deploy_cloud(app, ORDER, ground)

    told = capsys.readouterr().err
    assert "2 resources" in told
    assert "The same command continues; llamactl destroy chat removes what stands." in told


def test_an_interrupt_before_anything_is_set_says_that_nothing_stands(app, ground, capsys):
    def empty(_name):
        raise NotFound("the stack 'chat' holds no deployment")

    ground.ups, ground.deployment = [KeyboardInterrupt()], empty

    with pytest.raises(KeyboardInterrupt):
        deploy_cloud(app, ORDER, ground)

    assert "Nothing of 'chat' stands." in capsys.readouterr().err


def test_another_runs_lock_is_left_to_it(app, ground):
    owner = replace(GONE_OWNER, runs=True)
    ground.ups = [StackLocked("chat", owner)]

    error = error_of(app, ORDER, ground)

    assert "alice@host, process 4242" in error.message
    assert "unlock" not in ground.happened


@pytest.mark.parametrize(
    ("runs", "given"),
    [(True, {"unlock": True, "force_unlock": True}), (None, {"unlock": True})],
    ids=["running", "on another machine"],
)
def test_unlock_leaves_a_lock_whose_run_may_be_there(app, ground, runs, given):
    ground.ups = [StackLocked("chat", replace(GONE_OWNER, runs=runs))]

    error_of(app, replace(ORDER, **given), ground)

    assert "unlock" not in ground.happened


def test_force_unlock_clears_the_lock_of_another_machine(app, ground):
    ground.ups = [StackLocked("chat", replace(GONE_OWNER, runs=None))]

    deploy_cloud(app, replace(ORDER, force_unlock=True), ground)

    assert "unlock" in ground.happened


def test_a_lock_that_was_left_is_cleared_by_unlock(app, ground):
    ground.ups = [StackLocked("chat", GONE_OWNER)]

    deploy_cloud(app, replace(ORDER, unlock=True), ground)

    assert [each.split()[0] for each in ground.happened] == [
        "configure", "up", "unlock", "configure", "up",
    ]  # fmt: skip


def test_a_preview_prints_the_diff_and_the_cost_and_leaves_all_as_it_was(app, ground, capsys):
    ground.previewed = PreviewStandIn(text="+ azure-native:Endpoint: (create)")

    found = deploy_cloud(app, replace(ORDER, preview=True, yes=False), ground)

    told = capsys.readouterr().out
    assert found is None
    assert "+ azure-native:Endpoint: (create)" in told
    assert told.splitlines()[-1].startswith("cost: $0.00 -> $")
    assert "up" not in ground.happened
    assert ground.specs == {}


def test_a_preview_in_json_has_the_changes_and_the_cost(app, ground, capsys):
    deploy_cloud(app, replace(ORDER, preview=True, as_json=True), ground)

    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["usd_per_hour_before"]) == ("chat", 0.0)
    assert told["usd_per_hour_after"] > 0


def test_what_is_busy_is_told_while_the_engine_waits(app, ground, capsys, monkeypatch):
    import threading

    from llamactl.pipeline.bringing_up import bring_up
    from llamactl_catalog.progress import Step

    heard: list[str] = []
    seen = threading.Event()

    def report(step: Step) -> None:
        heard.append(step.text)
        if "warms up" in step.text:
            seen.set()

    ground.cloud.seen = [
        NoPermission("throttled"),
        LiveEndpoint("creating", doing="pulls the image"),
        LiveEndpoint("creating", doing="warms up"),
    ]
    ground.ups = [lambda: (seen.wait(10), ())[1]]
    spec = _any_spec(app, ground)

    bring_up(ground.stack("chat", report), ground.cloud, spec, report, poll_every_s=0.01)

    assert "creating endpoint chat: pulls the image" in heard
    assert heard[-1] == "creating endpoint chat: warms up"


def test_what_a_new_role_does_not_allow_yet_is_tried_again_and_not_for_ever(app, ground):
    from llamactl.pipeline.bringing_up import bring_up

    heard: list[str] = []
    spec = _any_spec(app, ground)
    refused = RolePending("may not pull")
    stack = ground.stack("chat", lambda _step: None)

    ground.ups = [refused, ()]
    bring_up(stack, ground.cloud, spec, lambda step: heard.append(step.text), poll_every_s=0)
    tries = ground.happened.count("up")
    ground.ups = [refused] * 20
    with pytest.raises(RolePending):
        bring_up(stack, ground.cloud, spec, lambda _step: None, poll_every_s=0)

    assert tries == 2
    assert any("does not count yet: waiting" in each for each in heard)
    assert ground.happened.count("up") == tries + 11


def _any_spec(app, ground):
    other = GroundStandIn(url=ground.url, cloud=LiveCloudStandIn(key=KEY, seen=[RUNNING]))
    deploy_cloud(app, ORDER, other)
    return other.specs["chat"]
