"""Data files with problems: all of them are told at once, each with its place and what to write."""

import pytest

from catalog.overlays import MODEL, write_folder
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.errors import InvalidFile


def problems_of(folder, **files):
    with pytest.raises(InvalidFile) as raised:
        load_catalog(write_folder(folder, **files))
    return list(raised.value.problems)


def test_all_problems_of_a_file_are_told_at_once(tmp_path):
    text = (
        MODEL.replace("layers = 32", 'layers = "32"')
        .replace("heads = 32\n", "", 1)
        .replace("gated = false", "gated = 1")
        .replace("2026-11-01", '"2026-11-01"')
        .replace("context_tokens", "context_token")
        .replace('"safety-tuned"', '"safety-tune"')
        .replace("acme/helper-7b", "helper-7b")
    )

    assert problems_of(tmp_path, models__acme=text) == [
        "models/acme.toml: gated: is 1, expected true or false",
        (
            'models/acme.toml: guardrails: is "safety-tune", '
            "expected one of none, safety-tuned, classifier; did you mean safety-tuned?"
        ),
        (
            'models/acme.toml: checked_on: is "2026-11-01", '
            "expected a date without quotes, like 2026-11-22"
        ),
        "models/acme.toml: architecture.heads: is missing, expected a whole number of at least 1",
        (
            "models/acme.toml: architecture.context_tokens: is missing, "
            "expected a whole number of at least 1"
        ),
        'models/acme.toml: architecture.layers: is "32", expected a whole number of at least 1',
        "models/acme.toml: architecture.context_token: no such key; did you mean context_tokens?",
        (
            'models/acme.toml: sources[0].repo: is "helper-7b", '
            "expected a repository like meta-llama/Llama-2-7b-hf"
        ),
    ]


def test_problems_of_all_files_are_told_together(tmp_path):
    broken = MODEL.replace("gated = false\n", "")

    told = problems_of(tmp_path, models__one=broken, models__two=broken, licenses__three="")

    assert [problem.partition(":")[0] for problem in told] == [
        "models/one.toml", "models/two.toml", *["licenses/three.toml"] * 6,
    ]  # fmt: skip


def test_a_syntax_error_names_the_line(tmp_path):
    (told,) = problems_of(tmp_path, models__acme="name = \n")

    assert told == "models/acme.toml: not a TOML file in UTF-8: Invalid value (at line 1, column 8)"


def test_text_that_is_not_utf_8_is_told(tmp_path):
    folder = write_folder(tmp_path, models__acme="")
    (folder / "models/acme.toml").write_bytes(b'name = "\xff"')

    with pytest.raises(InvalidFile, match="not a TOML file in UTF-8"):
        load_catalog(folder)


def test_a_file_name_that_is_no_id_is_told(tmp_path):
    folder = write_folder(tmp_path, models__acme=MODEL)
    (folder / "models/acme.toml").rename(folder / "models/Acme Helper.toml")

    with pytest.raises(InvalidFile) as raised:
        load_catalog(folder)

    assert raised.value.problems == (
        (
            'models/Acme Helper.toml: the file\'s name: is "Acme Helper", '
            "expected an id of lower-case letters, digits, `-` and `.`"
        ),
    )


def test_a_license_that_there_is_not_names_the_close_one(tmp_path):
    text = MODEL.replace('license = "llama-2"', 'license = "llama-2.0"')

    assert problems_of(tmp_path, models__acme=text) == [
        (
            'models/acme.toml: license: there is no license "llama-2.0"; '
            "did you mean llama-2 or llama-3.3 or llama-3.2?"
        )
    ]


def test_heads_that_do_not_share_evenly_are_told(tmp_path):
    text = MODEL.replace("kv_heads = 32", "kv_heads = 5")

    assert problems_of(tmp_path, models__acme=text) == [
        "models/acme.toml: architecture.kv_heads: is 5, expected a divisor of the 32 heads"
    ]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('kind = "huggingface"', 'kind = "hugging-face"', "did you mean huggingface?"),
        ('kind = "huggingface"\n', "", "sources[0].kind: is missing"),
        ("rope_theta = 10_000", "rope_theta = nan", "rope_theta: is nan"),
        ("rope_theta = 10_000", "rope_theta = true", "rope_theta: is true"),
        ("layers = 32", "layers = true", "layers: is true"),
        ("layers = 32", "layers = 0", "layers: is 0"),
        ("2026-11-01", "2026-11-01T10:00:00", "checked_on: is 2026-11-01 10:00:00"),
        ('name = "Acme Helper"', 'name = " "', 'name: is " "'),
        (
            'repo = "acme/helper-7b"',
            'repo = "acme/helper-7b"\nrevision = "main"',
            "a full commit of 40 hexadecimal digits",
        ),
        (
            'source = "our own',
            'notes = "one"\nsource = "our own',
            'notes: is "one", expected a list',
        ),
    ],
)
def test_a_wrong_value_is_told_with_what_is_expected(before, after, told, tmp_path):
    text = MODEL.replace(before, after, 1)

    (problem,) = problems_of(tmp_path, models__acme=text)

    assert told in problem


def test_a_model_without_a_source_is_told(tmp_path):
    text = MODEL.partition("[[sources]]")[0].replace(
        "[architecture]", "sources = []\n[architecture]"
    )

    (problem,) = problems_of(tmp_path, models__acme=text)

    assert problem.startswith(
        "models/acme.toml: sources: is an empty list, expected a list, at least 1"
    )
