"""Every size of a schema or pattern has a limit, and the refusal names the keyword."""

import pytest

from llamactl_containers.llamacpp.constraint_fields import read_constraint
from llamactl_containers.llamacpp.fields import Fields
from llamactl_containers.llamacpp.forced_text import ForcedText
from llamactl_containers.llamacpp.grammar import json_constraint, regex_constraint
from llamactl_containers.llamacpp.pattern_limits import expanded_size
from llamactl_containers.llamacpp.refusal import Refused
from llamactl_containers.llamacpp.schema_limits import check_schema

STRING = {"type": "string"}


def doubled(keyword, depth):
    definitions = {f"d{depth}": STRING}
    for index in range(depth):
        both = [{"$ref": f"#/$defs/d{index + 1}"}] * 2
        inner = {"properties": dict(zip("ab", both, strict=True)), "required": ["a", "b"]}
        definitions[f"d{index}"] = inner if keyword == "properties" else {keyword: both}
    return {"$ref": "#/$defs/d0", "$defs": definitions}


def nested(depth):
    schema = STRING
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


TOO_LARGE = [
    ({"type": "array", "minItems": 10**9}, "`minItems` is 1000000000; the limit is 1000"),
    ({"type": "array", "maxItems": 10**7}, "`maxItems` is 10000000; the limit is 1000"),
    ({"type": "string", "minLength": 10**6}, "`minLength` is 1000000; the limit is 100000"),
    ({"type": "string", "maxLength": 1e9}, "`maxLength` is 1000000000; the limit is 100000"),
    ({"type": "object", "minProperties": 10**8}, "`minProperties` is 100000000"),
    ({"type": "object", "maxProperties": 1001}, "`maxProperties` is 1001; the limit is 1000"),
    ({"type": "integer", "multipleOf": 499_979}, "`multipleOf` is 499979"),
    ({"type": "number", "multipleOf": 0.0499979}, "`multipleOf` is 0.0499979"),
    ({"type": "string", "pattern": "a{10000}"}, "`pattern` has more than 9999 repeats"),
    ({"type": "string", "pattern": ".*" * 501}, "`pattern` has 1002 characters"),
    ({"type": "string", "pattern": "((a{1,100}){1,100}){1,100}"}, "`pattern` has 1000000 char"),
    ({"patternProperties": {"a{99999}": STRING}}, "`patternProperties` has more than 9999 repeats"),
    ({"enum": list(range(1001))}, "`enum` has 1001 values; the limit is 1000"),
    ({"enum": ["x" * 2000]}, "`enum` has 2002 characters in a value; the limit is 2000"),
    ({"const": "x" * 5000}, "`const` has 5002 characters in a value"),
    ({"const": {"a": ["x"] * 1000}}, "`const` has"),
    ({"anyOf": [STRING] * 201}, "`anyOf` has 201 schemas; the limit is 200"),
    ({"oneOf": [STRING] * 201}, "`oneOf` has 201 schemas"),
    ({"allOf": [STRING] * 201}, "`allOf` has 201 schemas"),
    ({"prefixItems": [STRING] * 201}, "`prefixItems` has 201 schemas"),
    ({"items": [STRING] * 201}, "`items` has 201 schemas"),
    ({"properties": {f"p{i}": STRING for i in range(301)}}, "`properties` has 301 entries"),
    ({"properties": {"x" * 2001: STRING}}, "`properties` has 2001 characters in a name"),
    ({"$defs": {f"p{i}": STRING for i in range(301)}}, "`$defs` has 301 entries"),
    ({"required": [f"p{i}" for i in range(301)]}, "`required` has 301 names"),
    (nested(33), "`schema` has 33 levels; the limit is 32"),
    ({"type": "integer", "maximum": 2**53 + 1}, "`maximum` is 9007199254740993"),
    ({"type": "number", "exclusiveMinimum": -1e300}, "`exclusiveMinimum` is -1e+300"),
    ({"items": {"const": "x" * 500}, "minItems": 100}, "dictate 50400 characters in a row"),
    (doubled("properties", 30), "characters in a row"),
    (
        {"properties": {f"p{i}": {"type": "array", "maxItems": 700} for i in range(3)}},
        "`maxItems` adds up to 2100 over the request; the limit is 2000",
    ),
    (
        {"properties": {f"p{i}": {"multipleOf": 997} for i in range(6)}},
        "`multipleOf` adds up to 5982",
    ),
    ({"anyOf": [{"enum": list(range(i, i + 900))} for i in range(3)]}, "`enum` adds up to 2700"),
]
UNSUPPORTED = [
    ({"type": "string", "format": "uri"}, "unknown `format` 'uri'"),
    ({"type": "array", "uniqueItems": True}, "the keyword `uniqueItems` is not supported"),
    ({"not": {}}, "the keyword `not`"),
    ({"if": {}, "then": {}}, "the keyword `if`"),
    ({"propertyNames": STRING}, "the keyword `propertyNames`"),
    ({"x-guidance": {"lenient": True}}, "the keyword `x-guidance`"),
    ({"properties": {"a": {"x-guidance": {}}}}, "the keyword `x-guidance`"),
    ({"type": "text"}, "unknown `type` 'text'"),
    ({"type": None}, "unknown `type` None"),
    ({"properties": []}, "`properties` must be an object"),
    ({"items": 3}, "a schema must be an object or a boolean, not 3"),
    ({"anyOf": []}, "`anyOf` must be an array of schemas"),
    ({"minItems": -1}, "`minItems` must be a whole number of at least 0, not -1"),
    ({"maxLength": True}, "`maxLength` must be a whole number"),
    ({"multipleOf": 0}, "`multipleOf` must be greater than 0"),
    ({"minimum": "3"}, "`minimum` must be a number, not '3'"),
    ({"pattern": 3}, "`pattern` must be a string"),
    ({"required": "a"}, "`required` must be an array of strings"),
    ({"$ref": "http://127.0.0.1/x"}, "`$ref` must name a schema of this request"),
    ({"$ref": "#/$defs/missing"}, "`$ref` names '#/$defs/missing', which is not there"),
    ({"$ref": "#/default", "default": {"minItems": 10**9}}, "`$ref` names '#/default'"),
    ({"properties": {"a": {"$defs": {}}}}, "the keyword `$defs` is not supported here"),
]


