"""The log is that of both containers; to follow gives each line once."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.live.azure.conftest import DEPLOYMENT, SPEC
from infra.live.azure.test_endpoint import NEW, NEXT, add
from llamactl_catalog.errors import NoPermission, NotFound, UnknownDeployment
from llamactl_infra.live.azure.cloud import LiveAzure
from llamactl_infra.live.azure.log import added, read
from standins.azure.faults import Fault

HEAD = [
    "Instance status:",
    "SystemSetup: Succeeded",
    "UserContainerStart: InProgress",
    "Container events:",
    "Kind: Pod, Name: Pulled, Type: Normal, Message: Container image is pulled successfully",
]
CONTENT = "\n".join([*HEAD[:3], "", *HEAD[3:], "", "one", "two: InProgress", "three"])


def test_the_whole_log_has_what_fetched_the_weights_first(deployed, live):
    deployed.logs[f"{DEPLOYMENT}/StorageInitializer"] = "fetching\nfetched\n"
    deployed.logs[DEPLOYMENT] = CONTENT

    lines = list(live.log(SPEC, tail=None, follow=False))

    assert lines == ["fetching", "fetched", *HEAD, "one", "two: InProgress", "three"]


def test_the_tail_is_that_of_all_lines(deployed, live):
    deployed.logs[f"{DEPLOYMENT}/StorageInitializer"] = "fetching\nfetched\n"
    deployed.logs[DEPLOYMENT] = CONTENT

    assert list(live.log(SPEC, tail=2, follow=False)) == ["two: InProgress", "three"]


def test_a_tail_of_nothing_is_nothing(deployed, live):
    assert list(live.log(SPEC, tail=0, follow=False)) == []


def test_a_log_without_a_head_is_all_lines(deployed, live):
    deployed.logs[DEPLOYMENT] = "CUDA out of memory\n"

    assert list(live.log(SPEC, tail=None, follow=False)) == ["CUDA out of memory"]


def test_the_containers_own_lines_may_be_marked():
    told = read("Instance status:\nSystemSetup: Succeeded\n\nContainer logs:\nKind: x\n")

    assert told.lines == ("Kind: x",)


def test_to_follow_is_to_see_each_new_line_once(deployed, environment):
    deployed.logs[DEPLOYMENT] = CONTENT
    comes = iter(["four", "", "four", "five"])

    def wait(_s):
        line = next(comes)
        deployed.logs[DEPLOYMENT] += f"\n{line}" if line else ""

    lines = LiveAzure(environment, pause=wait).log(SPEC, tail=1, follow=True)

    assert list(islice(lines, 4)) == ["three", "four", "four", "five"]


def test_to_follow_says_how_the_instance_gets_on(deployed, environment):
    deployed.logs[DEPLOYMENT] = CONTENT

    def wait(_s):
        deployed.logs[DEPLOYMENT] = CONTENT.replace("InProgress", "Succeeded", 1)

    lines = LiveAzure(environment, pause=wait).log(SPEC, tail=0, follow=True)

    assert list(islice(lines, 1)) == ["UserContainerStart: Succeeded"]


def test_to_follow_ends_with_the_deployment(deployed, deployment, environment):
    deployed.logs[DEPLOYMENT] = "one"

    def wait(_s):
        deployed.store.delete(deployment["id"])

    lines = LiveAzure(environment, pause=wait).log(SPEC, tail=None, follow=True)

    assert list(lines) == ["one"]


def test_a_new_deployment_that_is_not_there_has_the_log_of_the_old_one(deployed, live):
    deployed.logs[DEPLOYMENT] = "old"

    assert list(live.log(NEXT, tail=None, follow=False)) == ["old"]


def test_a_new_deployment_that_failed_has_a_log_of_its_own(deployed, deployment, live):
    add(deployed, deployment, NEW, "Failed")
    deployed.logs |= {DEPLOYMENT: "old", NEW: "CUDA out of memory"}

    assert list(live.log(NEXT, tail=None, follow=False)) == ["CUDA out of memory"]


def test_without_a_workspace_there_is_no_log(live):
    with pytest.raises(NotFound):
        list(live.log(SPEC, tail=None, follow=False))


def test_without_a_deployment_there_is_no_log(deployed, endpoint, deployment, live):
    endpoint["properties"]["traffic"] = {}
    deployed.store.delete(deployment["id"])

    with pytest.raises(UnknownDeployment):
        list(live.log(SPEC, tail=None, follow=False))


def test_a_log_that_may_not_be_read_is_an_error(deployed, live):
    deployed.faults.append(Fault("POST", "/getLogs$", "AuthorizationFailed", "no", 403, times=9))

    with pytest.raises(NoPermission):
        list(live.log(SPEC, tail=None, follow=False))


@given(st.lists(st.text("ab", max_size=1)), st.lists(st.text("cd", min_size=1, max_size=1)))
def test_new_lines_are_those_that_came_to_the_old_ones(before, new):
    assert list(added(before, [*before, *new])) == new


def test_a_window_that_has_moved_on_gives_what_is_new_in_it():
    assert list(added(["a", "b", "c"], ["b", "c", "d"])) == ["d"]
