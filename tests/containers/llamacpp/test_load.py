"""Many callers at once, callers that leave, limits, and the API key."""

import asyncio
import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

LONG = {"inputs": "a", "parameters": {"max_new_tokens": 4000}}
CHAT = {"messages": [{"role": "user", "content": "a"}], "max_tokens": 4}


@pytest.fixture
def slow(start_engine, tiny_settings, slow_gguf):
    settings = dataclasses.replace(
        tiny_settings, model_path=str(slow_gguf), max_concurrent_requests=6, drain_s=0.1
    )
    return start_engine(settings)


def until(condition, *, timeout_s=5.0):
    """Wait for a condition; give how long it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < timeout_s, "it never came true"
        time.sleep(0.01)
    return time.monotonic() - start


def test_answers_do_not_mix(engine):
    def ask(number):
        body = {"prompt": f"prompt {number}", "temperature": 0, "max_tokens": 30}
        return engine.post("/v1/completions", body).json()["choices"][0]["text"]

    alone = [ask(number) for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(ask, range(12)))

    # Batches add up in another order than single answers: a noisy model may differ late.
    assert [text[:3] for text in together] == [text[:3] for text in alone]


def test_requests_whose_tokens_do_not_fit_together_wait_for_each_other(start_engine, tiny_settings):
    engine = start_engine(dataclasses.replace(tiny_settings, context_tokens=512))

    def ask(number):
        parameters = {"max_new_tokens": 120, "details": True}
        body = {"inputs": f"{number}" * 120, "parameters": parameters}
        return engine.post("/generate", body).json()["details"]["generated_tokens"]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, range(6))) == [120] * 6


@pytest.mark.parametrize("path", ["/generate", "/generate_stream"])
def test_a_caller_that_leaves_stops_its_answer_at_once(slow, path):
    if path == "/generate":
        assert post_and_leave(slow, LONG, 0.3) == "left"
    else:
        with slow.client.stream("POST", slow.url + path, json=LONG) as response:
            next(response.iter_lines())
            assert slow.running() == 1

    assert until(lambda: slow.running() == 0) < 1


def test_a_caller_that_leaves_the_queue_never_has_a_turn(slow):
    # Two of 2,000 tokens fill the context, so the third one waits.
    half = {"inputs": "a", "parameters": {"max_new_tokens": 2000}}
    with ThreadPoolExecutor(2) as pool:
        first = [pool.submit(post_and_leave, slow, half, 1.5) for _ in range(2)]
        until(lambda: slow.running() == 2)
        with pytest.raises(httpx.ReadTimeout):
            slow.post("/generate", half, timeout=0.2)

        until(lambda: slow.metric("tgi_queue_size") == 0)
        assert slow.running() == 2
        assert all(each.result() == "left" for each in first)
    until(lambda: slow.running() == 0)


def test_more_than_the_limit_are_told_to_come_back(slow):
    with ThreadPoolExecutor(6) as pool:
        busy = [pool.submit(post_and_leave, slow, LONG, 1.5) for _ in range(6)]
        until(lambda: slow.running() + slow.metric("tgi_queue_size") == 6)

        refused = slow.post("/generate", LONG)
        refused_chat = slow.post("/v1/chat/completions", CHAT)
        assert [each.result() for each in busy] == ["left"] * 6

    assert refused.status_code == 429
    assert refused.json() == {"error": "Model is overloaded", "error_type": "overloaded"}
    assert refused_chat.status_code == 429
    assert refused_chat.json()["error"]["code"] == "rate_limit_exceeded"


def test_a_key_guards_what_generates_and_the_models(start_engine, tiny_settings):
    engine = start_engine(dataclasses.replace(tiny_settings, api_key="kéy"))
    right = {"Authorization": "Bearer kéy".encode()}

    def statuses(headers):
        return [
            engine.post("/generate", {"inputs": "a"} | LONG["parameters"], headers=headers),
            engine.post("/invocations", CHAT, headers=headers),
            engine.post("/tokenize", {"inputs": "a"}, headers=headers),
            engine.post("/v1/chat/completions", CHAT, headers=headers),
            engine.get("/v1/models", headers=headers),
        ]

    for headers in ({}, {"Authorization": "Bearer key"}, {"Authorization": "Basic kéy".encode()}):
        assert {each.status_code for each in statuses(headers)} == {401}
    assert {each.status_code for each in statuses(right)} == {200}
    for path in ("/health", "/ping", "/info", "/metrics"):
        assert engine.get(path).status_code == 200
    error = engine.get("/v1/models").json()["error"]
    assert error["code"] == "invalid_api_key"


def test_hundred_streams_at_once_all_end(engine):
    async def ask(client, number):
        body = {"prompt": f"{number}", "max_tokens": 20, "stream": True}
        response = await client.post(f"{engine.url}/v1/completions", json=body)
        return response.text.endswith("data: [DONE]\n\n")

    async def ask_all():
        limits = httpx.Limits(max_connections=100)
        async with httpx.AsyncClient(timeout=30, limits=limits) as client:
            return await asyncio.gather(*[ask(client, number) for number in range(100)])

    assert all(asyncio.run(ask_all()))


def post_and_leave(engine, body, after_s):
    try:
        response = httpx.post(f"{engine.url}/generate", json=body, timeout=after_s)
    except httpx.ReadTimeout:
        return "left"
    return response.text
