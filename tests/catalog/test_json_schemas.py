"""The exported JSON Schemas: up to date, and of one mind with the checks at load."""

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import llamactl_catalog
from catalog.overlays import MODEL
from llamactl_catalog import shapes

DATA = Path(llamactl_catalog.__file__).parent
SCHEMAS = shapes.json_schemas()
VALIDATORS = {
    name: Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for name, schema in SCHEMAS.items()
}


def as_json(value):
    """What TOML gives, as JSON has it: dates are text."""
    match value:
        case dict():
            return {name: as_json(each) for name, each in value.items()}
        case list():
            return [as_json(each) for each in value]
        case date():
            return value.isoformat()
        case _:
            return value


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_exported_file_is_what_the_code_says(name):
    exported = (DATA / "schema" / name).read_text("utf-8")

    assert exported == shapes.json_text(SCHEMAS[name]), "run python -m llamactl_catalog.shapes"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_is_a_schema(name):
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("kind", ["model", "license"])
def test_every_data_file_names_its_schema_to_editors(kind):
    for path in (DATA / f"{kind}s").glob("*.toml"):
        directive, _, schema = path.read_text("utf-8").splitlines()[0].partition(" ")
        assert directive == "#:schema", path.name
        assert (path.parent / schema).resolve() == DATA / "schema" / f"{kind}.schema.json"


@pytest.mark.parametrize("kind", ["model", "license"])
def test_every_data_file_is_valid_by_its_schema(kind):
    files = sorted((DATA / f"{kind}s").glob("*.toml"))

    assert files
    for path in files:
        content = as_json(tomllib.loads(path.read_text("utf-8")))
        errors = VALIDATORS[f"{kind}.schema.json"].iter_errors(content)
        assert [error.message for error in errors] == [], path.name


VALUES = st.sampled_from(
    [
        None,
        True,
        0,
        1,
        7,
        -1,
        0.5,
        "",
        " ",
        "llama",
        "none",
        "a/b",
        "0" * 40,
        [],
        ["x"],
        {},
        date(2026, 1, 1),
    ]
)
KEYS = st.sampled_from(
    [
        *(("top", name) for name in (*shapes.MODEL.required, *shapes.MODEL.optional, "extra")),
        *(("architecture", name) for name in ("kind", "layers", "rope_theta", "extra")),
        *(("source", name) for name in ("kind", "repo", "revision", "shards")),
    ]
)


@given(changes=st.lists(st.tuples(KEYS, VALUES), max_size=3))
def test_what_the_schema_refuses_the_load_refuses_and_the_other_way_round(changes):
    content = tomllib.loads(MODEL)
    tables = {
        "top": content,
        "architecture": content["architecture"],
        "source": content["sources"][0],
    }
    for (where, name), value in changes:
        if value is None:
            tables[where].pop(name, None)
        else:
            tables[where][name] = value

    valid = VALIDATORS["model.schema.json"].is_valid(as_json(content))

    # JSON has no dates: text for a date, or a date for text, is right there and wrong in TOML.
    if not any(isinstance(value, date) or name == "checked_on" for (_, name), value in changes):
        assert valid == (not list(shapes.MODEL.problems(content)))


def test_an_overlay_is_valid_by_its_schema():
    text = """
    [[allow]]
    commercial_use = true
    reason = "policy"
    [[deny]]
    models = ["llama-3*"]
    licenses = ["falcon-180b"]
    families = ["mpt"]
    reason = "not reviewed"
    [[pin]]
    model = "llama-2-7b"
    revision = "0123456789abcdef0123456789abcdef01234567"
    reason = "reviewed"
    """

    assert VALIDATORS["overlay.schema.json"].is_valid(tomllib.loads(text))
    assert not VALIDATORS["overlay.schema.json"].is_valid({"pin": [{"model": "llama-2-7b"}]})
