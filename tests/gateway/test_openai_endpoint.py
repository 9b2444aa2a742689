"""The client against a server on this machine: what it sends, streams, and makes of errors."""

import json
import socket

import pytest

from llamactl_catalog.errors import InvalidInput, NoCapacity, NoPermission, PromptTooLong, Unhealthy
from llamactl_catalog.prompts import Message
from llamactl_gateway.endpoint import Sampling
from llamactl_gateway.openai_endpoint import OpenAIEndpoint
from standins.chat_server import ChatServer, Reply

QUESTION = [Message("system", "Be brief."), Message("user", "Hi")]
KEY = "sk-very-secret"


def endpoint(server, **settings):
    return OpenAIEndpoint("mine", server.url, "llama-2-7b-chat", **settings)


def text_of(deltas):
    return "".join(delta.text for delta in deltas)


def test_an_answer_comes_in_pieces_with_counts_at_the_end():
    with ChatServer(Reply(pieces=("Hel", "lo"), prompt_tokens=7)) as server:
        deltas = list(endpoint(server).chat(QUESTION, Sampling()))

    assert [delta.text for delta in deltas if delta.text] == ["Hel", "lo"]
    assert [delta.finish_reason for delta in deltas if delta.finish_reason] == ["stop"]
    assert (deltas[-1].prompt_tokens, deltas[-1].completion_tokens) == (7, 2)


def test_the_request_is_openais():
    with ChatServer() as server:
        list(endpoint(server).chat(QUESTION, Sampling(temperature=0.0, stop=("END",), seed=0)))

        assert server.requests[0].path == "/v1/chat/completions"
        assert server.requests[0].authorization is None
        assert server.requests[0].body == {
            "model": "llama-2-7b-chat",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Hi"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0.0,
            "seed": 0,
            "stop": ["END"],
        }


def test_a_completion_has_no_messages():
    with ChatServer() as server:
        text = text_of(endpoint(server).complete("Once", Sampling()))

        assert text == "Hello there."
        assert server.requests[0].path == "/v1/completions"
        assert server.requests[0].body["prompt"] == "Once"


def test_the_key_is_a_bearer_token_and_not_in_the_repr():
    with ChatServer() as server:
        client = endpoint(server, api_key=KEY)
        list(client.chat(QUESTION, Sampling()))

        assert server.requests[0].authorization == f"Bearer {KEY}"
        assert KEY not in repr(client)


@pytest.mark.parametrize(
    "text", ["a\u2028b", "a\x85b", "日本語 🦙", 'quote " and \\', "tab\tend\n"]
)
def test_every_character_arrives(text):
    with ChatServer(Reply(pieces=(text,))) as server:
        assert text_of(endpoint(server).chat(QUESTION, Sampling())) == text


def test_comments_and_other_fields_of_the_stream_are_passed_over():
    noise = (": ping\n\n", "event: message\nid: 7\n", "data: not json\n\n", "data:[1]\n\n")
    with ChatServer(Reply(raw_lines=noise)) as server:
        assert text_of(endpoint(server).chat(QUESTION, Sampling())) == "Hello there."


def test_closing_the_iterator_stops_the_answer_on_the_server():
    with ChatServer(Reply(pieces=("la ",), endless=True, gap_s=0.001)) as server:
        deltas = endpoint(server).chat(QUESTION, Sampling())
        next(deltas)
        deltas.close()

        assert server.hung_up.wait(5)


def test_nothing_is_sent_before_the_first_piece_is_asked_for():
    with ChatServer() as server:
        endpoint(server).chat(QUESTION, Sampling())

        assert server.requests == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidInput),
        (404, InvalidInput),
        (422, InvalidInput),
        (401, NoPermission),
        (403, NoPermission),
        (429, NoCapacity),
        (503, NoCapacity),
        (424, Unhealthy),
        (500, Unhealthy),
        (302, Unhealthy),
    ],
)
def test_a_status_is_one_of_our_errors_with_the_words_of_the_server(status, error):
    said = json.dumps({"error": {"message": "no such thing", "type": "x", "code": None}})
    with ChatServer(Reply(status=status, refusal=said)) as server, pytest.raises(error) as caught:
        list(endpoint(server, api_key=KEY).chat(QUESTION, Sampling()))

    assert type(caught.value) is error
    assert KEY not in caught.value.message + str(caught.value.hint)
    assert error is NoPermission or "no such thing" in caught.value.message


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"error": "Input validation error: top_p", "error_type": "validation"}', "error: top_p"),
        ('{"detail": "not like this"}', "not like this"),
        ('{"message": "whose"}', "whose"),
        ("<html>\n  Bad gateway </html>", "<html> Bad gateway </html>"),
        ("y" * 5000, "y" * 400 + "…"),
    ],
)
def test_every_form_of_a_refusal_is_read(body, shown):
    with (
        ChatServer(Reply(status=400, refusal=body)) as server,
        pytest.raises(InvalidInput) as caught,
    ):
        list(endpoint(server).chat(QUESTION, Sampling()))

    assert caught.value.message.endswith(shown)


@pytest.mark.parametrize(
    "error",
    [
        {"message": "too many tokens", "code": "context_length_exceeded"},
        {"message": "the request exceeds", "type": "exceed_context_size_error", "code": 400},
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000",
    ],
)
def test_a_prompt_beyond_the_context_is_an_error_of_its_own(error):
    with (
        ChatServer(Reply(status=400, refusal=json.dumps({"error": error}))) as server,
        pytest.raises(PromptTooLong),
    ):
        list(endpoint(server).chat(QUESTION, Sampling()))


def test_an_error_in_the_middle_of_a_stream_is_raised_after_what_came_before():
    line = 'data: {"error": {"message": "out of memory", "code": 500}}\n\n'
    first = 'data: {"choices": [{"delta": {"content": "Hel"}, "finish_reason": null}]}\n\n'
    with ChatServer(Reply(raw_lines=(first, line))) as server:
        deltas = endpoint(server).chat(QUESTION, Sampling())

        assert next(deltas).text == "Hel"
        with pytest.raises(Unhealthy, match="out of memory"):
            next(deltas)


def test_an_answer_that_is_cut_off_is_unhealthy():
    with (
        ChatServer(Reply(cut_off=True)) as server,
        pytest.raises(Unhealthy, match="broke off") as caught,
    ):
        list(endpoint(server).chat(QUESTION, Sampling()))

    assert caught.value.hint == "llamactl status mine"


def test_a_page_that_is_no_stream_is_unhealthy():
    with (
        ChatServer(Reply(raw_lines=("<html>hello</html>\n",), cut_off=True)) as server,
        pytest.raises(Unhealthy, match="broke off"),
    ):
        list(endpoint(server).chat(QUESTION, Sampling()))


def test_a_port_that_no_one_listens_on_does_not_answer():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"

        with pytest.raises(Unhealthy, match=f"'mine' does not answer at {url}") as caught:
            list(OpenAIEndpoint("mine", url, "m", KEY).chat(QUESTION, Sampling()))

    assert caught.value.hint == "llamactl status mine"


def test_a_server_that_says_nothing_runs_into_the_timeout():
    with (
        ChatServer(Reply(gap_s=0.5)) as server,
        pytest.raises(NoCapacity, match="said nothing for"),
    ):
        list(endpoint(server, silence_timeout_s=0.1).chat(QUESTION, Sampling()))


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    with ChatServer() as server:
        assert text_of(endpoint(server).chat(QUESTION, Sampling())) == "Hello there."
