"""Clients that were written elsewhere: openai, huggingface_hub and text-generation."""

import json

import openai
import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import ValidationError as HubValidationError
from text_generation import Client
from text_generation.errors import ValidationError

# text-generation 0.7.0, the last one, still calls pydantic's version 1 methods.
pytestmark = pytest.mark.filterwarnings("ignore:The `dict` method:DeprecationWarning")

MESSAGES = [{"role": "user", "content": "hello"}]
PARAMETERS = {"type": "object", "properties": {"x": {"enum": [1, 2]}}, "required": ["x"]}
TOOLS = [{"type": "function", "function": {"name": "add", "parameters": PARAMETERS}}]


@pytest.fixture
def openai_client(engine):
    with openai.OpenAI(base_url=f"{engine.url}/v1", api_key="any", max_retries=0) as client:
        yield client


@pytest.fixture
def hub_client(engine):
    return InferenceClient(base_url=engine.url)


@pytest.fixture
def tgi_client(engine):
    return Client(engine.url)


def test_openai_chats(openai_client):
    answer = openai_client.chat.completions.create(
        model="tiny-llama",
        messages=MESSAGES,
        max_tokens=5,
        seed=1,  # noise may begin with bytes of no character, which have no text to be given with
        logprobs=True,
        top_logprobs=2,
    )

    assert answer.usage.completion_tokens == 5
    assert answer.choices[0].finish_reason == "length"
    assert len(answer.choices[0].logprobs.content[0].top_logprobs) == 2


def test_openai_streams_a_chat(openai_client):
    stream = openai_client.chat.completions.create(
        model="tiny-llama",
        messages=MESSAGES,
        max_tokens=5,
        stream=True,
        stream_options={"include_usage": True},
    )

    *chunks, last = stream
    assert chunks[0].choices[0].delta.role == "assistant"
    assert last.usage.completion_tokens == 5


def test_openai_completes_and_streams(openai_client):
    whole = openai_client.completions.create(
        model="tiny-llama", prompt="hello", max_tokens=9, temperature=0
    )
    stream = openai_client.completions.create(
        model="tiny-llama", prompt="hello", max_tokens=9, temperature=0, stream=True
    )

    assert "".join(chunk.choices[0].text for chunk in stream) == whole.choices[0].text


def test_openai_calls_a_tool(openai_client):
    answer = openai_client.chat.completions.create(
        model="tiny-llama", messages=MESSAGES, tools=TOOLS, tool_choice="required"
    )

    (call,) = answer.choices[0].message.tool_calls
    assert call.function.name == "add"
    assert json.loads(call.function.arguments)["x"] in (1, 2)


def test_openai_streams_a_tool_call(openai_client):
    with openai_client.chat.completions.stream(
        model="tiny-llama", messages=MESSAGES, tools=TOOLS, tool_choice="required"
    ) as stream:
        stream.until_done()
        message = stream.get_final_completion().choices[0].message

    assert message.tool_calls[0].function.name == "add"
    assert json.loads(message.tool_calls[0].function.arguments)["x"] in (1, 2)


def test_openai_lists_models(openai_client):
    assert [model.id for model in openai_client.models.list()] == ["tiny-llama"]
    assert openai_client.models.retrieve("tiny-llama").id == "tiny-llama"


def test_openai_raises_its_own_errors(openai_client):
    create = openai_client.chat.completions.create

    with pytest.raises(openai.NotFoundError, match="does not exist"):
        create(model="gpt-4", messages=MESSAGES)
    with pytest.raises(openai.BadRequestError, match="must not be empty"):
        create(model="tiny-llama", messages=[])
    with pytest.raises(openai.BadRequestError, match="temperature"):
        create(model="tiny-llama", messages=MESSAGES, temperature=3)
    with pytest.raises(openai.UnprocessableEntityError):
        create(model="tiny-llama", messages=[*MESSAGES, {"role": "assistant", "content": "a"}])


def test_hub_generates_with_details(hub_client):
    answer = hub_client.text_generation(
        "hello", max_new_tokens=5, details=True, stop=["zzz"], seed=3, do_sample=True
    )

    assert answer.details.finish_reason == "length"
    assert answer.details.generated_tokens == 5
    assert answer.details.seed == 3


def test_hub_streams_with_details(hub_client):
    *tokens, last = hub_client.text_generation("hello", max_new_tokens=5, details=True, stream=True)

    assert all(event.generated_text is None for event in tokens)
    assert last.details.generated_tokens == 5
    assert last.details.input_length == 6


def test_hub_chats_and_streams(hub_client):
    whole = hub_client.chat_completion(MESSAGES, max_tokens=7, temperature=0.0)
    stream = hub_client.chat_completion(MESSAGES, max_tokens=7, temperature=0.0, stream=True)

    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text == whole.choices[0].message.content


def test_hub_calls_a_tool(hub_client):
    answer = hub_client.chat_completion(MESSAGES, tools=TOOLS, tool_choice="required")

    assert answer.choices[0].message.tool_calls[0].function.name == "add"


def test_hub_constrains_with_a_schema(hub_client):
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": PARAMETERS}}

    answer = hub_client.chat_completion(MESSAGES, response_format=form)

    assert json.loads(answer.choices[0].message.content)["x"] in (1, 2)


def test_hub_tells_an_error(hub_client):
    with pytest.raises(HubValidationError, match="`top_p` must be"):
        hub_client.text_generation("hello", top_p=1.0)


def test_text_generation_generates(tgi_client):
    answer = tgi_client.generate("hello", max_new_tokens=5)

    assert answer.details.generated_tokens == 5
    assert len(answer.details.tokens) == len([t for t in answer.details.tokens if t.id >= 0])


def test_text_generation_streams(tgi_client):
    *tokens, last = tgi_client.generate_stream("hello", max_new_tokens=30)

    text = "".join(event.token.text for event in [*tokens, last] if not event.token.special)
    assert last.generated_text == text
    assert last.details.finish_reason == "length"


def test_text_generation_constrains(tgi_client):
    answer = tgi_client.generate(
        "hello", max_new_tokens=40, grammar={"type": "regex", "value": "[0-9]{4}"}
    )

    assert answer.generated_text.isdigit()
    assert answer.details.finish_reason == "eos_token"


def test_text_generation_chats(tgi_client):
    answer = tgi_client.chat(MESSAGES, max_tokens=5, temperature=0.5)

    assert answer.choices[0].message.role == "assistant"
    assert answer.usage["completion_tokens"] == 5


def test_text_generation_raises_tgis_validation_error(tgi_client):
    with pytest.raises(ValidationError, match="must be <= 4096"):
        tgi_client.generate("hello", max_new_tokens=5000)
