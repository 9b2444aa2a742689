"""A record's content: it reads back as it was, and what is wrong with it is told whole."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.acceptances import LLAMA_2
from llamactl_catalog.licensing.acceptance import (
    Acceptance,
    AcceptedModel,
    AcceptedText,
    Act,
    AnsweredCondition,
    CiRun,
    Person,
    PolicyFile,
    Terms,
    UpstreamProof,
)
from llamactl_catalog.licensing.ci import ci_actor, ci_run, ci_systems

WORD = st.text(min_size=1, max_size=20).filter(str.strip)
HASH = st.text("0123456789abcdef", min_size=64, max_size=64)
OPTIONAL = st.none() | WORD
TEXT = st.builds(
    AcceptedText,
    kind=st.sampled_from(["license", "use-policy"]),
    file_name=WORD,
    normalized_sha256=HASH,
    known_sha256=st.none() | HASH,
    sha256=st.none() | HASH,
    size_bytes=st.none() | st.integers(0, 2**40),
    place=OPTIONAL,
)
ACCEPTANCE = st.builds(
    Acceptance,
    kind=st.sampled_from(["acceptance", "override"]),
    terms=st.builds(
        Terms, WORD, WORD, WORD, st.lists(TEXT).map(tuple), OPTIONAL, OPTIONAL, OPTIONAL
    ),
    person=st.builds(Person, WORD, st.just("ci"), OPTIONAL, OPTIONAL, OPTIONAL, OPTIONAL),
    act=st.builds(
        Act,
        st.just("option"), WORD, WORD, st.booleans(), WORD, WORD, WORD,
        st.none() | st.builds(CiRun, WORD, WORD),
        st.none() | st.builds(PolicyFile, WORD, WORD, WORD),
    ),
    nonce=WORD,
    answers=st.lists(st.builds(AnsweredCondition, WORD, WORD, st.just("yes"))).map(tuple),
    model=st.none() | st.builds(AcceptedModel, WORD, st.just("chat"), OPTIONAL, OPTIONAL, OPTIONAL),
    reason=OPTIONAL,
    upstream=st.none() | st.builds(UpstreamProof, WORD, WORD, OPTIONAL),
)  # fmt: skip


@given(ACCEPTANCE)
def test_a_record_survives_json(acceptance):
    text = json.dumps(acceptance.to_json())

    assert Acceptance.from_json(json.loads(text)) == acceptance


def test_all_that_is_wrong_is_told_at_once():
    content = LLAMA_2.to_json()
    del content["nonce"]
    content["kind"] = "promise"
    content["act"]["host"] = 7

    with pytest.raises(ValueError, match=r"act\.host.*nonce|nonce.*act\.host") as error:
        Acceptance.from_json(content)

    assert "promise" in str(error.value)


@pytest.mark.parametrize("system", ci_systems(), ids=lambda each: each.system)
def test_the_run_of_every_ci_system_is_known(system):
    environment = {system.marker: "7", system.run_id: "4711"}
    if system.actor is not None:
        environment[system.actor] = "jane"

    assert ci_run(environment) == CiRun(system.system, "4711")
    assert ci_actor(environment) == ("jane" if system.actor else None)


def test_outside_of_ci_there_is_no_run():
    assert (ci_run({"HOME": "/root"}), ci_actor({})) == (None, None)
