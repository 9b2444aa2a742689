"""`llamactl plan`: pages, JSON, what it refuses, and what it says where nothing does."""

import json
from dataclasses import replace

import psutil
import pytest

from cli.asking import asking
from cli.plan_goldens import GOLDEN, TEXTS, planned
from llamactl.app import App
from llamactl.commands.plan import command
from llamactl.main import run
from llamactl.plan_page import COLUMNS, plan_page, rejected_page
from llamactl_catalog.errors import InvalidInput, NoCapacity, OverPriceCap, UnknownModel
from llamactl_catalog.model import WheelSource
from llamactl_catalog.own_machine import own_machine, own_shortage
from llamactl_catalog.units import GIB
from llamactl_catalog.workload import Workload

invoke, as_json = asking(command)

PLACEMENT_FIELDS = {
    "rank", "chosen", "cloud", "region", "instance_type", "accelerator", "accelerators",
    "instances", "replicas", "replicas_per_instance", "engine", "quantization", "num_shard",
    "memory", "ms_per_token", "time_to_first_token_ms", "tokens_per_s", "usd_per_hour",
    "usd_per_month", "usd_per_million_tokens", "calibration", "error_factor", "license_accepted",
    "warnings", "quota_name", "quota_code",
    "quota_needed", "quota_needed_to_update", "quota_unit",
}  # fmt: skip
MEMORY_FIELDS = {
    "weights_bytes", "kv_cache_bytes", "overhead_bytes", "available_bytes", "max_kv_tokens",
}  # fmt: skip


@pytest.fixture
def app(tmp_path):
    return App(state_dir=tmp_path / "state", cache_dir=tmp_path / "cache")


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_printed_is_as_reviewed(name):
    assert TEXTS[name]() == (GOLDEN / name).read_text("utf-8")


@pytest.mark.parametrize("model", ["llama-2-7b", "llama-3.1-70b-instruct", "falcon-40b"])
@pytest.mark.parametrize("quantizations", [("none",), ("bitsandbytes-nf4", "none", "awq")])
@pytest.mark.parametrize("every_region", [True, False])
def test_every_page_fits_a_hundred_columns(model, quantizations, every_region):
    load = Workload(512, 256, concurrency=4, context_tokens=2048)
    found = planned(model, workload=load, quantizations=quantizations)

    page = plan_page(found, limit=None, every_region=every_region)

    assert max(map(len, [*page.splitlines(), *rejected_page(found).splitlines()])) <= COLUMNS


def test_the_chosen_row_is_marked_and_the_command_is_talk(app):
    result = invoke(app, "llama-2-13b-chat", "--region", "eastus")

    marked = [line for line in result.stdout.splitlines() if line.startswith("*  ")]
    assert len(marked) == 1
    assert "Standard_NC24ads_A100_v4" in marked[0]
    assert result.stderr.splitlines()[-1].strip() == (
        "llamactl deploy llama-2-13b-chat --cloud azure --region eastus "
        "--instance-type Standard_NC24ads_A100_v4"
    )
    assert "llamactl deploy" not in result.stdout


def test_json_has_the_fields_of_the_public_interface(app):
    document = as_json(app, "llama-2-13b", "--region", "us-east-1")

    assert {"model", "prices_as_of", "workload", "placements", "rejected"} <= document.keys()
    for each in document["placements"]:
        assert each.keys() >= PLACEMENT_FIELDS
        assert each["memory"].keys() >= MEMORY_FIELDS
    assert [each["rank"] for each in document["placements"]][:3] == [1, 2, 3]
    assert [each["chosen"] for each in document["placements"]][:2] == [True, False]
    for each in document["rejected"]:
        assert list(each) == ["cloud", "region", "instance_type", "reason"]


def test_json_holds_every_offer_and_the_table_ten_instance_types(app):
    document = as_json(app, "llama-2-13b")

    assert len(document["placements"]) > 200
    assert "more to choose from" in invoke(app, "llama-2-13b").stdout


def test_json_with_a_limit_is_small_and_says_how_many_there_are(app):
    whole = as_json(app, "llama-2-13b")

    few = as_json(app, "llama-2-13b", "--limit", "3")

    assert few["placements"] == whole["placements"][:3]
    assert few["rejected"] == whole["rejected"][:3]
    assert few["placements_total"] == len(whole["placements"])
    assert few["rejected_total"] == len(whole["rejected"])
    assert len(json.dumps(as_json(app, "llama-2-13b", "--limit", "1"))) < 4000


