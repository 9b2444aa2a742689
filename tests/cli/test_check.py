"""`check`: all that can be known beforehand, one line each, with its fix; nothing is made."""

import json

import pytest

from cli.deploying_room import MODEL, ORDER
from llamactl.app import App
from llamactl.pipeline.checking import check_deployment, check_surroundings
from llamactl.pipeline.cloud_order import CloudOrder
from llamactl.pipeline.finding_lines import finding_lines, finding_record, told
from llamactl_catalog.errors import NoPermission, NoQuota, ProgramMissing
from llamactl_infra.live.cloud import Account, Finding
from standins.deploying import GroundStandIn
from standins.live_cloud import LiveCloudStandIn

QUOTA = NoQuota("too little quota: 48 needed, 24 free", hint="ask for more\nor another type")


@pytest.fixture
def app(deploying_app):
    return deploying_app


@pytest.fixture
def ground():
    return GroundStandIn(cloud=LiveCloudStandIn())


def checks(app, ground, order=ORDER):
    return {each.check: each for each in check_deployment(app, ground, order)}


def test_each_thing_is_looked_at(app, ground):
    ground.found = [Finding("engine", "ok", "pulumi 3")]
    ground.cloud.checks = lambda spec, standing=None: iter([Finding("quota", "ok", "48 of 96")])

    found = checks(app, ground)

    assert list(found) == ["placement", "engine", "license", "gate", "driver", "quota"]
    assert {each.state for each in found.values()} == {"ok", "unknown"}
    assert "the token of the" in found["gate"].text
    assert ground.happened == []


def test_a_license_that_is_not_accepted_fails_with_the_command_that_accepts_it(
    tmp_path,
    app,
    ground,
):
    other = App(tmp_path / "s", tmp_path / "c", license_ledger=str(tmp_path / "empty"))

    license_ = checks(other, ground)["license"]

    assert license_.state == "failed"
    assert license_.error.exit_code == 3
    assert "llamactl license accept" in license_.error.hint
    assert other.ledger().records() == ()


def test_a_token_that_was_not_granted_access_fails_before_anything_is_made(
    app,
    ground,
    monkeypatch,
):
    from standins.hub import UNGRANTED

    monkeypatch.setenv("HF_TOKEN", UNGRANTED)

    gate = checks(app, ground)["gate"]

    assert (gate.state, gate.error.exit_code) == ("failed", 6)
    assert UNGRANTED not in f"{gate}"


def test_a_hub_that_does_not_answer_is_unknown(app, ground, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    assert checks(app, ground)["gate"].state == "unknown"


def test_what_no_offer_carries_is_a_failed_placement(app, ground):
    order = CloudOrder(model="llama-2-70b", cloud="azure", instance_types=("Standard_NC6s_v3",))

    (found,) = checks(app, ground, order).values()

    assert (found.check, found.state) == ("placement", "failed")


def test_without_credentials_the_rest_is_still_told(app, ground):
    def nobody(_meant=None):
        raise NoPermission("nobody is signed in", hint="sign in")

    ground.cloud.account = nobody

    found = list(check_deployment(app, ground, CloudOrder(model=MODEL, name="chat")))

    assert [each.check for each in found[:3]] == ["aws", "azure", "placement"]
    assert [each.state for each in found[:3]] == ["failed", "failed", "ok"]


def test_without_a_model_tools_credentials_and_places_are_looked_at(app, ground):
    missing = ProgramMissing("no pulumi", hint="install it")
    ground.found = [Finding("engine", "failed", missing.message, missing)]

    found = list(check_surroundings(app, ground, ("aws", "azure")))

    assert [each.check for each in found] == [
        "engine", "builder", "aws", "azure", "backend", "ledger",
    ]  # fmt: skip


def test_who_is_signed_in_to_one_cloud_may_do_without_another(app, ground):
    answers = [NoPermission("nobody is signed in", hint="sign in"), Account("aws", "1", "me")]

    def account(_meant=None):
        answer = answers.pop()
        if isinstance(answer, NoPermission):
            raise answer
        return answer

    ground.cloud.account = account

    found = {each.check: each for each in check_surroundings(app, ground, ("aws", "azure"))}

    assert (found["aws"].state, found["azure"].state) == ("ok", "unknown")
    assert found["azure"].error.hint == "sign in"


def test_a_line_has_its_fix_below():
    lines = finding_lines(Finding("quota", "failed", "48 needed", QUOTA))

    assert lines == [
        "FAILED   quota            48 needed",
        "                          fix: ask for more",
        "                               or another type",
    ]


def test_a_record_has_the_fix_and_the_exit_code():
    assert finding_record(Finding("quota", "failed", "48 needed", QUOTA)) == {
        "check": "quota",
        "state": "failed",
        "text": "48 needed",
        "fix": QUOTA.hint,
        "exit_code": 4,
    }
    assert finding_record(Finding("region", "ok", "has it"))["exit_code"] == 0


def test_the_exit_code_is_that_of_the_first_failure(capsys):
    role = NoPermission("no", hint="grant it")
    found = [
        Finding("region", "unknown", "throttled"),
        Finding("quota", "failed", QUOTA.message, QUOTA),
        Finding("permissions", "failed", role.message, role),
    ]

    assert told(found, as_json=True) == 4
    assert [each["state"] for each in json.loads(capsys.readouterr().out)] == [
        "unknown", "failed", "failed",
    ]  # fmt: skip


def test_an_unknown_model_is_named(llamactl):
    result = llamactl("check", "lama-2")

    assert result.code == 12
    assert "no model 'lama-2'" in result.err
