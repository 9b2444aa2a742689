"""`llamactl plan --html FILE`: the page beside the table."""

import pytest


@pytest.fixture
def inside(tmp_path, monkeypatch):
    """A folder of the test's own to be in."""
    monkeypatch.chdir(tmp_path)


def test_the_table_is_printed_and_the_page_written(llamactl, tmp_path):
    path = tmp_path / "plan.html"

    alone = llamactl("plan", "llama-2-7b")
    result = llamactl("plan", "llama-2-7b", "--html", path)

    assert result.code == 0
    assert result.out == alone.out
    assert f"wrote {path}" in result.err
    assert result.err.splitlines()[-1].strip().startswith("llamactl deploy llama-2-7b ")
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--html", "plan.html", "--json"], 2, "--html and --json"),
        (["--html", "none/plan.html"], 2, "no folder"),
        (["--html", "."], 2, "directory"),
        (["--html", ""], 2, "empty"),
        (["--html", "plan.html", "--cloud", "local"], 2, "of what clouds rent"),
        (["--html", "plan.html", "--max-usd-per-hour", "0.01"], 7, "the cap is $0.01"),
    ],
)
@pytest.mark.usefixtures("inside")
def test_what_cannot_be_is_one_error_and_no_page(arguments, code, words, llamactl, tmp_path):
    result = llamactl("plan", "llama-2-7b", *arguments)

    assert result.code == code
    assert words in result.err
    assert not list(tmp_path.glob("**/*.html*"))
