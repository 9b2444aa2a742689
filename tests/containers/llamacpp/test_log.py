"""The log tells a person what happened, and nothing that anybody wrote."""

import dataclasses
import time

import httpx
import pytest

PRIVATE = "the caller's own words"


def test_says_once_that_it_is_ready(engine):
    (line,) = [line for line in engine.log if "ready:" in line]

    assert "tiny-llama, 4096 tokens of context for 4 at once, 1 threads (1 for batches)" in line
    assert "loaded in" in line


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/generate", {"inputs": PRIVATE, "parameters": {"max_new_tokens": 3}}, "200 in"),
        ("/v1/completions", {"prompt": PRIVATE, "max_tokens": 3, "stream": True}, "200 in"),
        ("/v1/completions", {"prompt": {PRIVATE: PRIVATE}}, "400 validation in"),
        ("/generate", {"inputs": [PRIVATE]}, "422 validation in"),
    ],
)
def test_a_request_is_one_line_without_its_words(start_engine, tiny_settings, path, body, words):
    engine = start_engine(dataclasses.replace(tiny_settings, api_key="k3y"))

    engine.post(path, body, headers={"Authorization": "Bearer k3y"})

    (line,) = lines_of(engine, path)
    assert f"{path} {words}" in line
    assert ("for 23 + 3 tokens" in line) == ("200" in words)
    assert not any(each in line for line in engine.log for each in (PRIVATE, "k3y"))


def test_a_caller_that_leaves_is_told(start_engine, tiny_settings):
    engine = start_engine(tiny_settings)

    with pytest.raises(httpx.ReadTimeout):
        engine.post("/generate", {"inputs": "a" * 3000}, timeout=0.01)

    assert "/generate left by its caller after" in lines_of(engine, "/generate")[0]


def test_whole_answers_carry_tgis_times_and_counts(engine):
    answer = engine.post("/generate", {"inputs": "hello", "parameters": {"max_new_tokens": 3}})

    assert answer.headers["x-compute-type"] == "cpu"
    assert answer.headers["x-prompt-tokens"] == "6"
    assert answer.headers["x-generated-tokens"] == "3"
    parts = ("validation", "queue", "inference")
    whole_ms = int(answer.headers["x-total-time"])
    assert sum(int(answer.headers[f"x-{part}-time"]) for part in parts) <= whole_ms


def lines_of(engine, path):
    end = time.monotonic() + 5
    while time.monotonic() < end:
        lines = [line for line in engine.log if f" {path} " in line]
        if lines:
            return lines
        time.sleep(0.01)
    return []