@pytest.mark.parametrize(("schema", "message"), [*TOO_LARGE, *UNSUPPORTED])
def test_a_schema_that_is_too_large_or_not_held_is_refused_by_keyword(schema, message):
    with pytest.raises(Refused) as raised:
        json_constraint(schema, "response_format")

    assert message in raised.value.message
    assert raised.value.param == "response_format"


def test_the_grammar_as_a_whole_has_a_limit():
    schema = {"anyOf": [{"enum": [f"{i}-{'x' * 300}"]} for i in range(200)]}

    with pytest.raises(Refused, match=r"bytes; the limit is 65536"):
        json_constraint({"allOf": [schema, schema]}, "response_format")


def test_annotations_are_left_out():
    schema = {"title": "T", "properties": {"title": {"default": "x", "type": "string"}}}

    checked = check_schema(schema, "response_format")

    assert checked["properties"] == {"title": {"type": "string"}}
    assert "title" not in checked


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("abc", 3),
        ("a{5}", 5),
        ("a{2,5}b", 6),
        ("(ab){3}", 6),
        ("((a{2}){3}){4}", 24),
        ("[a-z{9}]{4}", 4),
        (r"\{9}", 3),
        (r"\p{Lu}{7}", 7),
        ("a{3}{4}", 12),
        ("a?b*c+", 3),
        ("a{0,10000}", None),
        ("a{" + "9" * 5000 + "}", None),
    ],
)
def test_a_pattern_is_counted_with_its_repeats_written_out(pattern, size):
    assert expanded_size(pattern) == size


@pytest.mark.parametrize("pattern", ["(" * 900, "[" * 900, "\\", "a{", ")" * 900, "{3}"])
def test_a_malformed_pattern_can_be_counted(pattern):
    assert expanded_size(pattern) is not None


@pytest.mark.parametrize(
    ("schema", "longest"),
    [
        ({"const": "abc"}, 5),
        ({"enum": ["a", "abc"]}, 5),
        ({"items": {"const": "abc"}, "minItems": 10}, 70),
        ({"type": "string"}, 2),
        ({"properties": {"a": {"const": "xy"}}, "required": ["a"]}, 13),
        ({"$ref": "#"}, 2),
    ],
)
def test_the_longest_dictated_text_is_found(schema, longest):
    assert ForcedText(schema).longest() == longest


