from dataclasses import replace

import pytest

from llamactl_catalog.errors import InvalidFile
from llamactl_containers.engines.tgi_docker import TgiSettings, run_arguments, run_environment
from llamactl_containers.tgi_process import diagnosis

SETTINGS = TgiSettings(
    instance_id="abc",
    container="llamactl-demo",
    model_id="meta-llama/Llama-2-7b-chat-hf",
    revision="f5db02d",
    num_shard=2,
    max_total_tokens=4096,
    weights_dir="/cache/hub",
    prefill_tokens=4096,
    port=8080,
    api_key="secret-key",
)

GOLDEN = """\
docker run --rm --name llamactl-demo
--label llamactl.instance=abc
--gpus all --shm-size 1g
-p 127.0.0.1:8080:80
-v /cache/hub:/data
-e MODEL_ID=meta-llama/Llama-2-7b-chat-hf
-e NUM_SHARD=2
-e MAX_TOTAL_TOKENS=4096
-e USAGE_STATS=off
-e MAX_BATCH_PREFILL_TOKENS=4096
-e REVISION=f5db02d
-e HF_TOKEN
-e API_KEY
ghcr.io/huggingface/text-generation-inference:3.3.5"""


def test_the_container_is_run_with_these_arguments():
    environment = run_environment(SETTINGS, {"HF_TOKEN": "hf_secret"})

    assert run_arguments(SETTINGS, 8080, environment) == GOLDEN.split()


def test_all_requests_together_are_bounded_where_tgi_does_not_count_them():
    arguments = run_arguments(replace(SETTINGS, batch_tokens=8192), 8080, {})

    assert "MAX_BATCH_TOTAL_TOKENS=8192" in arguments


def test_no_secret_is_an_argument_or_in_a_repr():
    environment = run_environment(SETTINGS, {"HF_TOKEN": "hf_secret"})

    assert "secret" not in " ".join(run_arguments(SETTINGS, 8080, environment))
    assert "secret" not in repr(SETTINGS)
    assert environment["API_KEY"] == "secret-key"


def test_a_key_of_the_callers_own_environment_is_not_taken():
    environment = run_environment(replace(SETTINGS, api_key=None), {"API_KEY": "of-something-else"})

    assert "API_KEY" not in environment
    assert "API_KEY" not in run_arguments(SETTINGS, 8080, environment)


def test_a_folder_of_weights_is_mounted_read_only():
    arguments = run_arguments(replace(SETTINGS, model_id="/models/llama"), 8080, {})

    assert "/models/llama:/model:ro" in arguments
    assert "MODEL_ID=/model" in arguments
    assert not any(each.startswith("REVISION") for each in arguments)


def test_settings_are_read_as_they_were_written():
    assert TgiSettings.from_json(SETTINGS.to_json()) == SETTINGS


@pytest.mark.parametrize("text", ["", "[]", '{"port": 1}', '{"color": "red"}'])
def test_a_launch_file_that_is_none_is_told(text):
    with pytest.raises(InvalidFile, match="launch file"):
        TgiSettings.from_json(text)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("docker: Bind for 127.0.0.1:80 failed: port is already allocated.", "port-taken"),
        ('could not select device driver "" with capabilities: [[gpu]].', "package-missing"),
        ("torch.OutOfMemoryError: CUDA out of memory.", "out-of-memory"),
        ("Cannot access gated repo for url https://example.org", "model-unreadable"),
        ("something else", "internal"),
    ],
)
def test_the_last_lines_of_a_container_tell_why_it_did_not_start(line, reason):
    found, message = diagnosis(["first", line, "Error: Shard 0 failed"], 1)

    assert found == reason
    assert message == (line if reason != "internal" else message)
    assert diagnosis([], 125)[0] == "internal"
