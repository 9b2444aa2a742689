"""The everyday commands over deployments on clouds and on this machine alike."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from llamactl.app import App
from llamactl.commands.destroy import command as destroy
from llamactl.commands.endpoint import command as endpoint
from llamactl.commands.list import command as list_all
from llamactl.commands.logs import command as logs
from llamactl.commands.status import command as status
from llamactl.deployments import require_free
from llamactl.main import run
from llamactl.pipeline.cloud_removal import page
from llamactl_catalog.errors import InvalidInput, NoPermission, ProgramMissing, UnknownDeployment
from llamactl_infra.deployment import CloudFacts, Deployment, kinds_of
from llamactl_infra.stacks.known_endpoint import KnownEndpoint
from llamactl_infra.stacks.removal import Removed

URL = "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/chat/invocations"
FACTS = CloudFacts(
    image="registry/tgi@sha256:1",
    image_digest="sha256:1",
    revision="abc",
    instances=2,
    min_instances=1,
    max_instances=4,
    owner="jane",
    expires_on="2020-01-31",
    slot=None,
    resources=("endpoint chat-endpoint", "metric alarm a", "metric alarm b"),
)


def deployment(**changes):
    told = {
        "name": "chat",
        "model": "mistral-7b-instruct-v0.2",
        "cloud": "aws",
        "region": "us-east-1",
        "instance_type": "ml.g5.2xlarge",
        "engine": "tgi",
        "state": "running",
        "reason": None,
        "endpoint": URL,
        "usd_per_hour": 3.03,
        "created_at": datetime(2026, 11, 22, tzinfo=UTC),
        "pid": None,
        "context_tokens": 4096,
        "log_path": None,
        "auth": "sigv4",
        "cloud_facts": FACTS,
    }
    return Deployment(**(told | changes))


class StacksStandIn:
    """The clouds' target: what is there is told to it, what was asked of it is kept."""

    def __init__(self, *found, trouble=None):
        self.found = found
        self.trouble = trouble
        self.key = None
        self.known = None
        self.destroyed = []
        self.outcome = Removed(3)

    def is_in_use(self):
        return True

    def may_know(self, name):
        return True

    def names_seen(self):
        return tuple(each.name for each in self.found)

    def deployments(self):
        if self.trouble is not None:
            raise self.trouble
        return list(self.found)

    def require(self, name):
        self.deployment(name)

    def deployment(self, name, *, closely=True):
        if self.trouble is not None:
            raise self.trouble
        for each in self.found:
            if each.name == name:
                return each
        raise UnknownDeployment(name, self.names_seen())

    def known_endpoint(self, name):
        return self.known

    def standing(self, name):
        return FACTS.resources

    def api_key(self, name):
        return self.key

    def logs(self, name, *, tail, follow):
        self.require(name)
        return iter(["one", "two"][-tail:])

    def destroy(self, name, report, *, unlock):
        self.destroyed.append((name, unlock))
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


class LocalStandIn:
    """This machine, with the names of what runs here."""

    def __init__(self, *found):
        self.found = found

    def names(self):
        return tuple(each.name for each in self.found)

    def deployments(self):
        return list(self.found)


class AppStandIn(App):
    """An app whose targets are given to it."""

    def local(self):
        return LOCALS[self.state_dir]

    def stacks(self):
        return STACKS[self.state_dir]


LOCALS, STACKS = {}, {}
HERE = deployment(
    name="here", cloud="local", region="local", instance_type="this-machine", usd_per_hour=0.0,
    endpoint="http://127.0.0.1:8080", auth="key", cloud_facts=None, log_path=Path("server.log"),
)  # fmt: skip


@pytest.fixture
def given(tmp_path):
    """Run a command where these deployments are."""

    def with_those(*found, here=(), **told):
        LOCALS[tmp_path] = LocalStandIn(*here)
        stacks = STACKS[tmp_path] = StacksStandIn(*found, **told)
        app = AppStandIn(tmp_path, tmp_path)

        def ask(command, *args):
            return CliRunner().invoke(command, list(args), obj=app)

        ask.stacks, ask.app = stacks, app
        return ask

    yield with_those
    LOCALS.pop(tmp_path, None)
    STACKS.pop(tmp_path, None)