def test_a_pattern_of_a_request_is_bounded_too():
    with pytest.raises(Refused, match="more than 9999 repeats"):
        regex_constraint("(a{3,99999})*", "grammar")


def tagged(*values):
    return {"properties": {"kind": {"enum": list(values)}}, "required": ["kind"]}


@pytest.mark.parametrize(
    ("alternatives", "is_opened"),
    [
        ([tagged("a"), tagged("b", "c")], True),
        ([{"$ref": "#/$defs/a"}, tagged("b")], True),
        ([tagged("a", "b"), tagged("b")], False),
        ([tagged("a"), STRING], False),
        ([tagged("a"), {"properties": {"kind": {"const": "b"}}}], False),
    ],
)
def test_one_of_schemas_that_cannot_overlap_is_any_of(alternatives, is_opened):
    schema = {"oneOf": alternatives, "$defs": {"a": tagged("a")}}

    assert ("anyOf" in check_schema(schema, "response_format")) == is_opened


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
HELD = [
    {"response_format": {"type": "json_object"}},
    {"response_format": {"type": "json_object", "schema": SCHEMA}},
    {"response_format": {"type": "json_object", "value": SCHEMA}},
    {"response_format": {"type": "json", "value": SCHEMA}},
    {"response_format": {"type": "json_schema", "schema": SCHEMA}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}},
    {"response_format": {"type": "json_schema", "value": {"name": "a", "schema": SCHEMA}}},
    {"response_format": {"type": "regex", "value": "a+"}},
    {"grammar": {"type": "json", "value": SCHEMA}},
    {"guided_json": SCHEMA},
    {"guided_json": '{"type": "string"}'},
    {"guided_regex": "a+"},
    {"guided_choice": ["a", "b"]},
    {"structured_outputs": {"json": SCHEMA}},
    {"structured_outputs": {"regex": "a"}},
    {"structured_outputs": {"choice": ["a"]}},
    {"structured_outputs": {"json_object": True}},
    {"json_schema": SCHEMA},
    {"regex": "a+"},
    {"format": "json"},
    {"format": SCHEMA},
]
NOT_HELD = [
    ({"response_format": {"type": "json_object", "strict": True}}, "response_format.strict"),
    ({"response_format": {"type": "grammar", "grammar": "root ::= 1"}}, "response_format.grammar"),
    ({"response_format": {"type": "text", "schema": SCHEMA}}, "response_format"),
    ({"response_format": {"type": "json_object", "schema": SCHEMA, "value": SCHEMA}},
     "response_format"),
    ({"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA, "x": 1}}},
     "response_format.json_schema.x"),
    ({"response_format": {"type": "structural_tag"}}, "response_format"),
    ({"guided_grammar": "root ::= 1"}, "guided_grammar"),
    ({"guided_whitespace_pattern": " "}, "guided_whitespace_pattern"),
    ({"grammar": 'root ::= "a"'}, "grammar"),
    ({"grammar_lazy": True}, "grammar_lazy"),
    ({"ebnf": "root ::= 1"}, "ebnf"),
    ({"structural_tag": {}}, "structural_tag"),
    ({"response_schema": SCHEMA}, "response_schema"),
    ({"output_format": SCHEMA}, "output_format"),
    ({"guided_json": 3}, "guided_json"),
    ({"guided_choice": []}, "guided_choice"),
    ({"guided_choice": ["x" * 2001]}, "guided_choice"),
    ({"structured_outputs": {"grammar": "x"}}, "structured_outputs.grammar"),
    ({"structured_outputs": {"json": SCHEMA, "regex": "a"}}, "structured_outputs"),
    ({"guided_regex": "a", "response_format": {"type": "json_object"}}, "guided_regex"),
]  # fmt: skip


@pytest.mark.parametrize("body", HELD)
def test_a_constraint_of_every_dialect_is_read(body):
    assert read_constraint(Fields(body)) is not None


@pytest.mark.parametrize(("body", "param"), NOT_HELD)
def test_a_constraint_that_is_not_held_is_refused_by_its_field(body, param):
    with pytest.raises(Refused) as raised:
        read_constraint(Fields(body))

    assert raised.value.param == param
    assert param in raised.value.message


@pytest.mark.parametrize(
    "body", [{}, {"response_format": {"type": "text"}}, {"guided_json": None}, {"user": "x"}]
)
def test_no_constraint_is_none(body):
    assert read_constraint(Fields(body)) is None
