"""`llamactl deploy --dry-run`: pages and records of what would be, and what is refused."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.deploy_goldens import CLOUDS, SIZES, TEXTS
from cli.gated_overlay import REFERENCE, write_gated
from cli.plan_goldens import GOLDEN
from llamactl.model_page import COLUMNS

FIELDS = [
    "deployment", "model", "cloud", "region", "instance_type", "replicas", "min_instances",
    "max_instances", "engine", "engine_version", "quantization", "num_shard", "image",
    "image_source", "image_registry", "weights", "license", "quota", "usd_per_hour",
    "peak_instances", "peak_usd_per_hour",
    "usd_per_month", "usd_per_million_tokens", "guards", "changes", "warnings", "plan", "config",
]  # fmt: skip
GUARDS = [
    "license_gate", "network_isolation", "encryption", "private_network", "alarms", "autoscaling",
    "content_guard",
]  # fmt: skip
SMALL = "mistral-7b-instruct-v0.3"
DAY = '[{"name":"day","cron":"0 8 * * 1-5","min_instances":40,"max_instances":40}]'
STANDING = "mistral-7b-instruct-v0.2"
RECORDED = Path(__file__).parents[1] / "infra" / "stacks" / "recorded"


def dry_run(llamactl, model, *args):
    return llamactl("deploy", model, "--dry-run", *args)


def record(llamactl, model, *args):
    result = dry_run(llamactl, model, "--json", *args)
    assert result.code == 0, result.err
    return json.loads(result.out)


@pytest.fixture
def no_credentials(monkeypatch):
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AZURE_CLIENT_ID", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_printed_is_as_reviewed(name):
    assert TEXTS[name]() == (GOLDEN / name).read_text("utf-8")


@pytest.mark.parametrize("name", [each for each in TEXTS if each.endswith(".txt")])
def test_only_what_is_copied_whole_is_wider_than_a_terminal(name):
    wide = [each for each in TEXTS[name]().splitlines() if len(each) > COLUMNS]

    assert all(len(each.split()) == 1 for each in wide)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("model", SIZES)
def test_a_dry_run_needs_no_credentials_and_leaves_nothing(llamactl, no_credentials, model, cloud):
    result = dry_run(llamactl, model, "--cloud", cloud)

    assert result.code == 0, result.err
    assert "not accepted yet" in result.out
    assert "llamactl license accept llama-2" in result.out
    assert not llamactl.state.exists()


@pytest.fixture
def standing(llamactl, tmp_path, monkeypatch):
    """A deployment that Pulumi has recorded in llamactl's own backend: `chat`."""
    monkeypatch.chdir(tmp_path)  # out of this checkout, which is a project itself
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    for name in ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    home = llamactl.state / "pulumi"
    stacks = home / "backend" / ".pulumi" / "stacks" / "llamactl"
    stacks.mkdir(parents=True)
    (home / "project").mkdir()
    (stacks.parents[1] / "meta.yaml").write_text("version: 1\n")
    shutil.copy(RECORDED / "chat.json", stacks / "chat.json")
    shutil.copy(RECORDED / "Pulumi.chat.yaml", home / "project" / "Pulumi.chat.yaml")


def test_a_dry_run_of_a_name_that_stands_shows_the_change(llamactl, standing):
    told = record(llamactl, STANDING, "--name", "chat", "--context", "2048")
    page = dry_run(llamactl, STANDING, "--name", "chat", "--context", "2048")

    assert "context_tokens: 4096 -> 2048" in told["changes"]
    assert (told["cloud"], told["instance_type"]) == ("aws", "ml.g5.2xlarge")
    assert any(each.startswith("update: ") for each in told["warnings"])
    assert "context_tokens: 4096 -> 2048" in page.out


def test_the_record_has_every_field_and_every_guard(llamactl):
    told = record(llamactl, SMALL, "--cloud", "any")

    assert list(told) == FIELDS
    assert list(told["guards"]) == GUARDS
    assert told["plan"]["placements"][0]["instance_type"] == told["instance_type"]
    assert told["config"]["cloud"] == told["cloud"]


