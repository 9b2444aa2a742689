"""Constraints against the real engine: what clients send is held, what is hostile is refused."""

import datetime as dt
import json
import uuid
from enum import Enum
from typing import Annotated, Literal

import jsonschema
import psutil
import pytest
from pydantic import BaseModel, Field, HttpUrl

CHAT = "/v1/chat/completions"
TEXT = "/v1/completions"
USER = {"role": "user", "content": "hello"}
GIB = 2**30
Short = Annotated[str, Field(max_length=5)]


def chat(engine, schema, **change):
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    body = {"messages": [USER], "max_tokens": 1500, "seed": 3, "response_format": form}
    return engine.post(CHAT, {**body, **change})


class Color(Enum):
    RED = "red"
    GREEN = "dark green"


class Level(BaseModel):
    name: Short
    below: "Level | None" = None


class Deep6(BaseModel):
    a: Short


class Deep5(BaseModel):
    a: Deep6


class Deep4(BaseModel):
    a: Deep5


class Deep3(BaseModel):
    a: Deep4


class Deep2(BaseModel):
    a: Deep3


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=1, le=9)]


class Dog(BaseModel):
    kind: Literal["dog"]
    name: Short


class Tags(BaseModel):
    tags: Annotated[list[Short], Field(max_length=100)]


class Pair(BaseModel):
    pair: tuple[bool, None]


class Choices(BaseModel):
    choice: Literal[tuple(f"value number {index}" for index in range(200))]  # type: ignore[valid-type]


class Colors(BaseModel):
    color: Color
    other: Color | None


class Counts(BaseModel):
    counts: dict[str, Annotated[int, Field(ge=0, le=9)]] = Field(max_length=3)


class Ranges(BaseModel):
    age: Annotated[int, Field(ge=0, le=150)]
    hundredths: Annotated[int, Field(ge=-1000, lt=1000, multiple_of=25)]
    score: Annotated[float, Field(gt=0, lt=1)]


class Texts(BaseModel):
    code: Annotated[str, Field(pattern=r"^[A-Z]{2}-[0-9]{3,5}$")]
    text: Annotated[str, Field(min_length=2, max_length=8)]
    large: Annotated[str, Field(max_length=65_535, pattern="^x?$")]


class Times(BaseModel):
    day: dt.date
    at: dt.datetime
    id: uuid.UUID


class Contact(BaseModel):
    mail: Annotated[str, Field(json_schema_extra={"format": "ipv4"})]
    flag: bool = True


