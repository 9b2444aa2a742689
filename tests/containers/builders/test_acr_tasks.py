"""ACR Tasks against a stand-in that checks each request."""

import pytest

from containers.builders.recipes import TAG, small_context
from llamactl_catalog.errors import NoPermission, NotFound, Unhealthy
from llamactl_catalog.progress import Step, silent
from llamactl_containers.builders.acr_tasks import AcrTasks
from llamactl_containers.registries.acr import acr_login
from llamactl_containers.registries.credentials import Login
from llamactl_containers.registries.oci import Registry
from llamactl_containers.registries.reference import Reference
from standins.azure_registry import DIGEST, LOGIN_SERVER, AzureRegistry, Identity

TARGET = Reference(LOGIN_SERVER, "llamactl/llama-2-7b-chat", TAG)


@pytest.fixture
def azure():
    with AzureRegistry() as running:
        yield running


def tasks(azure, registry: str = LOGIN_SERVER, identity: Identity | None = None) -> AcrTasks:
    who = identity if identity is not None else Identity()
    return AcrTasks(registry, {}, identity=who, management=azure.url, poll_s=0.01)


def test_the_context_is_sent_and_the_digest_read_back(azure, tmp_path):
    built = tasks(azure).build(small_context(), TARGET, tmp_path / "log", silent)

    assert (built.digest, built.run) == (DIGEST, "run1")
    assert azure.context == {each.path: each.content for each in small_context().files}
    assert azure.problems == []


def test_the_order_is_for_amd64_and_pushes_under_the_tag(azure, tmp_path):
    tasks(azure).build(small_context(), TARGET, tmp_path / "log", silent)

    assert azure.order["platform"] == {"os": "Linux", "architecture": "amd64"}
    assert azure.order["imageNames"] == [f"llamactl/llama-2-7b-chat:{TAG}"]
    assert azure.order["isPushEnabled"] is True
    assert azure.order["sourceLocation"] == "source/1.tar.gz"


def test_the_log_is_kept_whole_and_its_steps_are_told(azure, tmp_path):
    steps: list[Step] = []
    log = tmp_path / "log"

    tasks(azure).build(small_context(), TARGET, log, steps.append)

    assert log.read_bytes().startswith(azure.log)
    assert "step 2 of 7: COPY a b" in [each.text for each in steps]


def test_a_run_that_fails_says_why(azure, tmp_path):
    azure.ending = "Failed"
    azure.log = b"pulling\nerror: manifest unknown: tgi:9 is unknown\n"
    log = tmp_path / "log"

    with pytest.raises(NotFound, match="the base image was not found") as caught:
        tasks(azure).build(small_context(), TARGET, log, silent)

    assert str(log) in str(caught.value.hint)


def test_a_run_that_was_cancelled_is_told(azure, tmp_path):
    azure.ending = "Canceled"

    with pytest.raises(Unhealthy, match="ended as canceled"):
        tasks(azure).build(small_context(), TARGET, tmp_path / "log", silent)


def test_an_interrupt_cancels_the_run(azure, tmp_path):
    azure.polls = 1000

    def interrupt(step: Step) -> None:
        if step.text.startswith("step"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tasks(azure).build(small_context(), TARGET, tmp_path / "log", interrupt)

    assert azure.cancelled


def test_a_registry_that_cannot_be_seen_is_told(azure, tmp_path):
    with pytest.raises(NotFound, match=r"no registry others\.azurecr\.io"):
        tasks(azure, "others.azurecr.io").build(small_context(), TARGET, tmp_path / "log", silent)


def test_an_identity_that_is_refused_is_told(azure, tmp_path):
    with pytest.raises(NoPermission, match="The access token is invalid"):
        tasks(azure, identity=Identity("old")).build(
            small_context(), TARGET, tmp_path / "log", silent
        )


def test_the_identitys_token_is_exchanged_for_a_login_that_the_registry_takes(azure):
    identity = Identity()

    login = acr_login(LOGIN_SERVER, identity, base=azure.url)

    assert identity.scopes == ["https://management.azure.com/.default"]
    with Registry(azure.host, login, pause_s=0.01) as registry:
        assert registry.digest("llamactl/x", "1") == DIGEST


def test_a_login_that_the_registry_does_not_take_is_refused(azure):
    with (
        Registry(azure.host, Login("somebody", "else"), pause_s=0.01) as registry,
        pytest.raises(NoPermission, match="authentication required"),
    ):
        registry.digest("llamactl/x", "1")


def test_an_exchange_that_is_refused_names_the_roles(azure):
    with pytest.raises(NoPermission, match="AcrPush"):
        acr_login(LOGIN_SERVER, Identity("old"), base=azure.url)