def test_an_instance_type_without_a_price_is_named_beside_those_that_have_one(app):
    types = ["--instance-type", "ml.p5e.48xlarge", "--instance-type", "ml.p5en.48xlarge"]
    document = as_json(app, "llama-2-13b", *types)

    assert {each["instance_type"] for each in document["placements"]} == {"ml.p5en.48xlarge"}
    assert {
        "cloud": "aws",
        "region": "",
        "instance_type": "ml.p5e.48xlarge",
        "reason": "no price is bundled: llamactl catalog refresh --cloud aws asks for it",
    } in document["rejected"]
    assert "ml.p5e.48xlarge (no region): no price" in invoke(app, "llama-2-13b", "--all").stdout


def test_a_region_that_has_nothing_of_what_is_asked_for_is_told(app):
    regions = ["--region", "us-east-1", "--region", "eastus"]
    result = invoke(app, "llama-2-7b", "--gpu", "a10g", *regions)

    assert "eastus: nothing of what is asked for is offered there" in result.stderr
    assert "us-east-1: nothing" not in result.stderr


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ["--instance-type", "ml.g5.12xlarge", "--concurrency", "30"],
            "2 x 'ml.g5.12xlarge for endpoint usage' (L-65C4BD00); a blue/green update needs 4.",
        ),
        (
            ["--instance-type", "Standard_NC24ads_A100_v4"],
            "24 vCPUs of 'standardNCADSA100v4Family'; a blue/green update needs 48.",
        ),
    ],
)
def test_the_page_says_which_quota_is_needed(options, line, app):
    context = ["--context", "4096", "--input-tokens", "3000", "--output-tokens", "1000"]

    page = invoke(app, "llama-2-13b", *options, *context).stdout
    assert f"  Quota: {line}" in page.splitlines()


def test_a_request_fills_the_context_that_was_not_named(app):
    assert as_json(app, "llama-2-7b")["workload"]["context_tokens"] == 4096
    assert as_json(app, "falcon-7b")["workload"]["context_tokens"] == 2048
    long = as_json(app, "llama-3.1-8b", "--input-tokens", "9000")
    assert long["workload"]["context_tokens"] == 9256


def test_options_of_a_selection_are_alternatives_among_each_other(app):
    chosen = [
        "--gpu",
        "A100",
        "--gpu",
        "nvidia l40s",
        "--region",
        "us-east-1",
        "--region",
        "EASTUS",
    ]
    found = as_json(app, "llama-2-13b", *chosen)["placements"]

    assert {each["accelerator_id"] for each in found} >= {"l40s", "a100-pcie-80gb"}
    assert {each["region"] for each in found} == {"us-east-1", "eastus"}


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["--region", "us-est-1"], "no 'us-est-1'", "us-east-1"),
        (["--instance-type", "ml.g5.2xlrge"], "no 'ml.g5.2xlrge'", "ml.g5.2xlarge"),
        (["--gpu", "A11G"], "no 'A11G'", "a10g"),
        (["--cloud", "aws", "--region", "eastus"], "nothing is offered", "--cloud azure"),
        (["--cloud", "aws", "--region", "qatarcentral"], "nothing is offered", "--cloud azure"),
        (["--cloud", "aws", "--region", "sa-east-1"], "no price is known for", "catalog refresh"),
        (["--region", "qatarcentral"], "no price is known for", "catalog refresh"),
        (["--region", "sa-eats-1"], "no 'sa-eats-1'", "sa-east-1"),
        (["--cloud", "aws", "--geography", "Brazil"], "no price is known in Brazil", "refresh"),
        (["--cloud", "aws", "--region", "WestEurope"], "--region WestEurope", "of --cloud azure"),
        (
            ["--cloud", "aws", "--region", "us-east-1", "--region", "westeurope"],
            "nothing is offered for --cloud aws, --region westeurope",
            "--region westeurope is of --cloud azure",
        ),
        (["--cloud", "azure", "--gpu", "a10", "--gpu", "a10g"], "--gpu a10g", "of --cloud aws"),
        (
            ["--cloud", "azure", "--instance-type", "ml.g5.xlarge"],
            "--instance-type ml.g5.xlarge",
            "of --cloud aws",
        ),
        (
            ["--instance-type", "ml.p5e.48xlarge"],
            "no price is known for --cloud aws",
            "catalog refresh",
        ),
        (["--instance-type", "ml.trn1.2xlarge"], "ml.trn1.2xlarge", "runs no CUDA"),
        (["--gpu", "trainium", "--region", "eastus"], "--gpu trainium", "runs no CUDA"),
        (["--gpu", "h100", "--instance-type", "ml.g5.xlarge"], "nothing is", "leave out an option"),
        (["--cloud", "azure", "--gpu", "trainium"], "--gpu trainium", "of --cloud aws"),
        (["--gpu", "h200", "--region", "eastus"], "no price is known", "regions with a price"),
        (["--context", "9000"], "context of 9000", "2 to 4096"),
        (["--input-tokens", "4000"], "4000 input and 256 output", "up to 4096"),
        (["--engine", "tgy"], "no engine 'tgy'", "tgi"),
        (["--engine", "tgi@new"], "'new' is no version", "tgi@3.3.5"),
        (["--cloud", "local", "--engine", "tgi"], "no engine 'tgi' for this machine", "llama.cpp"),
        (["--cloud", "local", "--gpu", "a10g"], "of what clouds rent", "leave them out"),
        (["--cloud", "local", "--quantize", "awq"], "of what clouds rent", "GGUF"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(arguments, message, hint, app):
    with pytest.raises(InvalidInput) as raised:
        invoke(app, "llama-2-7b", *arguments)

    assert message in raised.value.message
    assert hint in (raised.value.hint or "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--input-tokens", "-4"],
        ["--output-tokens", "0"],
        ["--concurrency", "0"],
        ["--utilization", "1.5"],
        ["--max-usd-per-hour", "0"],
        ["--max-usd-per-hour", "nan"],
        ["--min-tokens-per-s", "nan"],
        ["--max-ms-per-token", "inf"],
        ["--max-ttft-ms", "nan"],
        ["--utilization", "nan"],
        ["--quantize", "int3"],
        ["--optimize", "luck"],
    ],
)
def test_a_number_out_of_range_is_a_usage_error(arguments, app):
    assert invoke(app, "llama-2-7b", *arguments).exit_code == 2


