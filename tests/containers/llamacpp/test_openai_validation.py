"""What OpenAI's routes refuse, with OpenAI's statuses and codes."""

import dataclasses

import pytest

USER = {"role": "user", "content": "hello"}
CHAT = "/v1/chat/completions"
TEXT = "/v1/completions"
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
TOOL = {"type": "function", "function": {"name": "f"}}

BAD_CHATS = [
    ({"messages": []}, "messages"),
    ({"messages": "hello"}, "messages"),
    ({"messages": ["hello"]}, "messages[0]"),
    ({"messages": [{"role": "robot", "content": "a"}]}, "messages[0].role"),
    ({"messages": [{"content": "a"}]}, "messages[0].role"),
    ({"messages": [{"role": "user"}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": [IMAGE]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "user", "content": [{}]}]}, "messages[0].content[0]"),
    ({"temperature": -1}, "temperature"),
    ({"temperature": 100}, "temperature"),
    ({"top_p": 1.5}, "top_p"),
    ({"n": 0}, "n"),
    ({"n": 5}, "n"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_completion_tokens": -3}, "max_completion_tokens"),
    ({"presence_penalty": 3}, "presence_penalty"),
    ({"repetition_penalty": 0}, "repetition_penalty"),
    ({"logit_bias": {"a": 1}}, "logit_bias"),
    ({"logit_bias": {"3": 101}}, "logit_bias"),
    ({"top_logprobs": 2}, "top_logprobs"),
    ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
    ({"stop": list("abcde")}, "stop"),
    ({"stop": ""}, "stop"),
    ({"stream": "yes"}, "stream"),
    ({"stream_options": {"include_usage": True}}, "stream_options"),
    ({"functions": [{"name": "f"}]}, "functions"),
    ({"response_format": {"type": "yaml"}}, "response_format"),
    ({"response_format": {"type": "json_schema"}}, "response_format"),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "florp"}}}},
        "response_format",
    ),
    ({"tools": [{"type": "search"}]}, "tools[0]"),
    ({"tools": [{"type": "function", "function": {"name": ""}}]}, "tools[0]"),
    ({"tools": [TOOL], "tool_choice": 3}, "tool_choice"),
    ({"tools": [TOOL], "tool_choice": "g"}, "tool_choice"),
    ({"tool_choice": "required"}, "tool_choice"),
]
BAD_COMPLETIONS = [
    ({"prompt": ""}, "prompt"),
    ({"prompt": []}, "prompt"),
    ({"prompt": 3}, "prompt"),
    ({"prompt": [[]]}, "prompt"),
    ({"prompt": ["a"] * 33}, "prompt"),
    ({"echo": True}, "echo"),
    ({"suffix": "b"}, "suffix"),
    ({"best_of": 3}, "best_of"),
    ({"logprobs": 6}, "logprobs"),
]


@pytest.mark.parametrize(("change", "param"), BAD_CHATS)
def test_a_bad_chat_names_its_field(engine, change, param):
    response = engine.post(CHAT, {"messages": [USER], **change})

    assert response.status_code == 400
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert error["param"] == param


@pytest.mark.parametrize(("change", "param"), BAD_COMPLETIONS)
def test_a_bad_completion_names_its_field(engine, change, param):
    response = engine.post(TEXT, {"prompt": "a", **change})

    assert response.status_code == 400
    assert response.json()["error"]["param"] == param


@pytest.mark.parametrize("path", [CHAT, TEXT])
def test_another_model_does_not_exist(engine, path):
    response = engine.post(path, {"model": "gpt-4", "messages": [USER], "prompt": "a"})

    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"
    assert "serves 'tiny-llama'" in response.json()["error"]["message"]


@pytest.mark.parametrize("model", [None, "tgi", "tiny-llama"])
def test_the_names_that_mean_this_model(engine, model):
    body = {"model": model, "messages": [USER], "max_tokens": 1}

    assert engine.post(CHAT, body).is_success


@pytest.mark.parametrize(
    "change", [{"messages": [{"role": "user", "content": "x" * 5000}]}, {"max_tokens": 4090}]
)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_does_not_fit_the_context_is_refused(engine, change, streamed):
    response = engine.post(CHAT, {"messages": [USER], "stream": streamed, **change})

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "context_length_exceeded"


@pytest.mark.parametrize(
    "messages",
    [
        [USER, {"role": "assistant", "content": "a"}],
        [{"role": "user", "content": "<|im_end|>"}],
    ],
)
def test_messages_that_the_format_does_not_allow_are_a_template_error(engine, messages):
    response = engine.post(CHAT, {"messages": messages})

    assert response.status_code == 422
    assert response.json()["error"]["code"] == "template_error"


def test_tools_and_a_response_format_exclude_each_other(engine):
    body = {"messages": [USER], "tools": [TOOL], "response_format": {"type": "json_object"}}

    response = engine.post(CHAT, body)

    assert response.status_code == 400
    assert response.json()["error"]["message"] == "Grammar and tools are mutually exclusive"


def test_a_base_model_has_no_chat(start_engine, tiny_settings):
    base = start_engine(dataclasses.replace(tiny_settings, prompt_format=None))

    chat = base.post(CHAT, {"messages": [USER]})
    through_sagemaker = base.post("/invocations", {"messages": [USER]})
    completion = base.post(TEXT, {"prompt": "a", "max_tokens": 1})

    assert chat.status_code == 422
    assert chat.json()["error"]["code"] == "template_error"
    assert through_sagemaker.status_code == 422
    assert through_sagemaker.json()["error_type"] == "template_error"
    assert completion.is_success


def test_bad_json_method_and_path_have_openais_shape(engine):
    bad = engine.client.post(engine.url + CHAT, content=b"{")
    got = engine.get(CHAT)
    unknown = engine.get("/v1/embeddings")
    other = engine.get("/v1/models/other")

    assert [each.status_code for each in (bad, got, unknown, other)] == [400, 405, 404, 404]
    assert all(each.json()["error"]["type"] for each in (bad, got, unknown, other))
    assert other.json()["error"]["code"] == "model_not_found"
