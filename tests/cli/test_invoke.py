"""`invoke`, and `chat` behind a pipe: one question, and only the answer on stdout."""

import json

import pytest
from click.testing import CliRunner

from llamactl.commands.chat import command as chat
from llamactl.commands.invoke import command as invoke
from llamactl_catalog.errors import InvalidInput, NoPermission, Unhealthy, UnknownDeployment
from standins.chat_app import ChatApp
from standins.chat_server import ChatServer, Reply


@pytest.fixture
def server():
    with ChatServer(Reply(pieces=(" Paris", " it is."))) as running:
        yield running


def ask(server, tmp_path, *args, command=invoke, stdin=None, model="smollm2-135m-instruct"):
    app = ChatApp(server.url, tmp_path, model)
    return CliRunner().invoke(command, ["mine", *args], obj=app, input=stdin)


def test_only_the_answer_is_on_stdout_and_its_line_is_ended(server, tmp_path):
    result = ask(server, tmp_path, "What is the capital of France?")

    assert result.stdout == "Paris it is.\n"
    assert result.stderr == ""


@pytest.mark.parametrize("args", [[], ["-"]])
def test_the_prompt_may_come_by_a_pipe(server, tmp_path, args):
    ask(server, tmp_path, *args, stdin="Where am\nI?\n")

    assert server.requests[0].body["messages"][-1]["content"] == "Where am\nI?\n"


def test_chat_behind_a_pipe_is_one_shot_without_decoration(server, tmp_path):
    result = ask(server, tmp_path, command=chat, stdin="/bye is no command here\n")

    assert (result.stdout, result.stderr) == ("Paris it is.\n", "")
    assert server.requests[0].body["messages"][-1]["content"] == "/bye is no command here\n"


def test_the_chat_defaults_of_the_model_hold_unless_said_otherwise(server, tmp_path):
    ask(server, tmp_path, "Hi")
    ask(server, tmp_path, "Hi", "--temperature", "0", "--system", "Be long.", "--max-tokens", "9")
    ask(server, tmp_path, "Hi", "--system", "")

    first, second, third = (request.body for request in server.requests)
    assert first["messages"][0]["content"] == "Answer in one short English sentence."
    assert first["temperature"] == 0.2
    assert second["messages"][0]["content"] == "Be long."
    assert second["temperature"] == 0.0
    assert second["max_tokens"] == 9
    assert [each["role"] for each in third["messages"]] == ["user"]


def test_every_setting_has_an_option(server, tmp_path):
    options = "--top-p 0.9 --top-k 40 --seed 7 --stop END --stop ### --repetition-penalty 1.2"

    ask(server, tmp_path, "Hi", *options.split())

    body = server.requests[0].body
    assert (body["top_p"], body["top_k"], body["seed"]) == (0.9, 40, 7)
    assert (body["stop"], body["repetition_penalty"]) == (["END", "###"], 1.2)


def test_a_value_out_of_range_is_told_with_the_range(server, tmp_path):
    result = ask(server, tmp_path, "Hi", "--temperature", "3")

    assert result.exit_code == 2
    assert "temperature cannot be '3'; temperature is a number from 0 to 2" in result.stderr
    assert server.requests == []


def test_json_is_one_document(server, tmp_path):
    result = ask(server, tmp_path, "Hi", "--json")

    document = json.loads(result.stdout)
    times = [document.pop(name) for name in ("time_to_first_token_ms", "duration_ms")]
    assert document.pop("tokens_per_s") > 0
    assert 0 < times[0] <= times[1]
    assert document == {
        "deployment": "mine",
        "model": "smollm2-135m-instruct",
        "text": "Paris it is.",
        "finish_reason": "stop",
        "prompt_tokens": 12,
        "completion_tokens": 2,
    }


def test_verbose_tells_tokens_and_times_on_stderr(server, tmp_path):
    result = ask(server, tmp_path, "Hi", "--verbose")

    assert result.stdout == "Paris it is.\n"
    assert result.stderr.startswith("12 + 2 tokens, first after ")
    assert "tokens/s" in result.stderr


