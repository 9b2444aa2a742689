"""Answers that do not end within the drain are told so, each in its own shape."""

import asyncio
import dataclasses
import json
import threading
import time

import httpx
import pytest

from llamactl_containers.llamacpp.completion import Completion, Sampling
from llamactl_containers.llamacpp.engine import Engine
from llamactl_containers.llamacpp.metrics import Metrics
from llamactl_containers.llamacpp.refusal import Refused
from llamactl_containers.llamacpp.tally import Tally

GENERATE = {"inputs": "a", "parameters": {"max_new_tokens": 1900}}
CHAT = {"messages": [{"role": "user", "content": "a"}], "max_tokens": 1900, "stream": True}


def test_streams_whole_answers_and_the_queue_are_told(start_engine, tiny_settings, slow_gguf):
    slow = dataclasses.replace(tiny_settings, model_path=str(slow_gguf), drain_s=0.3)
    engine = start_engine(slow)
    asked = [
        ("/generate_stream", GENERATE),
        ("/v1/chat/completions", CHAT),
        ("/generate", GENERATE),
    ]
    answers = [None] * len(asked)

    def ask(index, path, body):
        answers[index] = httpx.post(engine.url + path, json=body, timeout=20)

    # The context holds two of them: the third one waits.
    threads = [threading.Thread(target=ask, args=(i, *each)) for i, each in enumerate(asked)]
    for thread in threads:
        thread.start()
        time.sleep(0.2)
    engine.process.stdin.close()
    for thread in threads:
        thread.join()

    tgi_stream, chat_stream, waiting = answers
    assert [answer.status_code for answer in answers] == [200, 200, 503]
    assert last_event(tgi_stream) == waiting.json()
    assert waiting.json() == {"error": "the server is leaving", "error_type": "unavailable"}
    assert last_event(chat_stream)["error"]["code"] == "service_unavailable"
    assert engine.process.wait(5) == 0
    assert not any("Traceback" in line for line in engine.log)


def test_a_bug_beneath_an_answer_ends_it(tiny_settings):
    class Broken:
        vocabulary = (b"a",)

        def tokens(self, _text):
            return [0]

        def stream(self, _body, _receive):
            raise KeyError("a bug")

    async def answer():
        loop, seen = asyncio.get_running_loop(), []
        loop.set_exception_handler(lambda _, context: seen.append(context["exception"]))
        engine = Engine(Broken(), tiny_settings, Metrics())
        completion = Completion("a", 1, Sampling())
        with pytest.raises(Refused, match="an error in the server"):
            await asyncio.wait_for(engine.answer(completion, 2, Tally()), 5)
        return seen

    (error,) = asyncio.run(answer())
    assert isinstance(error, KeyError)


def last_event(answer):
    return json.loads(answer.text.strip().rpartition("data: ")[2])
