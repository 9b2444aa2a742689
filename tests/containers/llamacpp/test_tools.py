"""Tools and JSON schemas: a model whose text is noise has to write what they allow."""

import json
from itertools import pairwise

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamactl_containers.llamacpp.chat_messages import call_text
from llamactl_containers.llamacpp.fields import Fields
from llamactl_containers.llamacpp.grammar import json_constraint, regex_constraint
from llamactl_containers.llamacpp.refusal import Refused
from llamactl_containers.llamacpp.tools import CallDelta, CallReader, read_tools

CHAT = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "Is it warm in Paris?"}]
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"$ref": "#/$defs/city"}, "days": {"enum": [1, 2, 3]}},
    "required": ["city", "days"],
    "$defs": {"city": {"type": "string", "pattern": "^[a-z]{3,8}$"}},
}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}
CLOCK = {"type": "function", "function": {"name": "clock"}}
BY_NAME = {"type": "function", "function": {"name": "clock"}}


def ask(engine, **change):
    body = {"messages": MESSAGES, "tools": [WEATHER, CLOCK], "max_tokens": 200, "seed": 1}
    return engine.post(CHAT, {**body, **change}).raise_for_status().json()["choices"][0]


def test_a_required_call_follows_its_schema(engine):
    choice = ask(engine, tools=[WEATHER], tool_choice="required")

    (call,) = choice["message"]["tool_calls"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    assert call["type"] == "function"
    assert call["function"]["name"] == "weather"
    jsonschema.validate(json.loads(call["function"]["arguments"]), PARAMETERS)


@pytest.mark.parametrize("choice", [BY_NAME, "clock"])
def test_a_named_tool_is_the_one_that_is_called(engine, choice):
    call = ask(engine, tool_choice=choice)["message"]["tool_calls"][0]

    assert call["function"] == {"name": "clock", "arguments": "{}"}


def test_none_leaves_the_tools_out(engine):
    choice = ask(engine, tool_choice="none", max_tokens=5)

    assert "tool_calls" not in choice["message"]
    assert choice["finish_reason"] == "length"


def test_auto_gives_text_or_a_call(engine):
    choices = [ask(engine, seed=seed, max_tokens=60) for seed in range(8)]

    talks = [choice for choice in choices if "tool_calls" not in choice["message"]]
    assert talks
    assert all(choice["message"]["content"] for choice in talks)


def test_a_streamed_call_adds_up_to_the_whole_one(engine):
    body = {"messages": MESSAGES, "tools": [WEATHER], "tool_choice": "required", "temperature": 0}
    whole = engine.post(CHAT, body).json()["choices"][0]["message"]["tool_calls"][0]["function"]

    chunks = [each["choices"][0] for each in engine.events_of(CHAT, {**body, "stream": True})]

    first, *others = [call for each in chunks for call in each["delta"].get("tool_calls", [])]
    assert chunks[0]["delta"]["role"] == "assistant"
    assert first["function"]["name"] == "weather"
    assert first["id"].startswith("call_")
    arguments = "".join(call["function"]["arguments"] for call in [first, *others])
    assert arguments == whole["arguments"]
    assert chunks[-1]["finish_reason"] == "tool_calls"


def test_a_call_that_is_cut_off_says_length(engine):
    choice = ask(engine, tools=[WEATHER], tool_choice="required", max_tokens=45)

    assert choice["finish_reason"] == "length"
    assert choice["message"]["tool_calls"][0]["function"]["name"] == "weather"


def test_a_json_schema_is_enforced_and_closed(engine):
    form = {"type": "json_schema", "json_schema": {"name": "w", "schema": PARAMETERS}}
    body = {"messages": MESSAGES, "response_format": form, "seed": 2}

    choice = engine.post(CHAT, body).json()["choices"][0]

    answer = json.loads(choice["message"]["content"])
    jsonschema.validate(answer, {**PARAMETERS, "additionalProperties": False})
    assert choice["finish_reason"] == "stop"


def test_tgis_json_grammar_is_enforced(engine):
    schema = {"properties": {"n": {"type": "integer", "maximum": 99, "minimum": 0}}}
    grammar = {"type": "json", "value": json.dumps({**schema, "required": ["n"]})}

    body = {"inputs": "a", "parameters": {"grammar": grammar}}
    text = engine.post("/generate", body).json()["generated_text"]

    assert set(json.loads(text)) == {"n"}


@pytest.mark.parametrize(
    "schema",
    [{"not": {}}, {"type": "florp"}, {"$ref": "#/$defs/missing"}],
)
def test_a_schema_that_cannot_be_enforced_is_refused(schema):
    with pytest.raises(Refused) as raised:
        json_constraint({"type": "object", "properties": {"a": schema}}, "response_format")

    assert raised.value.kind == "validation"


@pytest.mark.parametrize("pattern", ["a/b", r"a\/b", "a\nb", r"\d+\\/"])
def test_slashes_and_line_ends_of_a_pattern_are_kept(pattern):
    assert regex_constraint(pattern, "grammar")


def test_a_property_that_is_called_properties_is_a_property():
    inner = {"type": "object", "properties": {"properties": {"type": "string"}}}

    rules = json_constraint(inner, "response_format").grammar
    assert '"properties":{"properties":{"type":"string"}}' in rules


def test_the_prompt_is_told_of_the_chosen_tools_only():
    tools = read_tools(Fields({"tools": [WEATHER, CLOCK], "tool_choice": "clock"}))

    assert tools is not None
    assert "clock" in tools.instruction
    assert "weather" not in tools.instruction


@given(name=st.text(min_size=1), cuts=st.lists(st.integers(0, 80)), city=st.text())
def test_a_call_is_read_the_same_however_it_is_cut(name, cuts, city):
    arguments = json.dumps({"city": city, "in": {"a": "}"}})
    text = call_text(name, arguments)
    ends = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    reader = CallReader()

    parts = [text[start:end] for start, end in pairwise(ends)]
    deltas = [delta for part in parts if (delta := reader.feed(part)) is not None]

    assert all(isinstance(delta, CallDelta) for delta in deltas)
    assert [delta.name for delta in deltas if delta.name is not None] == [name]
    assert "".join(delta.arguments for delta in deltas) == arguments


@given(st.lists(st.text(min_size=1), min_size=1).filter(lambda parts: parts[0][0] != "{"))
def test_text_is_passed_on_as_it_comes(parts):
    reader = CallReader()

    assert [reader.feed(part) for part in parts] == parts