def test_what_a_schedule_brings_is_on_the_page_and_in_the_record(llamactl):
    daily = (SMALL, "--cloud", "aws", "--set", f"schedules={DAY}")

    page = dry_run(llamactl, *daily).out
    told = record(llamactl, *daily)

    assert "1 to 40 instances: $1.13 to $45.07 an hour" in page
    assert "at the peak: 40 x 'ml.g6.xlarge for endpoint usage'" in page
    assert (told["peak_instances"], told["quota"]["needed"]) == (40, 40)
    assert told["peak_usd_per_hour"] == pytest.approx(40 * told["usd_per_hour"])


def test_without_a_cloud_the_best_of_every_cloud_is_shown(llamactl):
    assert (
        record(llamactl, SMALL)["instance_type"]
        == (record(llamactl, SMALL, "--cloud", "any")["instance_type"])
    )


def test_no_secret_of_the_environment_is_shown(llamactl, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_very_secret")

    result = dry_run(llamactl, "llama-2-7b-chat", "--cloud", "azure", "--json")

    assert "hf_very_secret" not in result.out + result.err


def test_an_accepted_license_is_told_with_who_accepted_it(llamactl, tmp_path):
    write_gated(tmp_path / "overlay")
    place = ("--cloud", "aws", "--weights", "s3://weights/gated")
    before = record(llamactl, "gated", *place)["license"]
    llamactl("license", "accept", REFERENCE, "--accepted-by", "Lin")

    after = record(llamactl, "gated", *place)["license"]

    assert (before["accepted"], before["reference"]) == (False, REFERENCE)
    assert (after["accepted"], after["accepted_by"]) == (True, "Lin")


def test_a_use_that_the_license_withholds_is_refused(llamactl):
    assert dry_run(llamactl, "mpt-7b-chat", "--cloud", "aws").code == 3


def test_a_saved_plan_is_taken_as_it_is(llamactl, tmp_path):
    told = record(llamactl, SMALL, "--cloud", "azure", "--max", 3, "--concurrency", 6)
    saved = tmp_path / "plan.json"
    saved.write_text(json.dumps(told))

    result = llamactl("deploy", "--plan", saved, "--dry-run", "--json")

    assert result.code == 0, result.err
    again = json.loads(result.out)
    for name in ("cloud", "region", "instance_type", "replicas", "max_instances", "usd_per_hour"):
        assert again[name] == told[name]


def test_what_plan_prints_as_json_is_a_saved_plan_too(llamactl, tmp_path):
    found = llamactl("plan", SMALL, "--json", "--limit", 3, "--quantize", "bitsandbytes-nf4")
    saved = tmp_path / "plan.json"
    saved.write_text(found.out)
    chosen = json.loads(found.out)["placements"][0]

    told = record(llamactl, SMALL, "--plan", saved)

    for name in ("cloud", "region", "instance_type", "quantization", "num_shard", "usd_per_hour"):
        assert told[name] == chosen[name]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("usd_per_hour", 99, "$/hour: 99 in the plan"),
        ("num_shard", 7, "7 shards are asked for"),
        ("replicas", 3, "$/hour"),
        ("engine", "other", "engine: other in the plan, tgi today"),
    ],
)
def test_a_saved_plan_that_no_longer_holds_is_refused(llamactl, tmp_path, name, value, words):
    told = json.loads(llamactl("plan", SMALL, "--json", "--limit", 1).out)
    told["placements"][0][name] = value
    saved = tmp_path / "plan.json"
    saved.write_text(json.dumps(told))

    result = dry_run(llamactl, SMALL, "--plan", saved)

    assert result.code == 2
    assert words in result.err
    assert "makes it anew" in result.err


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"placements": []}', '{"plan": 3}', "null"])
def test_a_file_that_is_no_plan_is_refused(llamactl, tmp_path, text):
    saved = tmp_path / "plan.json"
    saved.write_text(text)

    result = dry_run(llamactl, SMALL, "--plan", saved)

    assert result.code == 2
    assert "llamactl plan MODEL --json" in result.err


