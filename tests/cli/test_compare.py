"""`llamactl compare`: pages, Markdown, JSON, what it refuses, and where no cloud carries a load."""

import json
import re

import pytest
from click.testing import CliRunner

from cli.asking import asking
from cli.compare_goldens import GOLDEN, TEXTS, compared, two_models
from llamactl.app import App
from llamactl.commands.compare import command
from llamactl.compare_markdown import compare_markdown
from llamactl.compare_page import COLUMNS, compare_page
from llamactl.main import run
from llamactl_catalog.errors import InvalidInput, NoCapacity, UnknownModel
from llamactl_catalog.limits import Limits

invoke, as_json = asking(command)

MODEL = "llama-2-13b-chat"


@pytest.fixture
def app(tmp_path):
    return App(state_dir=tmp_path / "state", cache_dir=tmp_path / "cache")


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_printed_is_as_reviewed(name):
    assert TEXTS[name]() == (GOLDEN / name).read_text("utf-8")


@pytest.mark.parametrize("model", ["llama-3.2-1b", "falcon-180b", "llama-3.1-405b", "mpt-7b-chat"])
@pytest.mark.parametrize("monthly_tokens", [1e6, 3e9, 2e12])
def test_every_page_fits_a_hundred_columns(model, monthly_tokens):
    page = compare_page(compared(model, monthly_tokens=monthly_tokens))

    assert max(map(len, page.splitlines())) <= COLUMNS


def test_a_cloud_that_does_not_carry_the_load_says_why_on_every_page():
    found = compared("llama-2-70b", regions=("us-east-1",))

    for page in (compare_page(found), compare_markdown(found)):
        assert "none: no price is known of what was" in page
        assert "Azure has no known price for what was asked" in page


def test_markdown_tables_have_as_many_cells_in_every_line():
    tables = re.findall(r"(?:^\|.*\n)+", compare_markdown(two_models()), re.MULTILINE)

    assert len(tables) == 4
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_a_business_finds_what_it_decides_by(app):
    text = invoke(app, MODEL, "--api", "other=3/15").stdout

    for words in (
        "price a month", "first token after", "regions", "quota needed", "in the EU", "License of",
        "as the load grows", "costs no more from", "What this rests on", "Where data are",
    ):  # fmt: skip
        assert words in text
    assert "100M tokens a month" in text


def test_json_has_each_model_with_a_side_for_each_cloud(app):
    document = as_json(app, MODEL, "falcon-7b", MODEL, "--monthly-tokens", "2.5B", "--api", "a=1/2")

    assert document["load"]["monthly_tokens"] == 2.5e9
    assert [each["model"] for each in document["models"]] == [MODEL, "falcon-7b"]
    for model in document["models"]:
        assert [each["cloud"] for each in model["sides"]] == ["aws", "azure"]
        for side in model["sides"]:
            assert side["placement"]["usd_per_month"] > 0
            assert len(side["growth"]) > 60
            assert side["break_evens"][0]["api"] == "a"


def test_requests_per_second_are_the_same_load_as_their_tokens(app):
    # 2 requests/s of 300 tokens, 2,628,000 s a month.
    load = ["--input-tokens", "200", "--output-tokens", "100"]
    by_rate = as_json(app, MODEL, "--rps", "2", *load)
    by_month = as_json(app, MODEL, "--monthly-tokens", "1_576_800_000", *load)

    assert by_rate == by_month


def test_a_load_that_is_not_named_is_a_hundred_million_tokens(app):
    assert as_json(app, MODEL)["load"]["monthly_tokens"] == 100e6


@pytest.mark.parametrize(
    ("name", "countries"),
    [("Germany", {"Germany"}), ("eu", {"France", "Germany", "Ireland", "Netherlands", "Sweden"})],
)
def test_a_geography_keeps_to_its_countries(name, countries, app):
    (model,) = as_json(app, "llama-2-7b", "--geography", name)["models"]

    found = {each["country"] for side in model["sides"] for each in side["regions"]}
    assert found <= countries
    assert found


