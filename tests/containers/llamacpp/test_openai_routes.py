"""OpenAI's routes, answered by a model whose text is noise."""

import json

import pytest

MESSAGES = [{"role": "user", "content": "hello"}]
CHAT = "/v1/chat/completions"
TEXT = "/v1/completions"
GREEDY = {"temperature": 0, "max_tokens": 6}
END_NOW = {"2": 100}  # the id of </s>


def test_a_chat_answer_has_message_and_usage(engine):
    answer = engine.post(CHAT, {"model": "tiny-llama", "messages": MESSAGES, **GREEDY}).json()

    (choice,) = answer["choices"]
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "tiny-llama"
    assert choice["message"]["role"] == "assistant"
    assert choice["finish_reason"] == "length"
    # BOS, and a token a byte of "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n".
    assert answer["usage"] == {"prompt_tokens": 56, "completion_tokens": 6, "total_tokens": 62}


def test_chunks_add_up_to_the_whole_answer(engine):
    body = {"messages": MESSAGES, "temperature": 0, "max_tokens": 40}
    whole = engine.post(CHAT, body).json()["choices"][0]["message"]["content"]

    chunks = engine.events_of(CHAT, {**body, "stream": True})

    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert "".join(delta["content"] for delta in deltas) == whole
    assert [delta.get("role") for delta in deltas] == ["assistant"] + [None] * (len(deltas) - 1)
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"
    assert all("usage" not in chunk for chunk in chunks)
    assert len({chunk["id"] for chunk in chunks}) == 1


def test_a_stream_ends_with_usage_where_asked_and_done(engine):
    body = {"messages": MESSAGES, **GREEDY, "stream": True}
    body["stream_options"] = {"include_usage": True}

    text = engine.post(CHAT, body).text
    *chunks, last = engine.events_of(CHAT, body)

    assert text.endswith("data: [DONE]\n\n")
    assert {chunk["usage"] for chunk in chunks} == {None}
    assert last["choices"] == []
    assert last["usage"] == {"prompt_tokens": 56, "completion_tokens": 6, "total_tokens": 62}


def test_an_answer_that_ends_at_once_still_says_who_and_why(engine):
    body = {"messages": MESSAGES, "logit_bias": END_NOW, "temperature": 0}

    choice = engine.post(CHAT, body).json()["choices"][0]
    (chunk,) = engine.events_of(CHAT, {**body, "stream": True})

    assert choice["message"]["content"] == ""
    assert choice["finish_reason"] == "stop"
    assert chunk["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert chunk["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("streamed", [False, True])
def test_several_choices_differ_and_are_counted_once_by_prompt(engine, streamed):
    body = {"messages": MESSAGES, "n": 3, "max_tokens": 8, "seed": 5}
    if not streamed:
        answer = engine.post(CHAT, body).json()
        texts = [choice["message"]["content"] for choice in answer["choices"]]
        usage = answer["usage"]
    else:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        *chunks, last = engine.events_of(CHAT, body)
        texts = ["", "", ""]
        for chunk in chunks:
            choice = chunk["choices"][0]
            texts[choice["index"]] += choice["delta"]["content"]
        usage = last["usage"]

    assert len(set(texts)) == 3
    assert usage == {"prompt_tokens": 56, "completion_tokens": 24, "total_tokens": 80}


def test_chat_logprobs_tell_each_token_and_its_rivals(engine):
    body = {"messages": MESSAGES, **GREEDY, "logprobs": True, "top_logprobs": 3}

    content = engine.post(CHAT, body).json()["choices"][0]["logprobs"]["content"]
    streamed = [
        entry
        for chunk in engine.events_of(CHAT, {**body, "stream": True})
        for entry in (chunk["choices"][0]["logprobs"] or {"content": []})["content"]
    ]

    assert all(entry["logprob"] <= 0 and len(entry["top_logprobs"]) == 3 for entry in content)
    assert [entry["bytes"] for entry in streamed] == [entry["bytes"] for entry in content]


def test_completion_logprobs_have_the_old_form(engine):
    body = {"prompt": "a", **GREEDY, "logprobs": 2}

    choice = engine.post(TEXT, body).json()["choices"][0]

    logprobs = choice["logprobs"]
    assert "".join(logprobs["tokens"]) == choice["text"]
    assert logprobs["text_offset"][0] == 0
    assert len(logprobs["token_logprobs"]) == len(logprobs["tokens"])


def test_several_prompts_give_choices_in_their_order(engine):
    single = [engine.post(TEXT, {"prompt": each, **GREEDY}).json() for each in ("abc", "xyz")]

    both = engine.post(TEXT, {"prompt": ["abc", "xyz"], **GREEDY}).json()

    assert [choice["index"] for choice in both["choices"]] == [0, 1]
    assert [choice["text"] for choice in both["choices"]] == [
        answer["choices"][0]["text"] for answer in single
    ]
    assert both["usage"]["prompt_tokens"] == 8


def test_a_prompt_of_token_ids_is_the_same_as_its_text(engine):
    ids = [token["id"] for token in engine.post("/tokenize", {"inputs": "abc"}).json()]

    by_ids = engine.post(TEXT, {"prompt": ids, **GREEDY}).json()
    by_text = engine.post(TEXT, {"prompt": "abc", **GREEDY}).json()

    assert by_ids["choices"] == by_text["choices"]


def test_stop_ends_before_the_string(engine):
    pattern = {"type": "regex", "value": "aaaa-bbbb"}

    body = {"prompt": "a", "response_format": pattern, "stop": "-b"}
    choice = engine.post(TEXT, body).json()["choices"][0]

    assert choice["text"] == "aaaa"
    assert choice["finish_reason"] == "stop"


def test_a_seed_repeats_an_answer(engine):
    body = {"prompt": "hello", "max_tokens": 12, "seed": 11, "temperature": 1.5, "top_p": 0.9}

    texts = {engine.post(TEXT, body).json()["choices"][0]["text"] for _ in range(3)}

    assert len(texts) == 1


def test_penalties_change_the_answer(engine):
    plain = {"prompt": "hello", "temperature": 0, "max_tokens": 24}
    text = engine.post(TEXT, plain).json()["choices"][0]["text"]

    for penalty in ({"frequency_penalty": 2}, {"presence_penalty": 2}, {"repetition_penalty": 2}):
        other = engine.post(TEXT, {**plain, **penalty}).json()["choices"][0]["text"]
        assert other != text, penalty


def test_a_conversation_with_parts_and_tool_results_is_read(engine):
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "4"},
        {"role": "tool", "tool_call_id": "2", "content": "5"},
    ]

    assert engine.post(CHAT, {"messages": messages, **GREEDY}).is_success


def test_models_lists_the_one_that_is_served(engine):
    listed = engine.get("/v1/models").json()
    card = engine.get("/v1/models/tiny-llama").json()

    assert listed == {"object": "list", "data": [card]}
    assert card["id"] == "tiny-llama"


@pytest.mark.parametrize("path", [CHAT, TEXT])
def test_json_objects_are_enforced(engine, path):
    body = {"messages": MESSAGES} if path == CHAT else {"prompt": "a"}
    body |= {"response_format": {"type": "json_object"}, "max_tokens": 60, "seed": 3}

    choice = engine.post(path, body).json()["choices"][0]

    text = choice["text"] if path == TEXT else choice["message"]["content"]
    assert text.startswith("{")
    if choice["finish_reason"] == "stop":
        assert isinstance(json.loads(text), dict)