class Pets(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


MODELS = [
    Tags, Choices, Colors, Counts, Ranges, Texts, Times, Contact, Pets, Deep2, Level, Pair,
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_what_pydantic_sends_is_held(engine, model):
    schema = model.model_json_schema()

    answers = [chat(engine, schema, seed=seed) for seed in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3, answers[0].text
    choices = [answer.json()["choices"][0] for answer in answers]
    whole = [each["message"]["content"] for each in choices if each["finish_reason"] == "stop"]
    assert whole
    for text in whole:
        jsonschema.validate(json.loads(text), schema)
        # No schema excludes February 30, which is not a date.
        if model is not Times:
            model.model_validate_json(text)


class Link(BaseModel):
    link: HttpUrl


class Secret(BaseModel):
    secret: Annotated[str, Field(json_schema_extra={"pattern": "^(?=.*[0-9]).+$"})]


class Numbers(BaseModel):
    numbers: set[int]


@pytest.mark.parametrize(
    ("model", "named"), [(Link, "uri"), (Numbers, "uniqueItems"), (Secret, "look-around")]
)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_cannot_be_held_is_refused_by_name(engine, model, named, streamed):
    answer = chat(engine, model.model_json_schema(), stream=streamed)

    assert answer.status_code == 400
    assert named in answer.json()["error"]["message"]
    assert answer.json()["error"]["param"] == "response_format"


# One for each keyword that is let in: what comes out is held against the schema by another library.
KEYWORDS = [
    {"type": ["string", "null"], "maxLength": 3},
    {"enum": ["a", 1, None, True, {"a": [1]}]},
    {"const": {"a": ["é", "\n", '"']}},
    {"anyOf": [{"const": "a"}, {"type": "boolean"}]},
    {"oneOf": [{"type": "boolean"}, {"type": "null"}]},
    {"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 9}]},
    {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3},
    {"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "items": False, "minItems": 2},
    {"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]},
    {"type": "object", "additionalProperties": {"const": 1}, "maxProperties": 2},
    {"type": "object", "additionalProperties": {"const": 1}, "minProperties": 1,
     "maxProperties": 2},
    {"type": "object", "patternProperties": {"^a{2}$": {"const": 1}}, "maxProperties": 1,
     "additionalProperties": False},
    {"type": "string", "minLength": 3, "maxLength": 4},
    {"type": "string", "pattern": "^(ab|cd){1,3}$"},
    {"type": "integer", "exclusiveMinimum": -5, "exclusiveMaximum": 5},
    {"type": "number", "minimum": 0.5, "maximum": 0.75, "multipleOf": 0.01},
    {"type": "integer", "multipleOf": 7, "minimum": 0, "maximum": 999},
    {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"const": "b"}}},
    {"$ref": "#/definitions/a", "definitions": {"a": {"const": "a"}}},
    *({"type": "string", "format": each} for each in ("date", "uuid", "ipv4", "ipv6")),
]  # fmt: skip


@pytest.mark.parametrize("schema", KEYWORDS, ids=json.dumps)
def test_each_keyword_is_held(engine, schema):
    choices = [chat(engine, schema, seed=seed).json()["choices"][0] for seed in range(4)]

    whole = [each["message"]["content"] for each in choices if each["finish_reason"] == "stop"]
    assert whole
    for text in whole:
        jsonschema.validate(json.loads(text), schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"guided_choice": ["yes", "no"]}, ("yes", "no")),
        ({"guided_regex": "[ab]{3}"}, None),
        ({"structured_outputs": {"choice": ["one"]}}, ("one",)),
        ({"guided_json": {"const": 7}}, ("7",)),
        ({"response_format": {"type": "json_object", "schema": {"const": "s"}}}, ('"s"',)),
    ],
)
@pytest.mark.parametrize("path", [CHAT, TEXT])
def test_every_dialects_constraint_is_held(engine, path, change, expected):
    body = {"messages": [USER]} if path == CHAT else {"prompt": "a"}

    choice = engine.post(path, {**body, **change}).json()["choices"][0]

    text = choice["message"]["content"] if path == CHAT else choice["text"]
    assert text in expected if expected else set(text) <= set("ab")
    assert choice["finish_reason"] == "stop"


@pytest.mark.parametrize(
    "body",
    [
        {"parameters": {"guided_json": {}}},
        {"parameters": {"response_format": {}}},
        {"grammar": {"type": "regex", "value": "a"}},
        {"response_format": {"type": "json_object"}},
    ],
)
def test_a_constraint_in_a_place_that_tgi_has_not_is_refused(engine, body):
    answer = engine.post("/generate", {"inputs": "a", **body})

    assert answer.status_code == 422
    assert "is not supported" in answer.json()["error"]


STRINGS = {"type": "array", "items": {"type": "string"}}
HOSTILE = [
    {"type": "json", "value": {"properties": {"a": {**STRINGS, "minItems": 10**9}}}},
    {"type": "json", "value": {"properties": {"a": {**STRINGS, "maxItems": 10**7}}}},
    {"type": "json", "value": {"properties": {"a": {"type": "integer", "multipleOf": 499979}}}},
    {"type": "regex", "value": ".*" * 8000},
    {"type": "regex", "value": ".*" * 499},
    {"type": "regex", "value": "(a?){500}a{500}"},
    {"type": "regex", "value": "((a{1,100}){1,100}){1,100}"},
    {"type": "regex", "value": "(?=a)b"},
    {"type": "regex", "value": "("},
    {"type": "json", "value": {"properties": {"a": {"pattern": ".*" * 499}}}},
]


@pytest.mark.parametrize("grammar", HOSTILE, ids=lambda grammar: json.dumps(grammar)[:80])
@pytest.mark.parametrize("path", ["/generate", "/generate_stream"])
def test_a_hostile_constraint_is_refused_and_the_engine_lives(engine, path, grammar):
    answer = engine.post(path, {"inputs": "a", "parameters": {"grammar": grammar}})

    assert answer.status_code == 422
    assert "grammar is not valid: " in answer.json()["error"]
    assert engine.process.poll() is None
    assert engine.get("/health").is_success
    assert psutil.Process(engine.process.pid).memory_info().rss < GIB


def test_a_tools_schema_is_bounded_too(engine):
    parameters = {"type": "object", "properties": {"a": {**STRINGS, "minItems": 10**9}}}
    function = {"name": "f", "parameters": parameters}

    body = {"messages": [USER], "tools": [{"type": "function", "function": function}]}
    answer = engine.post(CHAT, body)

    assert answer.status_code == 400
    assert "`minItems` is 1000000000" in answer.json()["error"]["message"]


def test_there_may_be_so_many_tools(engine):
    tool = {"type": "function", "function": {"name": "f"}}

    answer = engine.post(CHAT, {"messages": [USER], "tools": [tool] * 1000})

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "tools"


def test_what_tools_share_is_added_up(engine):
    parameters = {"type": "object", "properties": {"a": {**STRINGS, "maxItems": 900}}}
    tools = [
        {"type": "function", "function": {"name": f"f{index}", "parameters": parameters}}
        for index in range(3)
    ]

    answer = engine.post(CHAT, {"messages": [USER], "tools": tools})

    assert "`maxItems` adds up to 2700" in answer.json()["error"]["message"]


def test_a_stop_string_ends_a_constrained_answer(engine):
    body = {"prompt": "a", "guided_regex": "[ab]{40}c", "stop": ["bb", "aa", "c"], "seed": 1}

    choice = engine.post(TEXT, body).json()["choices"][0]

    assert choice["finish_reason"] == "stop"
    assert set(choice["text"]) <= set("ab")
    assert len(choice["text"]) <= 40


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
        {"enum": ["dark green", "a"]},
        {"type": "object", "properties": {"the a": {"type": "boolean"}}, "required": ["the a"]},
    ],
)
def test_a_vocabulary_that_puts_a_space_before_texts_lets_nothing_out(prefixing_engine, schema):
    answer = chat(prefixing_engine, schema, max_tokens=200)

    if answer.status_code == 200:
        content = answer.json()["choices"][0]["message"]["content"]
        jsonschema.validate(json.loads(content), schema)
    else:
        assert answer.status_code == 400
        assert "did not hold the answer to it" in answer.json()["error"]["message"]
