"""One suite over the clients of every kind of endpoint: the same question, the same behavior.

The answers come from the real engine where its words matter, and from a chat server that says what
a test tells it to where faults do.
"""

import json
import logging
import time
from dataclasses import replace

import pytest

from containers.llamacpp.conftest import engine_process, tiny_launch
from gateway.doors import KINDS, door
from llamactl_catalog.errors import InvalidInput, NoCapacity, PromptTooLong, Unhealthy
from llamactl_catalog.prompts import Message
from llamactl_gateway.protocol import Delta
from llamactl_gateway.sampling import Sampling
from standins.azure_scoring import KEY, TOKEN
from standins.chat_server import ChatServer, Reply
from standins.sagemaker_runtime import SECRET_KEY, SESSION_TOKEN

QUESTION = [Message("system", "Be brief."), Message("user", "Hi")]
# The penalty makes the tiny model say something else with each token.
GREEDY = Sampling(temperature=0.0, max_tokens=24, repetition_penalty=1.9)
SECRETS = (KEY, TOKEN, SECRET_KEY, SESSION_TOKEN)
all_kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def engine(tiny_gguf, tmp_path_factory):
    """The real engine with a tiny model: its answers are noise, but always the same."""
    pytest.importorskip("xllamacpp")
    with engine_process(tmp_path_factory.mktemp("engine"), tiny_launch(tiny_gguf)) as running:
        assert running.events[-1]["event"] == "listening", running.events
        yield running


def said(deltas):
    """Text, end and counts of an answer."""
    deltas = list(deltas)
    reasons = [each.finish_reason for each in deltas if each.finish_reason is not None]
    return "".join(each.text for each in deltas), reasons, deltas[-1]


@all_kinds
def test_streamed_and_whole_answers_are_the_same(kind, engine):
    with door(kind, engine.url) as one, door(kind, engine.url, streamed=False) as other:
        streamed = said(one.endpoint.chat(QUESTION, GREEDY))
        whole = said(other.endpoint.chat(QUESTION, GREEDY))

    assert streamed == whole
    assert streamed[0]
    assert streamed[1] == ["length"]


@all_kinds
def test_a_completion_is_what_the_engine_gives_by_itself(kind, engine):
    body = {"prompt": "Once", **GREEDY.given()}
    text = engine.post("/v1/completions", body).json()["choices"][0]["text"]

    with door(kind, engine.url) as one, door(kind, engine.url, streamed=False) as other:
        assert said(one.endpoint.complete("Once", GREEDY))[0] == text
        assert said(other.endpoint.complete("Once", GREEDY))[0] == text


@all_kinds
@pytest.mark.parametrize("streamed", [True, False])
def test_an_answer_ends_before_a_stop_sequence(kind, streamed, engine):
    with door(kind, engine.url, streamed=streamed) as way:
        text = said(way.endpoint.complete("Once", GREEDY))[0]
        stop = next(each for each in text[2:] if each.isascii())
        cut, reasons, _ = said(way.endpoint.complete("Once", replace(GREEDY, stop=(stop,))))

    assert cut == text[: text.index(stop)]
    assert reasons == ["stop"]


@all_kinds
@pytest.mark.parametrize("streamed", [True, False])
def test_the_counts_are_those_of_the_engine(kind, streamed, engine):
    # A byte is a token: one BOS and four letters.
    with door(kind, engine.url, streamed=streamed) as way:
        last = said(way.endpoint.complete("Once", GREEDY))[2]

    assert last == Delta("", None, completion_tokens=24, prompt_tokens=5)


@all_kinds
def test_closing_the_answer_stops_the_engine(kind, engine):
    endless = Sampling(temperature=0.0, max_tokens=3500)
    with door(kind, engine.url) as way:
        deltas = way.endpoint.chat(QUESTION, endless)
        next(deltas)
        assert engine.running() == 1
        deltas.close()

        until = time.monotonic() + 10
        while engine.running() and time.monotonic() < until:
            time.sleep(0.01)
        assert engine.running() == 0
    assert engine.metric("tgi_request_generated_tokens_sum") < 3500


@all_kinds
@pytest.mark.parametrize("streamed", [True, False])
def test_what_the_engine_refuses_is_told_in_its_words(kind, streamed, engine):
    with (
        door(kind, engine.url, streamed=streamed) as way,
        pytest.raises(InvalidInput, match="temperature"),
    ):
        list(way.endpoint.chat(QUESTION, Sampling(temperature=-1.0)))


@all_kinds
def test_a_prompt_beyond_the_context_is_an_error_of_its_own(kind, engine):
    with door(kind, engine.url) as way, pytest.raises(PromptTooLong):
        list(way.endpoint.complete("x" * 5000, GREEDY))