def test_an_unknown_model_names_the_close_ones(app):
    with pytest.raises(UnknownModel, match="no model 'llama-2-7'"):
        invoke(app, "llama-2-7")


def test_nothing_fits_says_why_and_what_would(app):
    with pytest.raises(NoCapacity) as raised:
        invoke(app, "llama-2-70b", "--instance-type", "ml.g5.12xlarge")

    assert "needs 4 shards of" in raised.value.message
    assert "24.1 GB" in raised.value.message
    assert "--quantize" in (raised.value.hint or "")
    assert "another GPU: " in (raised.value.hint or "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--max-ms-per-token", "1"], "looser limits of speed: "),
        (["--max-ttft-ms", "1"], "looser limits of speed: "),
        (["--min-tokens-per-s", "1000000"], "looser limits of speed: "),
    ],
)
def test_a_limit_that_nothing_keeps_to_says_which_would_do(arguments, words, app):
    with pytest.raises(NoCapacity) as raised:
        invoke(app, "llama-2-7b", *arguments)

    assert words in (raised.value.hint or "")


def test_a_price_cap_that_nothing_keeps_to_has_the_exit_code_that_deploy_gives(app):
    with pytest.raises(OverPriceCap) as raised:
        invoke(app, "llama-2-7b", "--max-usd-per-hour", "1")

    assert raised.value.exit_code == 7
    assert "the cap is $1.00" in raised.value.message
    assert "a budget of $" in (raised.value.hint or "")


def test_a_price_cap_that_is_not_all_that_is_in_the_way_is_no_price_error(app):
    with pytest.raises(NoCapacity):
        invoke(app, "llama-2-70b", "--instance-type", "ml.g5.12xlarge", "--max-usd-per-hour", "1")


def test_fewer_requests_at_once_that_would_fit_are_named(app):
    # One such instance has room for 154 of them, and there may be 50.
    only = ["--instance-type", "Standard_NC24ads_A100_v4", "--region", "eastus"]
    with pytest.raises(NoCapacity) as raised:
        invoke(app, "llama-2-7b", *only, "--concurrency", "20000")

    assert "needs 130 instances, Azure ML takes at most 50" in raised.value.message
    assert "--concurrency 5000: 33 x Standard_NC24ads_A100_v4" in (raised.value.hint or "")


def test_rates_below_ten_keep_two_digits(app):
    text = invoke(
        app, "llama-3.1-8b", "--input-tokens", "100000", "--output-tokens", "1",
        "--concurrency", "1", "--limit", "1",
    ).stdout  # fmt: skip

    assert "100000 tokens in and 1 out" in text
    (row,) = (line for line in text.splitlines() if line.startswith("* ") and " x" in line)
    assert 0 < float(row.split()[-4]) < 1


