"""The entry script, run by real shells as each platform runs it, with a stand-in launcher."""

import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import pytest

from llamactl_catalog.serving_contracts import serving_contract
from llamactl_containers.engines.engine import stop_s

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX script")

SCRIPT = files("llamactl_containers.recipe") / "entrypoint.sh"
SHELLS = [each for each in ("dash", "bash") if shutil.which(each) is not None]
STANDIN = Path(__file__).parents[2] / "standins" / "launcher.sh"
NO_WEIGHTS, WRONG_SETTING = 66, 78
TOKEN = "hf_very_secret"  # noqa: S105 - of no account
PATIENCE_S = 20.0


class Image:
    """A root like that of the image: the launchers on PATH, and what the Dockerfile sets."""

    def __init__(self, folder, shell):
        self.folder, self.shell = folder, shell
        self.record = folder / "record"
        self.environment = {
            "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(folder / "home"),
            "RECORD": str(self.record),
            "LLAMACTL_ENGINE": "tgi",
            "LLAMACTL_PORT": "8080",
        }
        (folder / "bin").mkdir()
        for name in ("text-generation-launcher", "vllm", "ldconfig"):
            shutil.copy(STANDIN, folder / "bin" / name)
        (folder / "bin" / "ldconfig").write_text("#!/bin/sh\nexit 1\n")

    def start(self, *arguments, **environment):
        command = [self.shell, str(SCRIPT), *arguments]
        return subprocess.Popen(
            command,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments, **environment):
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=PATIENCE_S)
        return process.returncode, out + err

    def started(self):
        """The launcher's process id, its name, its arguments, and its environment."""
        pid, name, *rest = self.record.read_text().splitlines()
        arguments = [each.removeprefix("argument ") for each in rest if each[:9] == "argument "]
        pairs = [each.partition("=")[::2] for each in rest if each[:9] != "argument "]
        return int(pid), name, [each for each in arguments if each], dict(pairs)

    def weights(self, *parts):
        folder = self.folder.joinpath(*parts)
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        return str(folder)


@pytest.fixture(params=SHELLS)
def image(tmp_path, request):
    return Image(tmp_path, request.param)


def test_sagemaker_starts_the_launcher_on_its_port_and_its_argument_is_ignored(image):
    weights = image.weights("opt", "ml", "model")

    code, said = image.run(
        "serve", SM_NUM_GPUS="4", MAX_TOTAL_TOKENS="4096", LLAMACTL_MODEL_DIR=weights
    )

    assert (code, said) == (0, "")
    _, name, arguments, environment = image.started()
    assert (name, arguments) == ("text-generation-launcher", [])
    assert environment["PORT"] == "8080"
    assert environment["NUM_SHARD"] == "4"
    assert environment["MODEL_ID"] == weights
    assert environment["MAX_TOTAL_TOKENS"] == "4096"
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert environment["USAGE_STATS"] == "off"
    assert environment["HOSTNAME"] == "0.0.0.0"  # noqa: S104 - in a container


def test_a_shared_machine_of_sagemaker_names_the_port(image):
    weights = image.weights("model")

    image.run("serve", NUM_SHARD="1", SAGEMAKER_BIND_TO_PORT="8502", LLAMACTL_MODEL_DIR=weights)

    assert image.started()[3]["PORT"] == "8502"


def test_azure_ml_mounts_the_weights_below_a_folder_of_its_own(image):
    mount = image.folder / "azureml-models" / "llama" / "1"
    weights = image.weights("azureml-models", "llama", "1", "staged files")

    code, said = image.run(NUM_SHARD="2", AZUREML_MODEL_DIR=str(mount))

    assert (code, said) == (0, "")
    environment = image.started()[3]
    assert environment["MODEL_ID"] == weights
    assert environment["PORT"] == "8080"


def test_weights_of_the_hub_keep_their_revision_and_the_network(image):
    image.run(NUM_SHARD="1", HF_MODEL_ID="org/model", HF_MODEL_REVISION="abc")

    environment = image.started()[3]
    assert (environment["MODEL_ID"], environment["REVISION"]) == ("org/model", "abc")
    assert "HF_HUB_OFFLINE" not in environment


def test_a_revision_is_dropped_where_the_weights_are_a_folder(image):
    image.run(NUM_SHARD="1", MODEL_ID=image.weights("model"), REVISION="abc")

    assert "REVISION" not in image.started()[3]


@pytest.mark.parametrize("name", ["API_KEY", "VLLM_API_KEY"])
def test_a_key_never_reaches_the_engine(image, name):
    code, said = image.run(NUM_SHARD="1", MODEL_ID="org/model", **{name: "secret"})

    assert code == 0
    assert name not in image.started()[3]
    assert "secret" not in said