@all_kinds
@pytest.mark.parametrize("text", ["日本語 🦙", "a\u2028b", "é" * 50, 'quote " and \\'])
def test_characters_that_are_cut_in_two_on_the_way_arrive_whole(kind, text):
    with (
        ChatServer(Reply(pieces=(text, text))) as server,
        door(kind, server.url, chopped=True) as way,
    ):
        assert said(way.endpoint.chat(QUESTION, Sampling()))[0] == text * 2


@all_kinds
def test_empty_pieces_are_no_end(kind):
    noise = (": ping\n\n", 'data: {"choices": []}\n\n', 'data: {"choices": null}\n\n')
    with (
        ChatServer(Reply(pieces=("", "a", "", "b"), raw_lines=noise)) as server,
        door(kind, server.url, chopped=True) as way,
    ):
        assert said(way.endpoint.chat(QUESTION, Sampling()))[0] == "ab"


@all_kinds
def test_nothing_is_sent_before_the_first_piece_is_asked_for(kind):
    with ChatServer() as server, door(kind, server.url) as way:
        way.endpoint.chat(QUESTION, Sampling())

        assert server.requests == []


@all_kinds
def test_a_server_that_dies_in_the_middle_is_one_clear_error(kind):
    with ChatServer(Reply(cut_off=True)) as server, door(kind, server.url) as way:
        deltas = way.endpoint.chat(QUESTION, Sampling())

        assert next(deltas).text == "Hello"
        with pytest.raises(Unhealthy, match="the answer of 'mine' broke off") as caught:
            list(deltas)
    assert "mine" in caught.value.hint


@all_kinds
def test_an_error_in_the_middle_comes_after_what_was_said(kind):
    first = 'data: {"choices": [{"delta": {"content": "Hel"}, "finish_reason": null}]}\n\n'
    line = 'data: {"error": {"message": "out of memory", "code": 500}}\n\n'
    with ChatServer(Reply(raw_lines=(first, line))) as server, door(kind, server.url) as way:
        deltas = way.endpoint.chat(QUESTION, Sampling())

        assert next(deltas).text == "Hel"
        with pytest.raises(Unhealthy, match="out of memory"):
            next(deltas)


@all_kinds
def test_a_whole_answer_that_is_none_is_one_clear_error(kind):
    with (
        ChatServer(Reply(raw_lines=("<html>hello</html>",), cut_off=True)) as server,
        door(kind, server.url, streamed=False) as way,
        pytest.raises(Unhealthy, match="broke off"),
    ):
        list(way.endpoint.chat(QUESTION, Sampling()))


@all_kinds
@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidInput),
        (404, InvalidInput),
        (422, InvalidInput),
        (429, NoCapacity),
        (503, NoCapacity),
        (424, Unhealthy),
        (500, Unhealthy),
    ],
)
def test_the_engines_status_is_the_same_error_everywhere(kind, streamed, status, error):
    refusal = json.dumps({"error": "no such thing", "error_type": "x"})
    with (
        ChatServer(Reply(status=status, refusal=refusal)) as server,
        door(kind, server.url, streamed=streamed) as way,
        pytest.raises(error, match="no such thing") as caught,
    ):
        list(way.endpoint.chat(QUESTION, Sampling()))

    assert type(caught.value) is error


@all_kinds
def test_a_silence_runs_into_the_timeout(kind):
    with (
        ChatServer(Reply(gap_s=0.5)) as server,
        door(kind, server.url, silence_timeout_s=0.1) as way,
        pytest.raises(NoCapacity, match="'mine' said nothing"),
    ):
        list(way.endpoint.chat(QUESTION, Sampling()))


@all_kinds
def test_an_address_where_nobody_listens_does_not_answer(kind):
    with ChatServer() as server, door(kind, server.url) as way:
        endpoint = way.endpoint

    with pytest.raises(Unhealthy, match="'mine' does not answer at http://127"):
        list(endpoint.chat(QUESTION, Sampling()))


@all_kinds
@pytest.mark.parametrize("status", [200, 400, 500])
def test_no_secret_is_in_what_anybody_reads(kind, status, caplog):
    caplog.set_level(logging.DEBUG)
    reply = Reply(status=status, refusal="no")
    with ChatServer(reply) as server, door(kind, server.url) as way:
        shown = [repr(way.endpoint)]
        try:
            list(way.endpoint.chat(QUESTION, Sampling()))
        except (InvalidInput, Unhealthy) as error:
            shown += [repr(error), str(error), str(error.hint)]

    shown += [caplog.text]
    assert [secret for secret in SECRETS if any(secret in text for text in shown)] == []