def test_a_page_is_written_to_a_file_and_said_on_stderr(app, tmp_path):
    path = tmp_path / "compare.html"

    result = invoke(app, MODEL, "--html", str(path))

    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert result.stderr.strip() == f"wrote {path}"
    assert "price a month" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["--region", "us-est-1"], "no 'us-est-1'", "us-east-1"),
        (["--geography", "Germny"], "no 'Germny'; did you mean Germany", "Asia Pacific, EU"),
        (
            ["--geography", "Canada", "--region", "eastus"],
            "no price is known in Canada",
            "United States",
        ),
        (["--geography", "Chile"], "no price is known in Chile", "refresh"),
        (["--gpu", "A11G"], "no 'A11G'", "a10g"),
        (["--instance-type", "ml.g5.2xlrge"], "no 'ml.g5.2xlrge'", "ml.g5.2xlarge"),
        (["--monthly-tokens", "1B", "--rps", "1"], "both say what the load is", "name one"),
        (["--json", "--markdown"], "both print the comparison", "name one"),
        (["--context", "9000"], "context of 9000", "2 to 4096"),
        (["--input-tokens", "4000"], "4000 input and 256 output", "up to 4096"),
        (["--api", "a=1/2", "--api", "a=2/3"], "'a' is there twice", "a name of its own"),
        (["--engine", "tgy"], "no engine 'tgy'", "tgi"),
        (["--html", "no/such/folder/page.html"], "no folder no/such/folder", "make it first"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(arguments, message, hint, app):
    with pytest.raises(InvalidInput) as raised:
        invoke(app, MODEL, *arguments)

    assert message in raised.value.message
    assert hint in (raised.value.hint or "")


@pytest.mark.parametrize(
    ("arguments", "valid"),
    [
        (["--monthly-tokens", "-4"], "from 1 to 1e15, like 250000000"),
        (["--monthly-tokens", "0"], "from 1 to 1e15"),
        (["--monthly-tokens", "many"], "from 1 to 1e15"),
        (["--monthly-tokens", "2000T"], "from 1 to 1e15"),
        (["--rps", "0"], "0<x<=1000000"),
        (["--rps", "nan"], "0<x<=1000000"),
        (["--peak", "0.5"], "1<=x<=100"),
        (["--input-tokens", "-1"], "x>=1"),
        (["--output-tokens", "0"], "x>=1"),
        (["--context", "0"], "x>=1"),
        (["--max-ms-per-token", "nan"], "x>0"),
        (["--max-usd-per-hour", "-1"], "x>0"),
        (["--quantize", "int3"], "'awq'"),
        *(
            (["--api", text], "NAME=INPUT/OUTPUT, like other=0.50/1.50")
            for text in (
                "", "a", "a=", "=1/2", "a=1", "a=1/2/3", "a=x/2", "a=-1/2", "a=0/0", "a=nan/1",
                "a=1/inf", "a=1/200000", "a\n=1/2",
            )
        ),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_a_usage_error_that_says_the_range(arguments, valid, app):
    result = invoke(app, MODEL, *arguments)

    assert result.exit_code == 2
    assert valid in " ".join(result.stderr.split())


def test_no_model_is_a_usage_error(app):
    assert invoke(app).exit_code == 2


def test_an_unknown_model_names_the_close_ones(app):
    with pytest.raises(UnknownModel, match="no model 'llama-2-7'"):
        invoke(app, MODEL, "llama-2-7")


def test_where_no_cloud_carries_the_load_each_says_why(app):
    with pytest.raises(NoCapacity) as raised:
        invoke(app, "llama-2-70b", "--max-ttft-ms", "1")

    assert "neither AWS nor Azure carries llama-2-70b" in raised.value.message
    assert raised.value.message.count("ms to the first token, the limit is 1") == 2


def test_nothing_fits_still_prints_json_and_leaves_with_5(capsys):
    code = run(["compare", "llama-2-70b", "--max-usd-per-hour", "1", "--json"])

    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert code == 5
    assert model["cheapest"] is None
    assert all("the limit is $1" in each["reason"] for each in model["sides"])


def test_one_model_that_fits_is_enough(app):
    result = invoke(app, "falcon-180b", "llama-3.2-1b", "--max-usd-per-hour", "3")

    assert result.exit_code == 0
    assert "falcon-180b: no cloud carries this load." in result.stdout


def test_what_narrowed_the_comparison_is_said(app):
    assumptions = as_json(app, MODEL, "--geography", "EU", "--max-ms-per-token", "50")[
        "assumptions"
    ]

    assert assumptions[0] == (
        "Only what keeps to this was compared: --geography EU, --max-ms-per-token 50."
    )


def test_text_of_a_user_is_no_markup(app):
    text = invoke(app, MODEL, "--api", "<b>|*x*=1/2", "--markdown").stdout

    assert r"\<b\>\|\*x\*" in text
    assert "<b>" not in text


def test_a_large_ratio_is_written_out(app):
    text = invoke(app, "llama-2-70b", "--api", "cheap=0.01/0.01").stdout

    assert re.search(r"AWS: \d?,?\d{3} times that; never cheaper, \d+ times even", text)


def test_nobody_waits_for_words_unless_that_is_allowed(app):
    load = ("llama-2-70b", "--monthly-tokens", "20B", "--gpu", "A10G")
    (usual,) = as_json(app, *load)["models"]
    (slow,) = as_json(app, *load, "--max-ms-per-token", "10000")["models"]

    assert all(each["placement"]["ms_per_token"] <= 200 for each in usual["sides"][:1])
    assert any(each["placement"]["ms_per_token"] > 200 for each in slow["sides"][:1])


def test_limits_of_speed_are_kept(app):
    (model,) = as_json(app, MODEL, "--monthly-tokens", "20B", "--max-ms-per-token", "50")["models"]

    assert all(each["placement"]["ms_per_token"] <= 50 for each in model["sides"])
    limited = Limits(max_ms_per_token=50)
    assert compared(MODEL, limits=limited, monthly_tokens=20e9).limits == limited


def test_each_model_is_set_against_its_own_price_per_token(app):
    document = as_json(app, "llama-3.1-8b-instruct", "llama-2-13b-chat")
    page = invoke(app, "llama-3.1-8b-instruct").stdout

    (api,) = document["apis"]
    assert (api["model"], api["name"]) == ("llama-3.1-8b-instruct", "Amazon Bedrock (US)")
    assert api["dated"] == "2026-11-30"
    assert "litellm" in api["source"]
    eight, thirteen = document["models"]
    assert [len(side["break_evens"]) for side in eight["sides"]] == [1, 1]
    assert [len(side["break_evens"]) for side in thirteen["sides"]] == [0, 0]
    assert "Amazon Bedrock (US) sells llama-3.1-8b-instruct per token" in page


def test_hours_discounts_and_idle_time_are_options(app):
    usual = as_json(app, "llama-2-13b-chat", "--region", "us-east-1")
    asked = as_json(
        app,
        *("llama-2-13b-chat", "--region", "us-east-1", "--hours", "365"),
        *("--discount", "aws=30%", "--utilization", "0.5"),
    )

    before, after = (each["models"][0]["sides"][0]["placement"] for each in (usual, asked))
    assert after["usd_per_month"] == pytest.approx(before["usd_per_month"] * 0.5 * 0.7, rel=1e-3)
    assert (asked["load"]["peak"], asked["load"]["hours_per_month"]) == (2, 365)
    assert asked["discounts"] == {"aws": 30}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--discount", "gcp=30%"), "aws=30% or azure=30%"),
        (("--discount", "aws=100%"), "below 100%"),
        (("--discount", "aws"), "write aws=30%"),
        (("--hours", "800"), "730"),
        (("--utilization", "0"), "0<x<=1"),
    ],
)
def test_an_amount_that_is_none_is_refused_with_how_to_write_it(app, options, words):
    result = CliRunner().invoke(command, ["llama-2-13b-chat", *options], obj=app)

    assert result.exit_code == 2
    assert words in result.output


def test_a_peak_and_a_utilization_are_one_too_many(app):
    with pytest.raises(InvalidInput, match="both say how busy"):
        invoke(app, "llama-2-13b-chat", "--peak", "3", "--utilization", "0.5")