def test_vllm_gets_its_arguments_a_line_each_and_nothing_is_expanded(image):
    text = '--max-model-len\n4096\n--override\n{"a b": "*"}\n$HOME'

    code, said = image.run(
        "serve", NUM_SHARD="1", MODEL_ID="m", LLAMACTL_ENGINE="vllm", LLAMACTL_ARGUMENTS=text
    )

    assert (code, said) == (0, "")
    _, name, arguments, _ = image.started()
    assert name == "vllm"
    own = ["serve", "m", "--host", "0.0.0.0", "--port", "8080"]  # noqa: S104 - in a container
    assert arguments == [*own, *text.split("\n")]


def test_a_token_is_read_from_its_file_and_never_said(image):
    secret = image.folder / "token"
    secret.write_text(f"{TOKEN}\n")

    code, said = image.run(NUM_SHARD="1", MODEL_ID="org/gated", HF_TOKEN_FILE=str(secret))

    assert code == 0
    assert image.started()[3]["HF_TOKEN"] == TOKEN
    assert TOKEN not in said


@pytest.mark.parametrize("content", [None, ""])
def test_a_token_file_that_is_of_no_use_is_told(image, content):
    secret = image.folder / "token"
    if content is not None:
        secret.write_text(content)

    code, said = image.run(NUM_SHARD="1", MODEL_ID="org/gated", HF_TOKEN_FILE=str(secret))

    assert code == WRONG_SETTING
    assert f"HF_TOKEN_FILE: {secret}" in said
    assert not image.record.exists()


@pytest.mark.parametrize(
    ("environment", "code", "words"),
    [
        ({}, WRONG_SETTING, "NUM_SHARD is not set"),
        ({"NUM_SHARD": "all"}, WRONG_SETTING, "NUM_SHARD is 'all'"),
        ({"NUM_SHARD": "0"}, WRONG_SETTING, "NUM_SHARD is '0'"),
        ({"NUM_SHARD": "1"}, NO_WEIGHTS, "set MODEL_ID"),
        ({"NUM_SHARD": "1", "LLAMACTL_MODEL_DIR": "/nowhere"}, NO_WEIGHTS, "no folder /nowhere"),
        ({"NUM_SHARD": "1", "MODEL_ID": "m", "LLAMACTL_ENGINE": "x"}, WRONG_SETTING, "is 'x'"),
    ],
)
def test_what_is_missing_is_told(image, environment, code, words):
    found, said = image.run("serve", **environment)

    assert found == code
    assert words in said
    assert said.startswith("llamactl: ")
    assert not image.record.exists()


def test_an_empty_folder_and_two_models_are_no_weights(image):
    empty = image.folder / "empty"
    empty.mkdir()
    image.weights("two", "a")
    image.weights("two", "b")

    nothing = image.run(NUM_SHARD="1", LLAMACTL_MODEL_DIR=str(empty))
    several = image.run(NUM_SHARD="1", LLAMACTL_MODEL_DIR=str(image.folder / "two"))

    assert nothing[0] == several[0] == NO_WEIGHTS
    assert "no config.json" in nothing[1]
    assert "more than one model" in several[1]


@pytest.mark.parametrize("code", [0, 1, 42])
def test_the_exit_code_is_the_engines_own(image, code):
    assert image.run(NUM_SHARD="1", MODEL_ID="m", EXIT_CODE=str(code))[0] == code


def test_a_launcher_that_is_missing_is_told_by_the_shell(image):
    (image.folder / "bin" / "text-generation-launcher").unlink()

    code, said = image.run(NUM_SHARD="1", MODEL_ID="m")

    assert code == 127
    assert "text-generation-launcher" in said


def test_the_launcher_takes_the_scripts_place_so_that_it_gets_the_signal(image):
    process = image.start("serve", NUM_SHARD="1", MODEL_ID="m", LIVES_S="60", EXIT_ON_TERM="7")
    _await(image.record)

    pid = image.started()[0]
    os.kill(process.pid, signal.SIGTERM)
    out, err = process.communicate(timeout=stop_s(serving_contract("sagemaker")))

    assert pid == process.pid
    assert (process.returncode, out + err) == (7, "")


def test_a_home_that_is_not_there_is_made(image):
    home = image.folder / "home" / "of" / "nobody"

    image.run(NUM_SHARD="1", MODEL_ID="m", HOME=str(home), HF_HOME=str(home / "hub"))

    assert (home / "hub").is_dir()


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("script", [str(SCRIPT), str(STANDIN)])
def test_shellcheck_finds_nothing(script):
    done = subprocess.run(
        [shutil.which("shellcheck"), script], capture_output=True, text=True, check=False
    )

    assert done.stdout + done.stderr == ""


def _await(path):
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
