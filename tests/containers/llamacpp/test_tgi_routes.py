"""TGI's and SageMaker's routes, answered by a model whose text is noise."""

import pytest

GENERATE = {"inputs": "hello", "parameters": {"max_new_tokens": 6}}


def test_generate_gives_the_text_alone(engine):
    answer = engine.post("/generate", GENERATE).raise_for_status().json()

    assert set(answer) == {"generated_text"}
    assert not answer["generated_text"].startswith("hello")


def test_details_tell_tokens_and_why_it_ended(engine):
    parameters = {"max_new_tokens": 6, "details": True, "top_n_tokens": 2}

    body = {"inputs": "hello", "parameters": parameters}
    details = engine.post("/generate", body).json()["details"]

    assert details["finish_reason"] == "length"
    assert details["generated_tokens"] == 6
    assert details["seed"] is None
    assert details["prefill"] == []
    assert {"id", "text", "logprob", "special"} == set(details["tokens"][0])
    assert all(len(tops) == 2 for tops in details["top_tokens"])


def test_the_last_event_has_the_last_token_and_the_whole_text(engine):
    body = {"inputs": "hello", "parameters": {"max_new_tokens": 40, "details": True}}

    *events, last = engine.events_of("/generate_stream", body)

    assert [event["index"] for event in events] == list(range(1, len(events) + 1))
    assert {event["generated_text"] for event in events} == {None}
    text = "".join(event["token"]["text"] for event in [*events, last])
    assert last["generated_text"] == text
    assert last["details"] == {
        "finish_reason": "length",
        "generated_tokens": 40,
        "seed": None,
        "input_length": 6,
    }


def test_stream_and_whole_give_the_same_greedy_text(engine):
    whole = engine.post("/generate", GENERATE).json()["generated_text"]

    last = engine.events_of("/generate_stream", GENERATE)[-1]

    assert last["generated_text"] == whole
    assert last["details"] is None


def test_the_root_gives_a_list_with_the_prompt_in_front(engine):
    text = engine.post("/generate", GENERATE).json()["generated_text"]

    assert engine.post("/", GENERATE).json() == [{"generated_text": "hello" + text}]


def test_the_root_streams_where_asked(engine):
    events = engine.events_of("/", {**GENERATE, "stream": True})

    assert events[-1]["generated_text"].startswith("hello")


def test_a_grammar_that_is_complete_ends_with_the_eos_token(engine):
    grammar = {"type": "regex", "value": "[0-9]{3}-[0-9]{2}"}
    body = {"inputs": "a", "parameters": {"grammar": grammar, "details": True}}

    answer = engine.post("/generate", body).json()
    last = engine.events_of("/generate_stream", body)[-1]

    assert answer["details"]["finish_reason"] == "eos_token"
    assert answer["details"]["tokens"][-1]["text"] == "</s>"
    assert answer["details"]["tokens"][-1]["special"]
    assert last["details"]["finish_reason"] == "eos_token"
    assert last["token"]["id"] == 2
    assert last["generated_text"] == answer["generated_text"]


def test_a_stop_sequence_is_kept_and_told_apart_from_the_end(engine):
    grammar = {"type": "regex", "value": "aaaa-bbbb"}
    parameters = {"grammar": grammar, "stop": ["a-b"], "details": True}
    body = {"inputs": "a", "parameters": parameters}

    answer = engine.post("/generate", body).json()
    last = engine.events_of("/generate_stream", body)[-1]

    assert answer["generated_text"] == "aaaa-b"
    assert answer["details"]["finish_reason"] == "stop_sequence"
    assert answer["details"]["generated_tokens"] == 6
    assert last["generated_text"] == "aaaa-b"
    assert last["details"]["finish_reason"] == "stop_sequence"
    assert last["details"]["input_length"] == 2


def test_characters_are_never_cut_in_half(engine):
    grammar = {"type": "regex", "value": "(é|😀){6}"}
    body = {"inputs": "a", "parameters": {"grammar": grammar, "details": True}}

    events = engine.events_of("/generate_stream", body)

    texts = [event["token"]["text"] for event in events]
    assert "�" not in "".join(texts)
    assert events[-1]["generated_text"] == "".join(texts[:-1])
    assert len(events[-1]["generated_text"]) == 6
    assert events[-1]["details"]["generated_tokens"] > 7


def test_a_seed_repeats_an_answer_and_is_told(engine):
    parameters = {"max_new_tokens": 12, "do_sample": True, "seed": 7, "details": True}
    body = {"inputs": "hello", "parameters": parameters}

    first, second = (engine.post("/generate", body).json() for _ in range(2))
    parameters["seed"] = 8
    other = engine.post("/generate", body).json()

    assert first["generated_text"] == second["generated_text"]
    assert first["details"]["seed"] == 7
    assert other["generated_text"] != first["generated_text"]


def test_truncate_keeps_the_end_of_the_prompt(engine):
    parameters = {"max_new_tokens": 2, "truncate": 5, "details": True}

    body = {"inputs": "x" * 50, "parameters": parameters}
    last = engine.events_of("/generate_stream", body)[-1]

    assert last["details"]["input_length"] == 5


@pytest.mark.parametrize("path", ["/health", "/ping"])
def test_health_needs_no_body(engine, path):
    response = engine.get(path)

    assert (response.status_code, response.content) == (200, b"")


def test_info_tells_the_limits(engine):
    info = engine.get("/info").json()

    assert info["model_id"] == "tiny-llama"
    assert info["max_total_tokens"] == 4096
    assert info["max_input_tokens"] == 4095
    assert info["max_concurrent_requests"] == 128


def test_metrics_count_under_tgis_names(engine):
    before = engine.metric("tgi_request_generated_tokens_sum")

    engine.post("/generate", GENERATE)

    text = engine.get("/metrics").text
    assert engine.metric("tgi_request_generated_tokens_sum") == before + 6
    assert "# TYPE tgi_request_count counter" in text
    assert 'tgi_request_mean_time_per_token_duration_bucket{le="' in text
    assert "tgi_queue_size 0.0" in text


def test_tokenize_tells_where_each_token_stands(engine):
    bos, *tokens = engine.post("/tokenize", {"inputs": "hé"}).json()

    assert bos == {"id": 1, "text": "<s>", "start": 0, "stop": 0}
    assert [(token["start"], token["stop"]) for token in tokens] == [(0, 1), (1, 2), (2, 3)]


def test_invocations_tells_bodies_apart_by_their_shape(engine):
    generated = engine.post("/invocations", GENERATE).json()
    chat = {"messages": [{"role": "user", "content": "a"}], "max_tokens": 2}
    chatted = engine.post("/invocations", chat).json()
    completed = engine.post("/invocations", {"prompt": "a", "max_tokens": 2}).json()
    unknown = engine.post("/invocations", {"text": "a"})

    assert isinstance(generated, list)
    assert chatted["object"] == "chat.completion"
    assert completed["object"] == "text_completion"
    assert unknown.status_code == 422
    assert unknown.json()["error_type"] == "validation"


def test_invocations_streams_a_chat(engine):
    messages = [{"role": "user", "content": "a"}]

    events = engine.events_of(
        "/invocations", {"messages": messages, "max_tokens": 3, "stream": True}
    )

    assert events[0]["object"] == "chat.completion.chunk"
