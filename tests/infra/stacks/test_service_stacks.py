"""Stacks that Pulumi Cloud keeps, read by its API without Pulumi."""

import json
from pathlib import Path

import pytest

from infra.stacks.conftest import spec_of
from llamactl_infra.stacks.checkpoints import Checkpoints, config_in, text_of
from llamactl_infra.stacks.place import StackPlace
from llamactl_infra.stacks.reading import StackReader
from llamactl_infra.stacks.service_stacks import ServiceStacks, account_of
from llamactl_infra.stacks.store_choice import store_of
from llamactl_infra.stacks.unchanged import is_unchanged, run_message
from llamactl_infra.stacks.yaml_values import NotReadable
from standins.pulumi_service import ORGANIZATION, TOKEN, PulumiService, Stack

RECORDED = Path(__file__).parent / "recorded"
STATE = json.loads((RECORDED / "chat.json").read_text())["checkpoint"]["latest"]
CHAT = (ORGANIZATION, "llamactl", "chat")
SPEC = spec_of(usd_per_hour=1.5)


def unasked():
    raise AssertionError("Pulumi was asked")


@pytest.fixture
def service():
    with PulumiService() as running:
        running.stacks[CHAT] = Stack([{"resources": []}, STATE])
        yield running


@pytest.fixture
def place(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text('{"name": "llamactl", "runtime": "python"}')
    (tmp_path / "Pulumi.chat.yaml").write_bytes((RECORDED / "Pulumi.chat.yaml").read_bytes())
    return StackPlace(tmp_path, None)


@pytest.fixture
def home(tmp_path):
    """The folder in which Pulumi keeps what it knows of its user."""
    folder = tmp_path / ".pulumi"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(service, home):
    return {**service.environment, "PULUMI_HOME": str(home)}


@pytest.fixture
def store(place, environment):
    return store_of(place, environment)


def test_a_stack_is_read_whole_without_pulumi(store, place):
    kept = StackReader(place, store, unasked).one("chat", "read")

    assert isinstance(store, ServiceStacks)
    assert kept.spec == SPEC
    assert kept.outputs["url"].endswith("/endpoints/chat/invocations")
    assert (kept.problem, kept.is_unfinished) == (None, False)


def test_all_pages_are_named_and_only_what_a_short_name_means(store, service):
    for each in ("a", "b", "d"):
        service.stacks[ORGANIZATION, "llamactl", each] = Stack()
    service.stacks["jane", "llamactl", "own"] = Stack()
    service.stacks[ORGANIZATION, "other", "theirs"] = Stack()

    assert store.names() == ("a", "b", "chat", "d")


def test_a_stack_that_nothing_was_run_on_has_an_empty_state(store, service):
    service.stacks[CHAT] = Stack()

    assert store.state("chat") == {}


def test_the_settings_of_a_colleague_are_those_of_the_last_run(store, service, place):
    (place.folder / "Pulumi.chat.yaml").unlink()
    plain = {f"llamactl:{key}": text for key, text in SPEC.to_config().items()}
    values = {key: {"string": text, "secret": False} for key, text in plain.items()}
    values["llamactl:hub_token"] = {"string": "AAAB", "secret": True}
    service.stacks[CHAT].last = update(values)

    kept = StackReader(place, store, unasked).one("chat")

    assert kept.spec == SPEC


def update(config, **changes):
    """The service's word of the last update."""
    told = {"kind": "update", "result": "succeeded", "message": run_message(None), "version": 2}
    return {**told, "environment": {}, "config": config} | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 1},
        {"kind": "refresh"},
        {"result": "failed"},
        {"message": "by hand"},
        {"environment": {"stack.environments": '[{"id": "e"}]'}},
    ],
)
def test_that_nothing_changed_is_known_from_the_history(store, service, place, changes):
    config = config_in(place.folder, "chat").items()
    values = {key: {"string": text_of(each), "secret": False} for key, each in config}

    service.stacks[CHAT].last = update(values)
    assert is_unchanged(SPEC, place, store)

    service.stacks[CHAT].last = update(values, **changes)
    assert not is_unchanged(SPEC, place, store)


def test_settings_that_the_service_keeps_are_left_to_pulumi(store, service):
    service.stacks[CHAT].environment = "acme/chat"

    with pytest.raises(NotReadable):
        store.require_settings_file("chat")


def test_who_is_not_signed_in_is_left_to_pulumi(place, environment):
    store = store_of(place, {**environment, "PULUMI_ACCESS_TOKEN": "pul-another"})

    with pytest.raises(NotReadable):
        store.names()


def test_a_service_without_a_default_organization_is_left_to_pulumi(store, service):
    service.default_organization = None

    with pytest.raises(NotReadable):
        store.state("chat")


def test_a_service_that_does_not_answer_is_left_to_pulumi(place, environment):
    store = store_of(place, {**environment, "PULUMI_BACKEND_URL": "http://127.0.0.1:1"})

    with pytest.raises(NotReadable):
        store.names()


def test_the_token_and_the_organization_are_those_of_the_last_login(place, home, service):
    signed_in(home, service.url, {"accessToken": TOKEN, "username": "jane"})
    chosen = {"backends": {service.url: {"defaultOrg": "other"}}}
    (home / "config.json").write_text(json.dumps(chosen))
    service.stacks["other", "llamactl", "theirs"] = Stack()

    found = store_of(place, {"PULUMI_HOME": str(home)})

    assert found.names() == ("theirs",)
    assert "/api/user/organizations/default" not in service.asked


def signed_in(home, url, account):
    told = {
        "current": url,
        "accessTokens": {url: account["accessToken"]},
        "accounts": {url: account},
    }
    (home / "credentials.json").write_text(json.dumps(told))


@pytest.mark.parametrize("more", [{"refreshToken": "r"}, {"insecure": True}, {"accessToken": ""}])
def test_what_only_pulumi_signs_in_to_is_left_to_it(place, home, service, more):
    signed_in(home, service.url, {"accessToken": TOKEN} | more)

    with pytest.raises(NotReadable):
        account_of(place, {"PULUMI_HOME": str(home)})


def test_a_token_alone_means_pulumi_cloud(place, home):
    environment = {"PULUMI_HOME": str(home), "PULUMI_ACCESS_TOKEN": TOKEN}

    found = account_of(place, environment)

    assert (found.url, found.token) == ("https://api.pulumi.com", TOKEN)
    assert TOKEN not in repr(found)
    with pytest.raises(NotReadable):
        account_of(place, {**environment, "PULUMI_API": "https://elsewhere"})


def test_a_folder_is_no_service(place, home):
    environment = {"PULUMI_HOME": str(home), "PULUMI_BACKEND_URL": "file:///states"}

    assert account_of(place, environment) is None
    assert isinstance(store_of(place, environment), Checkpoints)
