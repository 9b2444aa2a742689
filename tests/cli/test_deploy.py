"""From a model to an endpoint that answers, on this machine, with a real engine."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest

LOCAL = ("--cloud", "local")


def deploy(llamactl, tiny_gguf, *args):
    return llamactl("deploy", "tiny", *LOCAL, "--gguf", tiny_gguf, *args)


def get(url, key=None):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as reply:  # noqa: S310 - our own
        return reply.status


def test_the_endpoint_is_all_that_stdout_gets(tiny):
    assert tiny.startswith("http://127.0.0.1:")
    assert get(f"{tiny}/health") == 200


def test_the_person_is_told_what_comes_next(llamactl, tiny_gguf):
    told = deploy(llamactl, tiny_gguf).err

    for words in (
        "llamactl chat tiny",
        "/v1/chat/completions",
        "llamactl status tiny",
        "first answer after",
    ):
        assert words in told


def test_json_has_the_fields_of_the_public_interface(llamactl, tiny_gguf):
    record = json.loads(deploy(llamactl, tiny_gguf, "--json").out)

    assert list(record) == [
        "name", "model", "cloud", "region", "instance_type", "state", "endpoint", "usd_per_hour",
        "created_at",
    ]  # fmt: skip
    assert json.loads(llamactl("list", "--json").out) == [record]


def test_a_second_deploy_makes_no_second_copy(llamactl, tiny, tiny_gguf):
    again = deploy(llamactl, tiny_gguf)

    assert (again.code, again.out.strip()) == (0, tiny)
    assert "is already running" in again.err
    assert len(json.loads(llamactl("list", "--json").out)) == 1


def test_status_says_how_it_is(llamactl, tiny):
    text = llamactl("status", "tiny").out

    for words in ("running", tiny, "4096 tokens", "$0.00 an hour"):
        assert words in text


def test_logs_show_what_the_engine_wrote(llamactl, tiny):
    assert "starting tiny" in llamactl("logs", "tiny").out


def test_logs_as_json_are_one_object_a_line(llamactl, tiny):
    told = [json.loads(line) for line in llamactl("logs", "tiny", "--json").out.splitlines()]

    assert {each["deployment"] for each in told} == {"tiny"}
    assert [each["line"] for each in told] == llamactl("logs", "tiny").out.splitlines()


def test_status_as_json_says_that_everyone_is_let_in(llamactl, tiny):
    told = json.loads(llamactl("status", "tiny", "--json").out)

    assert (told["auth"], told["api_key_required"]) == ("none", False)


def test_destroy_leaves_only_the_log(llamactl, tiny):
    process = psutil.Process(json.loads(llamactl("status", "tiny", "--json").out)["pid"])

    result = llamactl("destroy", "tiny")

    assert result.code == 0
    assert not process.is_running()
    assert [path.startswith("logs/tiny-") for path in llamactl.files()] == [True]
    assert llamactl("status", "tiny").code == 12


def test_a_killed_engine_is_told_and_repaired(llamactl, tiny, tiny_gguf):
    psutil.Process(json.loads(llamactl("status", "tiny", "--json").out)["pid"]).kill()

    wait_for_reason(llamactl, "signal 9")
    assert llamactl("endpoint", "tiny").code == 8

    repaired = deploy(llamactl, tiny_gguf)
    assert repaired.out.strip() == tiny
    assert get(f"{tiny}/health") == 200


def test_a_key_is_asked_for_on_request(llamactl, tiny_gguf):
    url = deploy(llamactl, tiny_gguf, "--api-key").out.strip()
    key = llamactl("endpoint", "tiny", "--key").out.strip()

    with pytest.raises(urllib.error.HTTPError, match="401"):
        get(f"{url}/v1/models")
    assert get(f"{url}/v1/models", key) == 200
    assert key not in llamactl("status", "tiny").out + llamactl("status", "tiny", "--json").out
    assert key not in llamactl("logs", "tiny").out
    told = json.loads(llamactl("status", "tiny", "--json").out)
    assert (told["auth"], told["api_key_required"]) == ("key", True)


def test_a_file_of_another_model_is_told(llamactl, tiny_gguf):
    result = llamactl("deploy", "falcon-7b", *LOCAL, "--gguf", tiny_gguf)

    assert result.code == 2
    assert "layers is 2, falcon-7b has 32" in result.err
    assert json.loads(llamactl("list", "--json").out) == []
    assert llamactl.files() == []


def test_a_base_model_is_told_to_have_no_guardrails(llamactl, tiny, tiny_gguf):
    base = llamactl("deploy", "falcon-7b", *LOCAL, "--gguf", tiny_gguf)
    chat = deploy(llamactl, tiny_gguf)

    assert "warning: no guardrails: " in base.err
    assert "no guardrails" not in chat.err


def test_a_truncated_file_is_told(llamactl, tiny_gguf, tmp_path):
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(tiny_gguf.read_bytes()[:-4096])

    result = llamactl("deploy", "tiny", *LOCAL, "--gguf", cut)

    assert result.code == 2
    assert "is truncated" in result.err
    assert llamactl.files() == []


def test_an_overlays_own_file_is_served(llamactl, tiny_gguf, tmp_path):
    shutil.copy(tiny_gguf, tmp_path / "overlay" / "tiny.gguf")

    result = llamactl("deploy", "tiny", *LOCAL)

    assert result.code == 0, result.err


def test_an_overlays_file_of_another_content_is_told(llamactl, tiny_gguf, tmp_path):
    shutil.copy(tiny_gguf, tmp_path / "overlay" / "tiny.gguf")
    with (tmp_path / "overlay" / "models" / "tiny.toml").open("a") as entry:
        entry.write(f'sha256 = "{"0" * 64}"\n')

    result = llamactl("deploy", "tiny", *LOCAL)

    assert result.code == 2
    assert "the catalog overlay says 000" in result.err
    assert llamactl.files() == []


def test_an_absent_file_is_told(llamactl, tmp_path):
    assert llamactl("deploy", "tiny", *LOCAL, "--gguf", tmp_path / "absent").code == 12


def test_a_taken_port_is_told(llamactl, tiny_gguf):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = deploy(llamactl, tiny_gguf, "--port", port)

    assert result.code == 5
    assert str(port) in result.err
    assert "Traceback" not in result.err


def test_a_context_beyond_the_models_is_told(llamactl, tiny_gguf):
    result = deploy(llamactl, tiny_gguf, "--context", 8192)

    assert result.code == 2
    assert "beyond the 4096 tokens of tiny" in result.err


def test_a_model_without_a_gguf_file_names_the_option(llamactl):
    result = llamactl("deploy", "falcon-7b", *LOCAL)

    assert result.code == 2
    assert "--gguf FILE" in result.err


def test_an_unknown_model_names_the_close_ones(llamactl):
    result = llamactl("deploy", "llama-2-7b-chta", *LOCAL)

    assert result.code == 12
    assert "llama-2-7b-chat" in result.err


def test_without_a_cloud_both_ways_on_are_named(llamactl):
    result = llamactl("deploy", "llama-2-7b-chat")

    assert result.code == 10
    assert "--cloud local" in result.err


def test_an_unusable_name_is_told(llamactl, tiny_gguf):
    assert deploy(llamactl, tiny_gguf, "--name", "Not/A Name").code == 2


def wait_for_reason(llamactl, words):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        status = json.loads(llamactl("status", "tiny", "--json").out)
        if status["state"] == "failed" and words in status["reason"]:
            return
        time.sleep(0.05)
    raise AssertionError(f"still {status}")


def test_a_repair_serves_the_same_file_without_naming_it_again(llamactl, tiny, tiny_gguf):
    psutil.Process(json.loads(llamactl("status", "tiny", "--json").out)["pid"]).kill()
    wait_for_reason(llamactl, "signal 9")

    repaired = llamactl("deploy", "tiny", *LOCAL)

    assert repaired.out.strip() == tiny
    assert json.loads(llamactl("status", "tiny", "--json").out)["weights"] == str(tiny_gguf)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="signals of POSIX")
def test_an_engine_that_hangs_is_told_and_not_waited_for(llamactl, tiny):
    engine = psutil.Process(json.loads(llamactl("status", "tiny", "--json").out)["pid"])
    engine.suspend()

    result = llamactl("deploy", "tiny", *LOCAL)
    engine.resume()

    assert result.code == 8
    assert "'tiny' runs, but it did not answer" in result.err
    assert "llamactl destroy tiny ends it" in result.err


def test_work_goes_on_where_nobody_listens(llamactl, tiny_gguf):
    program = "from llamactl.door import main; main()"
    command = [sys.executable, "-c", program, *llamactl.options]
    order = ["deploy", "tiny", *LOCAL, "--gguf", str(tiny_gguf)]

    with subprocess.Popen([*command, *order], stderr=subprocess.PIPE) as process:
        process.stderr.close()

    assert process.returncode == 0
    assert json.loads(llamactl("list", "--json").out)[0]["state"] == "running"


def test_a_timeout_that_is_no_number_is_told(llamactl):
    result = llamactl("deploy", *LOCAL, "--timeout", "nan")

    assert result.code == 2
    assert "'nan' is not a number of seconds" in result.err
