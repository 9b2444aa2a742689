"""Bodies and connections made to break a server: each gets an answer, and the next one too."""

import json
import socket
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PATHS = (
    "/",
    "/generate",
    "/generate_stream",
    "/invocations",
    "/tokenize",
    "/v1/chat/completions",
    "/v1/completions",
)
_NAMES = """
inputs parameters stream messages prompt model temperature top_k top_p typical_p seed stop n echo
repetition_penalty frequency_penalty presence_penalty max_tokens max_new_tokens truncate details
top_n_tokens grammar logprobs top_logprobs logit_bias response_format tools tool_choice best_of
stream_options adapter_id suffix do_sample return_full_text
"""
FIELDS = _NAMES.split()
NUMBERS = st.one_of(
    st.integers(-3, 9),
    st.sampled_from([2**31, 2**32 - 1, 2**63, 2**64, 10**40]),
    st.floats(allow_nan=True, allow_infinity=True),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=8))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*FIELDS, "type", "role", "content"]), inner, max_size=3),
    ),
    max_leaves=6,
)
WHOLE = {
    "inputs": "a",
    "prompt": "a",
    "messages": [{"role": "user", "content": "a"}],
    "max_tokens": 2,
    "parameters": {"max_new_tokens": 2},
}
CHANGES = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from(PATHS), changes=CHANGES, parameters=CHANGES)
def test_any_body_gets_an_answer_or_an_error_that_says_what_is_wrong(
    engine, path, changes, parameters
):
    body = {**WHOLE, "parameters": {"max_new_tokens": 2, **parameters}, **changes}

    is_ok(engine, path, json.dumps(body).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b'{"inputs":"\\ud800"}',
        b'{"inputs":"\xed\xa0\x80"}',
        b'{"inputs":NaN}',
        b"[" * 100_000,
        b'{"inputs":' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"prompt":' + b"[" * 200 + b"]" * 200 + b"}",
        b'{"messages":' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}",
        b'{"prompt":"a","logit_bias":{"' + b"9" * 5000 + b'":1}}',
        b'{"prompt":"a","seed":' + b"9" * 5000 + b"}",
        b'{"inputs":"a","parameters":{"stop":' + json.dumps(["x"] * 100_000).encode() + b"}}",
        b'{"prompt":[1000000000]}',
        b'{"prompt":[-1]}',
    ],
    ids=lambda body: repr(body[:24]),
)
@pytest.mark.parametrize("path", PATHS)
def test_a_malicious_body_is_refused(engine, path, body):
    status = is_ok(engine, path, body).status_code

    # /tokenize reads nothing but the inputs.
    assert status in (400, 422) or (path == "/tokenize" and b'"stop"' in body)


def schema_of(depth):
    schema = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        schema_of(300),
        schema_of(60),
        {"$ref": "#"},
        {"$ref": "http://127.0.0.1:1/x"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"properties": {f"p{index}": {"type": "string"} for index in range(20_000)}},
        {"properties": {"a": {"pattern": "(a+)+$"}}},
    ],
    ids=["too deep", "deep", "self", "elsewhere", "loop", "huge", "backtracking"],
)
def test_a_malicious_schema_gets_an_answer(engine, schema):
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    chat = {"messages": [{"role": "user", "content": "a"}], "max_tokens": 2}
    tool = {"type": "function", "function": {"name": "x", "parameters": schema}}

    for body in ({**chat, "response_format": form}, {**chat, "tools": [tool]}):
        is_ok(engine, "/v1/chat/completions", json.dumps(body).encode())


def test_a_prompt_far_too_long_is_refused_at_once(engine):
    answer = engine.post("/generate", {"inputs": "x" * 1_500_000}, timeout=5)

    assert answer.status_code == 422
    assert "must have less than 4096 tokens. Given: more than 65" in answer.json()["error"]


def test_a_long_text_is_tokenized_whole(engine):
    text = string.ascii_letters * 1000

    tokens = engine.post("/tokenize", {"inputs": text}).json()

    assert tokens[-1]["stop"] == len(text)


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 100\r\n\r\n{",
        b"X-Endless: ",
        b"Transfer-Encoding: chunked\r\n\r\n10\r\n{",
        b"Content-Length: -5\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Content-Length: \xb2\r\n\r\n",
    ],
)
def test_half_a_request_leaves_the_server_as_it_was(engine, rest):
    with socket.create_connection(("127.0.0.1", engine.events[-1]["port"])) as connection:
        connection.sendall(b"POST /generate HTTP/1.1\r\nHost: localhost\r\n" + rest)
        answers(engine)

    answers(engine)
    assert not any("Traceback" in line for line in engine.log)


def test_a_body_without_end_is_refused(engine):
    def endless():
        for _ in range(100):
            yield b" " * 65_536

    answer = engine.client.post(f"{engine.url}/generate", content=endless())

    assert answer.status_code == 413
    answers(engine)


def is_ok(engine, path, body):
    answer = engine.client.post(engine.url + path, content=body)
    if answer.status_code != 200:
        assert answer.status_code in (400, 404, 413, 422), (answer.status_code, answer.text)
        assert answer.json()["error"]
    answers(engine)
    return answer


def answers(engine):
    body = {"inputs": "a", "parameters": {"max_new_tokens": 1}}
    assert engine.post("/generate", body).status_code == 200
