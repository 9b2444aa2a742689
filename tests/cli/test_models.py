"""`llamactl models`: the list, its filters, one model's page, and both as JSON."""

import json
import re
from pathlib import Path

import pytest

from cli.asking import asking
from llamactl.app import App
from llamactl.commands.models import command
from llamactl.main import run
from llamactl_catalog.errors import InvalidInput, NotFound, UnknownModel

models, listed = asking(command)

GOLDEN = Path(__file__).parent / "golden"
FIELDS = [
    "id", "family", "parameters", "variant", "context_tokens", "license", "commercial_use",
    "gated", "guardrails", "sources",
]  # fmt: skip
OVERLAY = """
[[deny]]
families = ["mpt"]
reason = "the platform team has not reviewed this family, and the review is planned for spring"
"""


@pytest.fixture
def app(tmp_path):
    return App(state_dir=tmp_path / "state", cache_dir=tmp_path / "cache")


@pytest.fixture
def app_with_overlay(tmp_path):
    overlay = tmp_path / "acme.toml"
    overlay.write_text(OVERLAY, "utf-8")
    return App(tmp_path / "state", tmp_path / "cache", catalog_overlay=overlay)


def ids(app, *arguments):
    return [each["id"] for each in listed(app, *arguments)]


def test_the_list_is_as_reviewed(app):
    assert models(app).stdout == (GOLDEN / "models_list.txt").read_text("utf-8")


def test_the_page_of_a_model_is_as_reviewed(app):
    page = models(app, "show", "llama-2-7b-chat").stdout

    assert page == (GOLDEN / "models_show_llama_2_7b_chat.txt").read_text("utf-8")


def test_no_command_and_list_are_the_same(app):
    assert models(app).stdout == models(app, "list").stdout
    assert models(app, "--json").stdout == models(app, "list", "--json").stdout


def test_the_list_fits_eighty_columns(app):
    assert max(map(len, models(app).stdout.splitlines())) <= 80


def test_every_page_fits_eighty_columns(app):
    for model_id in ids(app):
        assert max(map(len, models(app, "show", model_id).stdout.splitlines())) <= 80, model_id


def test_json_has_exactly_the_fields_of_the_public_interface(app):
    for each in listed(app):
        assert list(each) == FIELDS
        assert all("kind" in source for source in each["sources"])


def test_json_of_a_base_model_says_that_it_has_no_guardrails(app):
    guardrails = {each["id"]: each["guardrails"] for each in listed(app)}

    assert guardrails["llama-2-7b"] == "none"
    assert guardrails["llama-2-7b-chat"] == "safety-tuned"
    assert guardrails["llama-guard-7b"] == "classifier"


def test_json_values_of_a_model(app):
    (model,) = [each for each in listed(app) if each["id"] == "llama-2-70b-chat"]

    assert model | {"sources": []} == {
        "id": "llama-2-70b-chat",
        "family": "llama-2",
        "parameters": 68_976_648_192,
        "variant": "chat",
        "context_tokens": 4096,
        "license": "llama-2",
        "commercial_use": True,
        "gated": True,
        "guardrails": "safety-tuned",
        "sources": [],
    }
    assert model["sources"][-1]["retired_on"] == "2025-06-30"


def test_filters_are_joined(app):
    assert ids(app, "--family", "llama-2", "--variant", "chat", "--max-parameters", "13B") == [
        "llama-2-7b-chat",
        "llama-2-13b-chat",
    ]
    assert ids(app, "--license", "falcon-180b") == ["falcon-180b", "falcon-180b-chat"]


def test_commercial_leaves_out_what_a_business_may_not_use(app):
    left_out = set(ids(app)) - set(ids(app, "--commercial"))

    assert left_out == {"mpt-7b-chat", "mpt-7b-8k-chat", "mpt-30b-chat"}


def test_commercial_says_which_a_business_may_not_host_for_others(app):
    lines = models(app, "--commercial").stdout.splitlines()

    assert [line.split()[0] for line in lines if "own use" in line] == [
        "falcon-180b",
        "falcon-180b-chat",
    ]


@pytest.mark.parametrize(
    ("size", "model_id", "included"),
    [
        ("13B", "llama-2-13b", True),
        ("11.8B", "llama-2-13b", False),
        ("6B", "llama-2-7b", False),
        ("7B", "llama-2-7b", True),
        ("7b", "mistral-7b-v0.1", True),
        ("7B", "llama-3-8b", False),
        ("70B", "llama-3-70b", True),
        ("3B", "llama-3.2-3b", True),
        ("1B", "llama-3.2-1b", False),
        ("1B", "llama-guard-3-1b", False),
        ("40B", "falcon-40b", True),
        ("405B", "llama-3.1-405b", True),
        ("135M", "smollm2-135m-instruct", True),
        ("120M", "smollm2-135m-instruct", False),
        ("6738415616", "llama-2-7b", True),
    ],
)
def test_the_largest_size_is_meant_with_a_tenth_to_spare(size, model_id, included, app):
    assert (model_id in ids(app, "--max-parameters", size)) == included