def test_options_beside_a_saved_plan_are_refused_by_name(llamactl, tmp_path):
    saved = tmp_path / "plan.json"
    saved.write_text(llamactl("plan", SMALL, "--json", "--limit", 1).out)

    result = dry_run(llamactl, SMALL, "--plan", saved, "--region", "us-east-1", "--context", 512)

    assert result.code == 2
    assert "--region, --context beside --plan" in result.err


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("--max-usd-per-hour", 0.01), 7, "the cap is $0.01"),
        (
            ("--max-usd-per-hour", 2, "--set", f"schedules={DAY}"),
            7,
            "40 instances at the peak cost $45.07 an hour, the limit is $2.00",
        ),
        (
            ("--max", 4, "--max-usd-per-hour", 2),
            7,
            "4 instances at the peak cost $4.51 an hour, the limit is $2.00",
        ),
        (("--instance-type", "ml.g4dn.xlarge"), 5, "what would do"),
        (("--instance-type", "ml.g5.xlarge", "--concurrency", 400, "--max", 1), 5, "--max is 1"),
        (("--engine", "vllm"), 2, "deploy with --engine tgi"),
        (("--engine", "tgi@1.1.0"), 3, "forbids paid hosting"),
        (("--engine", "tgi@3.3.5"), 12, "it has 3.3.6"),
        (("--update", "canary"), 2, "there is 1"),
        (("--image", "llamas/tgi:latest"), 2, "without a digest"),
        (("--weights", "az://weights/x"), 2, "no place that is read from there"),
        (("--quantize", "awq", "--instance-type", "ml.g5.xlarge"), 2, "quantized so before"),
        (("--set", "sagemaker.kms=x"), 2, "did you mean kms_key"),
        (("--set", "region=x"), 2, "is told by --region"),
        (("--set", "hub_token=x"), 2, "is a secret"),
        (("--set", "log_days"), 2, "write KEY=VALUE"),
        (("--set", "log_days=11"), 2, "is not one of"),
        (("--name", "not a name"), 2, "no name there"),
        (("--expires", "2020-01-01"), 2, "is past"),
        (("--replicas", 2, "--max", 3), 2, "exclude each other"),
        (("--min", 3, "--max", 2), 2, "more than --max"),
        (("--preview",), 2, "exclude each other"),
        (("--port", 80), 2, "--port: only on this machine"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(llamactl, args, code, words):
    result = dry_run(llamactl, SMALL, "--cloud", "aws", *args)

    assert (result.code, words in result.err) == (code, True), result.err


def test_options_of_a_cloud_are_refused_on_this_machine_by_name(llamactl):
    result = llamactl("deploy", "tiny", "--cloud", "local", "--region", "x", "--dry-run")

    assert result.code == 2
    assert "--dry-run, --region: only on a cloud" in result.err


def test_settings_of_a_file_for_clouds_do_not_stop_a_deployment_here(llamactl, tiny_gguf, tmp_path):
    settings = tmp_path / "llamactl.toml"
    settings.write_text('[deploy]\nregion = ["us-east-1"]\n')
    llamactl.options.append(f"--config={settings}")

    result = llamactl("deploy", "tiny", "--cloud", "local", "--gguf", tiny_gguf)

    assert result.code == 0, result.err


def test_the_command_that_plan_prints_deploys_its_placement(llamactl):
    asked = ("--concurrency", 40, "--context", 2048, "--input-tokens", 100)
    found = llamactl("plan", SMALL, "--cloud", "azure", *asked)
    chosen = json.loads(llamactl("plan", SMALL, "--cloud", "azure", *asked, "--json").out)
    pasted = found.err.strip().splitlines()[-1].split()

    told = json.loads(llamactl(*pasted[1:], "--dry-run", "--json").out)

    placement = chosen["placements"][0]
    for name in ("region", "instance_type", "replicas", "num_shard", "usd_per_hour"):
        assert told[name] == placement[name]
    assert told["plan"]["workload"] == chosen["workload"]


def test_a_dry_run_loads_no_sdk_of_a_cloud(tmp_path):
    program = (
        "import sys; from llamactl.main import run; "
        f"code = run(['--state-dir', '{tmp_path}/s', '--cache-dir', '{tmp_path}/c', 'deploy', "
        f"'{SMALL}', '--cloud', 'any', '--dry-run']); "
        "heavy = {'pulumi', 'boto3', 'botocore', 'azure', 'sagemaker', 'huggingface_hub'}; "
        "sys.exit(code or ' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_help_tells_options_by_where_they_hold(llamactl):
    told = llamactl("deploy", "--help").out

    assert told.index("On a cloud:") < told.index("--region") < told.index("On this machine:")
    assert told.index("On this machine:") < told.index("--gguf")
    assert "  [MODEL]" not in told