def test_a_context_that_would_fit_is_named(app):
    long = ["--context", "120000", "--input-tokens", "100000", "--gpu", "a10g"]
    with pytest.raises(NoCapacity) as raised:
        invoke(app, "llama-3.1-8b", *long, "--instance-type", "ml.g5.2xlarge")

    assert "--context " in (raised.value.hint or "")


def test_nothing_fits_still_prints_json_and_leaves_with_5(capsys):
    code = run(["plan", "llama-2-70b", "--instance-type", "ml.g5.2xlarge", "--json"])

    document = json.loads(capsys.readouterr().out)
    assert code == 5
    assert document["placements"] == []
    assert all("needs 1 shard" in each["reason"] for each in document["rejected"])


def test_all_says_why_each_offer_fails(app):
    result = invoke(app, "llama-2-70b", "--region", "eu-west-1", "--all")

    assert "Rejected:" in result.stdout
    assert "has no kernels for it" in " ".join(result.stdout.split())
    assert "needs 4 shards of" in result.stdout


def test_this_machine_costs_nothing_and_claims_only_what_was_measured(app):
    (measured,) = as_json(app, "smollm2-135m-instruct", "--cloud", "local")["placements"]

    assert measured.keys() >= PLACEMENT_FIELDS
    assert measured["memory"].keys() >= MEMORY_FIELDS
    assert (measured["region"], measured["instance_type"]) == ("local", "this-machine")
    assert measured["usd_per_hour"] == 0
    assert measured["tokens_per_s"] == 95
    page = invoke(app, "smollm2-135m-instruct", "--cloud", "local").stdout
    assert "measured on 2 cores" in page
    assert max(map(len, page.splitlines())) <= COLUMNS


def test_a_model_never_measured_here_has_no_speed():
    model = replace(planned("llama-2-7b").model, guardrails="safety-tuned")
    own = own_machine(model, Workload(512, 256, 1, 4096), 32 * GIB, GIB)

    # 12.55 GiB of weights, 2 GiB of cache, 1 GiB of overhead.
    assert own_shortage(own) is None
    assert own.speed is None
    assert [text.partition(":")[0] for text in own.warnings] == ["no speed", "own file"]


def test_this_machine_has_every_field_of_what_is_rented_and_the_files_own_bits(app):
    model = "smollm2-135m-instruct"
    (here,) = as_json(app, model, "--cloud", "local")["placements"]
    (rented,) = as_json(app, model, "--limit", "1")["placements"]

    assert here.keys() == rented.keys()
    assert here["memory"].keys() == rented["memory"].keys()
    # 98,362,432 bytes are 5.8 bits a weight: 4 bits, scales, and what stays in more.
    assert here["quantization"] == "q4_1"


def test_this_machine_is_too_small(app):
    with pytest.raises(NoCapacity, match=r"on this machine: needs \d+\.\d TiB"):
        invoke(app, "llama-3.1-405b", "--cloud", "local", "--concurrency", "999")

    assert psutil.virtual_memory().total < 900 * GIB


@pytest.mark.parametrize(
    ("model", "words"),
    [("smollm2-135m-instruct", "42.1 ms per token, the limit is 5"), ("llama-3.2-1b", "no speed")],
)
def test_a_limit_of_speed_counts_on_this_machine_too(model, words, app):
    limit = ["--max-ms-per-token", "5", "--context", "800"]
    with pytest.raises(NoCapacity) as raised:
        invoke(app, model, "--cloud", "local", *limit)

    assert words in raised.value.message


def test_the_small_models_file_is_what_counts():
    model = planned("smollm2-135m-instruct").model
    own = own_machine(model, Workload(512, 256, 2, 1000), GIB, 10)

    (file,) = [each for each in model.sources if isinstance(each, WheelSource)]
    assert own.memory.weights_bytes == file.size_bytes
    # 2 x 30 layers x 3 heads x 64 x 2 bytes = 23,040 a token.
    assert own.memory.kv_cache_bytes == 23_040 * 2000


def test_a_page_of_many_replicas_in_every_region_fits_too():
    load = Workload(512, 256, concurrency=1000, context_tokens=2048)
    found = planned("llama-2-70b", workload=load, quantizations=("none", "awq", "fp8"))

    page = plan_page(found, limit=None, every_region=True)

    assert max(map(len, page.splitlines())) <= COLUMNS
