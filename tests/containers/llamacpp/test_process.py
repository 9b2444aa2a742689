"""The engine process as its supervisor sees it."""

import dataclasses
import os
import signal
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest


def test_tells_that_it_loads_and_where_it_listens(engine):
    first, last = engine.events

    assert first == {"event": "loading"}
    assert last["event"] == "listening"
    assert last["pid"] == engine.process.pid
    assert engine.get("/health").status_code == 200


def test_every_response_carries_the_instance(engine):
    responses = [
        engine.get("/health"),
        engine.get("/nowhere"),
        engine.post("/generate", {"inputs": "a", "parameters": {"max_new_tokens": 1}}),
        engine.post("/generate", {}),
        engine.post("/generate_stream", {"inputs": "a", "parameters": {"max_new_tokens": 1}}),
    ]

    assert {each.headers["x-llamactl-instance"] for each in responses} == {"tiny-1"}


def test_listens_on_the_loopback_only(engine):
    port = engine.events[-1]["port"]
    with socket.socket(socket.AF_INET6) as other:
        other.settimeout(1)

        assert other.connect_ex(("::1", port)) != 0


def test_a_taken_port_is_told_before_the_model_is_read(start_engine, tiny_settings, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        missing = str(tmp_path / "missing.gguf")
        failed = start_engine(dataclasses.replace(tiny_settings, port=port, model_path=missing))

    assert [event["event"] for event in failed.events] == ["failed"]
    assert failed.events[0]["reason"] == "port-taken"
    assert failed.process.wait(10) == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no file"),
        (b"", "is not a GGUF file"),
        (b"PK\x03\x04 something else entirely", "is not a GGUF file"),
        ("half", "is truncated"),
    ],
)
def test_a_bad_model_file_is_told(start_engine, tiny_settings, tmp_path, content, words):
    path = tmp_path / "model.gguf"
    if content == "half":
        whole = Path(tiny_settings.model_path).read_bytes()
        content = whole[: len(whole) // 2]
    if content is not None:
        path.write_bytes(content)

    failed = start_engine(dataclasses.replace(tiny_settings, model_path=str(path)))

    assert failed.events[-1]["event"] == "failed"
    assert failed.events[-1]["reason"] == "model-unreadable"
    assert words in failed.events[-1]["message"]
    assert failed.process.wait(10) == 3


def test_a_context_beyond_the_machine_is_told(start_engine, tiny_settings):
    failed = start_engine(dataclasses.replace(tiny_settings, context_tokens=2**40))

    assert failed.events[-1]["reason"] == "out-of-memory"
    assert "this machine has" in failed.events[-1]["message"]


def test_leaves_when_its_standard_input_ends(start_engine, tiny_settings):
    engine = start_engine(tiny_settings)

    engine.process.stdin.close()

    assert engine.process.wait(5) == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_sigterm_drains_and_sigint_is_ignored(start_engine, tiny_settings):
    engine = start_engine(tiny_settings)

    engine.process.send_signal(signal.SIGINT)
    assert engine.get("/health").status_code == 200
    engine.process.send_signal(signal.SIGTERM)

    assert engine.process.wait(5) == 0


def test_an_answer_in_flight_has_the_drain_and_no_longer(start_engine, tiny_settings, slow_gguf):
    slow = dataclasses.replace(tiny_settings, model_path=str(slow_gguf))
    engine = start_engine(slow)
    body = {"inputs": "a", "parameters": {"max_new_tokens": 4000}}
    answering = threading.Thread(target=_ignore_cut, args=(engine, body))
    answering.start()
    while not engine.running():
        time.sleep(0.01)

    start = time.monotonic()
    engine.process.stdin.close()
    code = engine.process.wait(10)
    answering.join()

    assert code == 0
    assert 0.8 < time.monotonic() - start < 4
    assert any("answers in flight have 1 s" in line for line in engine.log)


def _ignore_cut(engine, body):
    try:
        httpx.post(f"{engine.url}/generate", json=body, timeout=30)
    except httpx.TransportError as error:
        engine.log.append(f"cut: {error}")
