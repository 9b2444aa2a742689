"""The overlay that docs/overlay.md shows is one that loads, and does what the page says."""

import re
from pathlib import Path

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.model import FileSource, FileText

PAGE = Path(__file__).parents[2] / "docs" / "overlay.md"
EXAMPLE = re.compile(r"<!-- (\S+\.toml) -->\n```toml\n(.*?)```", re.DOTALL)


@pytest.fixture
def catalog(tmp_path):
    for kind in ("models", "licenses"):
        (tmp_path / kind).mkdir()
    for name, text in EXAMPLE.findall(PAGE.read_text("utf-8")):
        (tmp_path / name).write_text(text, "utf-8")
    return load_catalog(tmp_path)


def test_the_rules_of_the_page_hide_what_it_says(catalog):
    hidden = {each.model.id: each.reason for each in catalog.hidden}

    assert hidden["llama-2-70b-chat"] == "denied: over the team's budget"
    assert hidden["mpt-7b-chat"] == "denied: we are a business"
    assert hidden["falcon-7b"].startswith("not among the allowed")
    assert "llama-2-7b-chat" not in hidden


def test_the_model_of_the_page_is_there_with_its_file(catalog):
    source = catalog.model("acme-helper").sources[0]

    assert source == FileSource("weights/acme-helper.Q4_K_M.gguf", None)


def test_the_license_of_the_page_is_there_with_its_text_and_question(catalog, tmp_path):
    terms = catalog.license("acme-terms")

    assert terms.texts[0].places == (FileText(str(tmp_path / "licenses/acme-terms.txt")),)
    assert terms.conditions[0].is_asked_for("acme-helper")
    assert not terms.conditions[0].is_asked_for("llama-2-7b")