def test_both_kinds_are_listed_with_what_they_cost(given):
    result = given(deployment(), here=[HERE])(list_all)

    assert result.stdout.splitlines()[0].split() == [
        *("NAME", "CLOUD", "REGION", "INSTANCE", "TYPE", "STATE", "$/HOUR", "AGE")
    ]
    assert "here  local  local      this-machine   running    0.00" in result.stdout
    assert "chat  aws    us-east-1  ml.g5.2xlarge  running    3.03" in result.stdout


def test_what_should_have_ended_is_said(given):
    assert "chat: was to end on 2020-01-31" in given(deployment())(list_all).stderr


def test_a_price_that_is_not_known_is_no_price(given):
    ask = given(deployment(usd_per_hour=None))

    assert " - " in ask(list_all).stdout
    assert json.loads(ask(list_all, "--json").stdout)[0]["usd_per_hour"] is None


def test_the_list_for_programs_has_the_fields_of_the_public_interface(given):
    (record,) = json.loads(given(deployment())(list_all, "--json").stdout)

    assert list(record) == [
        *("name", "model", "cloud", "region", "instance_type", "state"),
        *("endpoint", "usd_per_hour", "created_at"),
    ]


def test_without_the_engine_what_is_here_is_listed_and_the_rest_is_said(given):
    missing = ProgramMissing("the program 'pulumi' is not installed", hint="install it")

    result = given(deployment(), here=[HERE], trouble=missing)(list_all)

    assert result.exit_code == 0
    assert "here" in result.stdout
    assert "deployments on clouds are not listed: the program 'pulumi'" in result.stderr
    assert "hint: install it" in result.stderr


def test_an_unknown_state_says_why_below_the_table(given):
    result = given(deployment(state="unknown", reason="the token has expired"))(list_all)

    assert "chat: the token has expired" in result.stderr


def test_status_shows_what_there_is_to_know_of_a_cloud(given):
    told = dict(
        line.split(maxsplit=1) for line in given(deployment())(status, "chat").stdout.splitlines()
    )

    assert told["auth"] == "requests signed with the cloud's credentials"
    assert told["instances"] == "2 now, from 1 to 4"
    assert told["image"] == "registry/tgi@sha256:1"
    assert told["resources"] == "3: endpoint, metric alarm (2)"
    assert told["cost"] == "$3.03 an hour"
    assert told["expires"] == "2020-01-31"
    assert told["log"] == "llamactl logs chat"


def test_status_for_programs_has_the_facts_beside_the_rest_and_no_key(given):
    found = json.loads(given(deployment(api_key="secret"))(status, "chat", "--json").stdout)

    assert (found["instances"], found["max_instances"], found["image_digest"]) == (2, 4, "sha256:1")
    assert not {"api_key", "cloud_facts"} & set(found)


def test_an_unknown_name_is_told_with_the_names_of_both_kinds(given):
    result = given(deployment(), here=[HERE])(status, "caht")

    assert result.exception.known == ("chat", "here")


def test_a_name_that_nothing_here_has_is_unknown_without_the_engine_too(given):
    result = given(trouble=ProgramMissing("no engine"), here=[HERE])(status, "caht")

    assert isinstance(result.exception, UnknownDeployment)


def test_the_endpoint_is_the_url_and_nothing_else(given):
    assert given(deployment())(endpoint, "chat").stdout == f"{URL}\n"


def test_an_endpoint_that_the_stack_knows_is_printed_without_a_look_at_its_cloud(given):
    ask = given(trouble=AssertionError("the cloud was asked"))
    ask.stacks.known = KnownEndpoint(URL, "mistral-7b-instruct-v0.2", "sigv4")

    assert ask(endpoint, "chat").stdout == f"{URL}\n"
    assert json.loads(ask(endpoint, "chat", "--json").stdout) == {
        "endpoint": URL, "model": "mistral-7b-instruct-v0.2", "auth": "sigv4",
    }  # fmt: skip


def test_the_endpoint_is_printed_with_a_warning_where_the_state_is_not_known(given):
    result = given(deployment(state="unknown", reason="no network"))(endpoint, "chat")

    assert result.stdout == f"{URL}\n"
    assert "no network" in result.stderr


def test_the_key_is_asked_for_where_one_is_used(given):
    ask = given(deployment(auth="key"))
    ask.stacks.key = "k1"

    assert ask(endpoint, "chat", "--key").stdout == "k1\n"
    assert json.loads(ask(endpoint, "chat", "--json").stdout)["auth"] == "bearer"


