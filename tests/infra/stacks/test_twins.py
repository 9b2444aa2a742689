"""What was replaced and not deleted is put in force again where it is wanted."""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.stacks.conftest import spec_of
from llamactl_infra.stacks.twins import content_names, has_replaced, taken_again

ROLE = {"urn": "u::role", "id": "role"}
NEW = {"urn": "u::configuration", "id": "chat-2"}
OLD = {"urn": "u::configuration", "id": "chat-1"}
ENDPOINT = {"urn": "u::endpoint", "id": "chat", "dependencies": ["u::configuration"]}


def gone(resource):
    return {**resource, "delete": True}


def test_what_is_wanted_again_takes_the_place_of_what_had_replaced_it():
    state = {"resources": [ROLE, NEW, ENDPOINT, gone(OLD)]}

    told = taken_again(state, frozenset(["chat-1"]))

    assert told == {"resources": [ROLE, OLD, ENDPOINT, gone(NEW)]}
    assert state == {"resources": [ROLE, NEW, ENDPOINT, gone(OLD)]}


def test_an_id_that_is_a_path_is_known_by_the_name_at_its_end():
    new, old = ({**each, "id": f"/groups/g/{each['id']}"} for each in (NEW, OLD))

    told = taken_again({"resources": [new, gone(old)]}, frozenset(["chat-1"]))

    assert told == {"resources": [old, gone(new)]}


def test_of_several_that_were_replaced_the_wanted_one_is_taken():
    older = {**OLD, "id": "chat-0"}

    told = taken_again({"resources": [NEW, gone(OLD), gone(older)]}, frozenset(["chat-0"]))

    assert told == {"resources": [older, gone(OLD), gone(NEW)]}


@pytest.mark.parametrize("wanted", ["chat-2", "chat-3"])
def test_where_nothing_replaced_is_wanted_the_state_stays(wanted):
    assert taken_again({"resources": [NEW, ENDPOINT, gone(OLD)]}, frozenset([wanted])) is None


def test_what_is_only_deleted_is_let_go():
    assert taken_again({"resources": [gone(OLD)]}, frozenset(["chat-1"])) is None


def test_it_is_told_whether_something_was_replaced():
    assert has_replaced({"resources": [NEW, gone(OLD)]})
    assert not has_replaced({"resources": [NEW]})
    assert not has_replaced({})


def test_other_content_has_another_name():
    names = content_names(spec_of())

    assert len(names) == 2
    assert not names & content_names(spec_of(weights_uri="s3://weights/other/"))