def test_a_size_that_is_none_is_a_usage_error(app):
    result = models(app, "--max-parameters", "big")

    assert result.exit_code == 2
    assert "write it like 13B" in result.stderr


@pytest.mark.parametrize(("option", "close"), [("--family", "llama-2"), ("--license", "llama-2")])
def test_a_filter_on_a_name_that_there_is_not_names_the_close_one(option, close, app):
    with pytest.raises(InvalidInput) as raised:
        models(app, option, "lama-2")

    assert f"did you mean {close}" in raised.value.message


def test_no_model_fits(app):
    result = models(app, "--family", "falcon", "--max-parameters", "1B")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "no model fits" in result.stderr
    assert listed(app, "--family", "falcon", "--max-parameters", "1B") == []


def test_an_unknown_model_leaves_with_12_and_names_the_close_ones(capsys, app):
    with pytest.raises(UnknownModel):
        models(app, "show", "llama-2-7b-caht")

    assert run(["models", "show", "llama-2-7b-caht"]) == 12
    assert "did you mean llama-2-7b-chat" in capsys.readouterr().err


def test_show_as_json_gives_everything(app):
    shown = json.loads(models(app, "show", "falcon-7b", "--json").stdout)

    assert shown["architecture"]["kv_heads"] == 1
    assert shown["license"]["id"] == "apache-2.0"
    assert shown["earlier_licenses"][0]["license"] == "tii-falcon-1.0"
    assert shown["checked_on"] == "2026-11-22"
    assert shown["origin"] == "llamactl"


def test_the_page_of_a_base_model_warns(app):
    for model_id in ("llama-2-7b", "codellama-7b-python"):
        assert "guardrails     NONE. A base model" in models(app, "show", model_id).stdout


def test_the_page_of_an_overlays_model_says_which_file_it_is(tmp_path):
    from catalog.overlays import MODEL, write_folder

    before, *_ = MODEL.partition("[[sources]]")
    file = f'[[sources]]\nkind = "file"\npath = "weights/helper.gguf"\nsha256 = "{"ab" * 32}"\n'
    folder = write_folder(tmp_path, models__acme_helper=before + file)
    app = App(tmp_path / "state", tmp_path / "cache", catalog_overlay=folder)

    page = models(app, "show", "acme-helper").stdout

    assert page.endswith(f"weights from file\n  weights/helper.gguf\n  sha256 {'ab' * 32}\n")


def test_the_page_says_what_a_license_forbids(app):
    assert "NOT for commercial use" in models(app, "show", "mpt-7b-chat").stdout
    assert "needs a separate license" in models(app, "show", "falcon-180b").stdout
    assert "before revision 21be553: tii-falcon-1.0" in models(app, "show", "falcon-7b").stdout


def test_hidden_models_are_counted_and_shown_on_request(app_with_overlay):
    result = models(app_with_overlay)
    everything = models(app_with_overlay, "--all")

    assert "mpt" not in result.stdout
    assert "9 more hidden by the catalog overlay" in result.stderr
    assert everything.stdout.startswith(result.stdout)
    assert "mpt-30b-chat" in everything.stdout
    assert "denied: the platform team has not reviewed this family" in everything.stdout
    assert max(map(len, everything.stdout.splitlines())) <= 80


def test_json_of_all_says_why_a_model_is_hidden(app_with_overlay):
    reasons = {each["id"]: each["hidden_because"] for each in listed(app_with_overlay, "--all")}

    assert len(reasons) == len(listed(app_with_overlay)) + 9
    assert reasons["llama-2-7b"] is None
    assert reasons["mpt-7b"].startswith("denied: the platform team")
    assert "mpt-7b" not in ids(app_with_overlay)


def test_a_hidden_model_is_not_shown_and_says_why(app_with_overlay):
    with pytest.raises(NotFound, match="the platform team has not reviewed") as raised:
        models(app_with_overlay, "show", "mpt-7b")

    assert raised.value.exit_code == 12


def test_an_added_model_with_a_long_license_still_fits_eighty_columns(tmp_path):
    from catalog.overlays import LICENSE, MODEL, write_folder

    own = MODEL.replace('"llama-2"\ngated', '"acme-internal-license-of-2026"\ngated')
    folder = write_folder(
        tmp_path,
        models__acme_support_assistant_8b=own,
        licenses__acme_internal_license_of_2026=LICENSE,
    )
    app = App(tmp_path / "state", tmp_path / "cache", catalog_overlay=folder)

    table = models(app).stdout
    page = models(app, "show", "acme-support-assistant-8b").stdout

    assert re.search(r"acme-internal[\w-]*…", table)
    assert max(map(len, table.splitlines())) <= 80
    assert "added by" in page