def test_where_requests_are_signed_there_is_no_key(given):
    result = given(deployment())(endpoint, "chat", "--key")

    assert isinstance(result.exception, InvalidInput)
    assert "credentials" in result.exception.message


def test_a_log_on_a_cloud_is_read_as_one_here(given):
    assert given(deployment())(logs, "chat", "--tail", "1").stdout == "two\n"


def test_destroy_asks_nobody_where_nobody_is(given):
    ask = given(deployment())

    result = ask(destroy, "chat")

    assert result.exception.exit_code == 2
    assert result.exception.hint == "llamactl destroy chat --yes"
    assert ask.stacks.destroyed == []


def test_destroy_says_what_was_removed_and_looked_for(given):
    ask = given(deployment())

    result = ask(destroy, "chat", "--yes", "--unlock")

    assert ask.stacks.destroyed == [("chat", True)]
    expected = "'chat' is gone: 3 resources removed, and its cloud has nothing of it any more"
    assert expected in result.stderr


def test_destroy_says_where_the_cloud_could_not_be_asked(given):
    ask = given(deployment())
    ask.stacks.outcome = Removed(3, "its settings are not here")

    told = ask(destroy, "chat", "--yes").stderr

    assert "warning: its settings are not here" in told
    assert "has nothing of it" not in told


def test_an_interrupted_destroy_says_what_stands_and_how_to_go_on(given):
    ask = given(deployment())
    ask.stacks.outcome = KeyboardInterrupt()

    told = ask(destroy, "chat", "--yes").stderr

    assert "still there, and charged for as before: endpoint, metric alarm (2)" in told
    assert "llamactl destroy chat goes on where this stopped" in told


@pytest.mark.parametrize("args", [["caht", "--yes"], ["caht"]])
def test_destroy_of_an_unknown_name_begins_nothing(given, args):
    result = given(deployment())(destroy, *args)

    assert isinstance(result.exception, UnknownDeployment)
    assert "✗" not in result.stderr


def test_destroy_of_an_unknown_name_here_begins_nothing(tmp_path, capsys):
    code = run(["--state-dir", str(tmp_path), "destroy", "absent"])

    error = capsys.readouterr().err
    assert code == 12
    assert error == "error: no deployment 'absent'\n hint: llamactl deploy makes one\n"


def test_what_goes_is_told_by_kind_with_its_price():
    lines = page(deployment(reason="its endpoint is being updated"))

    assert lines == [
        "chat  mistral-7b-instruct-v0.2, running",
        "  on     aws, us-east-1, 2 ml.g5.2xlarge, $3.03 an hour now",
        "  state  its endpoint is being updated",
        "  goes   endpoint, metric alarm (2)",
    ]


def test_a_resource_is_counted_by_its_kind():
    assert kinds_of(["role chat-role", "role policy chat-policy"]) == ("role", "role policy")


@pytest.mark.parametrize(("name", "cloud"), [("here", "aws"), ("chat", "local")])
def test_a_name_of_the_other_kind_is_refused(given, name, cloud):
    with pytest.raises(InvalidInput) as error:
        require_free(given(deployment(), here=[HERE]).app, name, cloud)

    assert f"'{name}' is the name of a deployment on" in error.value.message


@pytest.mark.parametrize(("name", "cloud"), [("here", "local"), ("chat", "aws"), ("new", "aws")])
def test_a_name_of_its_own_kind_is_for_the_target_to_judge(given, name, cloud):
    require_free(given(deployment(), here=[HERE]).app, name, cloud)


def test_the_shell_completes_names_of_both_kinds_without_the_engine(tmp_path, monkeypatch):
    (tmp_path / "deployments" / "charlie").mkdir(parents=True)
    project = tmp_path / "pulumi" / "project"
    project.mkdir(parents=True)
    (project / "Pulumi.chat.yaml").write_text("config: {}\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LLAMACTL_STATE_DIR", str(tmp_path))
    parameter = next(each for each in status.params if each.name == "name")
    from llamactl.main import cli

    with cli.make_context("llamactl", ["status", "x"]) as ctx:
        found = parameter.shell_complete(ctx, "cha")

    assert [each.value for each in found] == ["charlie", "chat"]


def test_a_cloud_that_refuses_its_key_is_told(given):
    ask = given(deployment(auth="key"))
    ask.stacks.api_key = _refuse

    assert isinstance(ask(endpoint, "chat", "--key").exception, NoPermission)


def _refuse(_name):
    raise NoPermission("you may not list keys")