def test_raw_completes_the_text_as_it_is(server, tmp_path):
    result = ask(server, tmp_path, "The capital of France is", "--raw")

    assert result.stdout == " Paris it is.\n"
    assert server.requests[0].path == "/v1/completions"
    assert server.requests[0].body["prompt"] == "The capital of France is"
    assert "messages" not in server.requests[0].body


def test_a_base_model_completes_and_warns_that_it_has_no_guardrails(server, tmp_path):
    result = ask(server, tmp_path, "Once", model="llama-2-7b")

    assert result.stdout == " Paris it is.\n"
    assert "no guardrails" in result.stderr
    assert server.requests[0].path == "/v1/completions"
    assert server.requests[0].body["max_tokens"] == 256


def test_a_guard_is_shown_one_text_without_a_system_message(server, tmp_path):
    result = ask(server, tmp_path, "Hello", model="llama-guard-7b")

    assert "rates each text" in result.stderr
    assert server.requests[0].body["messages"] == [{"role": "user", "content": "Hello"}]


def test_a_model_that_left_the_catalog_is_still_talked_with(server, tmp_path):
    result = ask(server, tmp_path, "Hi", model="gone-from-the-catalog")

    assert result.stdout == "Paris it is.\n"
    assert server.requests[0].body["model"] == "gone-from-the-catalog"


@pytest.mark.parametrize("stdin", ["", " \n"])
def test_a_pipe_without_a_prompt_is_refused(server, tmp_path, stdin):
    result = ask(server, tmp_path, stdin=stdin)

    assert isinstance(result.exception, InvalidInput)
    assert server.requests == []


def test_a_pipe_that_is_not_utf_8_is_refused(server, tmp_path):
    result = ask(server, tmp_path, stdin=b"\xff\xfe")

    assert isinstance(result.exception, InvalidInput)
    assert "UTF-8" in result.exception.message


def test_an_argument_that_is_not_utf_8_is_refused(server, tmp_path):
    result = ask(server, tmp_path, "\udcff")

    assert isinstance(result.exception, InvalidInput)


def test_an_unknown_deployment_names_the_known_ones(tmp_path):
    app = ChatApp("http://127.0.0.1:1", tmp_path)

    result = CliRunner().invoke(invoke, ["other", "Hi"], obj=app)

    assert isinstance(result.exception, UnknownDeployment)
    assert "mine" in str(result.exception.hint)


def test_what_was_said_before_an_error_stays_on_a_line_of_its_own(tmp_path):
    with ChatServer(Reply(pieces=("Par",), cut_off=True)) as server:
        result = ask(server, tmp_path, "Hi")

    assert result.stdout == "Par\n"
    assert isinstance(result.exception, Unhealthy)


def test_a_refused_key_is_a_matter_of_permission(tmp_path):
    with ChatServer(Reply(status=401, refusal="no")) as server:
        result = ask(server, tmp_path, "Hi")

    assert isinstance(result.exception, NoPermission)


def test_there_are_no_colors_in_a_pipe(tmp_path):
    with ChatServer(Reply(pieces=("\x1b[31mred\x1b[0m",))) as server:
        result = ask(server, tmp_path, "Hi")

    assert result.stdout == "red\n"


def test_a_pipe_without_end_is_told_and_not_read_to_its_end(server, tmp_path):
    result = ask(server, tmp_path, stdin=b"y" * 2_000_001)

    assert isinstance(result.exception, InvalidInput)
    assert "more than 2000000 bytes" in result.exception.message


@pytest.mark.parametrize("args", [["--system", "\udcff"], ["--stop", "\udcff"]])
def test_an_option_that_is_not_utf8_is_told(server, tmp_path, args):
    result = ask(server, tmp_path, "Hi", *args)

    assert isinstance(result.exception, InvalidInput)
    assert "UTF-8" in result.exception.message
