"""`chat` at a real pseudo-terminal: what a person types, and what the screen then shows."""

import os
import signal
import stat
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from standins.chat_app import CONTEXT_TOKENS
from standins.chat_server import ChatServer, Reply

pexpect = pytest.importorskip("pexpect")

TESTS = Path(__file__).parents[1]
CTRL_C, CTRL_D, UP, TAB = "\x03", "\x04", "\x1b[A", "\t"
TOO_LONG = Reply(status=400, refusal='{"error": {"code": "context_length_exceeded"}}')


@contextmanager
def terminal(server, state_dir, *args, model="smollm2-135m-instruct"):
    """A person at `llamactl chat mine`, at the first prompt."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(TESTS),
        "TERM": "xterm",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    program = ["-m", "standins.chat_app", server.url, str(state_dir), model, "chat", "mine", *args]
    child = pexpect.spawn(
        sys.executable, program, env=environment, encoding="utf-8", timeout=10, dimensions=(40, 120)
    )
    child.delaybeforesend = None
    child.delayafterclose = 0
    try:
        child.expect_exact(">>> ")
        yield child
    finally:
        if child.isalive():  # closing it waits no longer than a busy machine may take
            child.kill(signal.SIGKILL)
            child.wait()
        child.close()


def say(child, text):
    child.send(text + "\r")


def told(child, text, then=">>> "):
    child.expect_exact(text)
    child.expect_exact(then)


def left(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def messages(server, index=-1):
    return [(each["role"], each["content"]) for each in server.requests[index].body["messages"]]


@pytest.fixture
def server():
    with ChatServer() as running:
        yield running


def test_a_conversation_remembers_what_was_said(server, tmp_path):
    with terminal(server, tmp_path) as child:
        say(child, "Hi")
        told(child, "Hello there.")
        say(child, "Why?")
        told(child, "Hello there.")
        say(child, "/bye")

        assert left(child) == 0

    assert messages(server) == [
        ("system", "Answer in one short English sentence."),
        ("user", "Hi"),
        ("assistant", "Hello there."),
        ("user", "Why?"),
    ]


def test_ctrl_d_leaves(server, tmp_path):
    with terminal(server, tmp_path) as child:
        child.send(CTRL_D)

        assert left(child) == 0


def test_ctrl_c_at_an_empty_prompt_tells_how_to_leave_and_else_drops_the_line(server, tmp_path):
    with terminal(server, tmp_path) as child:
        child.send(CTRL_C)
        told(child, "Ctrl-D or /bye leaves.")
        child.send("never mind" + CTRL_C)
        child.expect_exact(">>> ")
        say(child, "Hi")
        told(child, "Hello there.")

    assert len(server.requests) == 1
    assert messages(server)[-1] == ("user", "Hi")


def test_ctrl_c_stops_an_answer_and_keeps_what_was_said(server, tmp_path):
    server.reply = Reply(pieces=("la ",), endless=True, gap_s=0.01)
    with terminal(server, tmp_path) as child:
        say(child, "Sing")
        child.expect_exact("la la la")
        child.sendintr()
        told(child, "(stopped; what was said is kept)")
        assert server.hung_up.wait(5)
        server.reply = Reply()
        say(child, "Go on")
        told(child, "Hello there.")

    role, content = messages(server)[2]
    assert role == "assistant"
    assert content.startswith("la la la")


def test_ctrl_c_before_the_first_word_drops_the_question(server, tmp_path):
    server.reply = Reply(gap_s=30)
    with terminal(server, tmp_path) as child:
        say(child, "Sing")
        while not server.requests:
            time.sleep(0.01)
        time.sleep(0.1)
        child.kill(signal.SIGINT)
        told(child, "(stopped)")
        server.reply = Reply()
        say(child, "Hi")
        told(child, "Hello there.")

    assert [role for role, _ in messages(server)] == ["system", "user"]


def test_triple_quotes_hold_several_lines(server, tmp_path):
    with terminal(server, tmp_path) as child:
        say(child, '"""one')
        child.expect_exact("...")
        say(child, "  two")
        child.expect_exact("...")
        say(child, 'three"""')
        told(child, "Hello there.")

    assert messages(server)[-1] == ("user", "one\n  two\nthree")


def test_settings_are_shown_changed_and_refused(server, tmp_path):
    with terminal(server, tmp_path) as child:
        say(child, "/set temperature 3")
        child.expect_exact("temperature cannot be '3'")
        told(child, "hint: temperature is a number from 0 to 2")
        say(child, "/set temperature 0.5")
        told(child, "temperature is 0.5.")
        say(child, "/set")
        told(child, "temperature          0.5  (changed)")
        say(child, "Hi")
        told(child, "Hello there.")

    assert server.requests[0].body["temperature"] == 0.5


def test_the_system_message_is_set_shown_and_taken_away(server, tmp_path):
    with terminal(server, tmp_path, "--system", "Be brief.") as child:
        say(child, "/system")
        told(child, "Be brief.")
        say(child, "/system Be long.")
        told(child, "holds from now on")
        say(child, "Hi")
        told(child, "Hello there.")
        say(child, '/system ""')
        told(child, "No system message.")
        say(child, "Hi")
        told(child, "Hello there.")

    assert messages(server, 0)[0] == ("system", "Be long.")
    assert [role for role, _ in messages(server, 1)] == ["user", "assistant", "user"]


def test_show_and_clear(server, tmp_path):
    with terminal(server, tmp_path) as child:
        say(child, "Hi")
        told(child, "Hello there.")
        say(child, "/show")
        child.expect_exact("smollm2-135m-instruct, 135M parameters")
        child.expect_exact("Apache")
        told(child, f"14 of {CONTEXT_TOKENS} tokens, 1 turn")
        say(child, "/clear")
        told(child, "begins anew")
        say(child, "Why?")
        told(child, "Hello there.")

    assert [role for role, _ in messages(server)] == ["system", "user"]


def test_help_lists_the_commands_and_a_wrong_one_points_there(server, tmp_path):
    with terminal(server, tmp_path) as child:
        say(child, "/frobnicate")
        child.expect_exact("no command /frobnicate")
        told(child, "/help lists them")
        say(child, "/?")
        child.expect_exact("/system [TEXT]")
        told(child, "stop an answer")


def test_a_conversation_beyond_the_context_is_told_and_not_lost(server, tmp_path):
    with terminal(server, tmp_path) as child:
        say(child, "Hi")
        told(child, "Hello there.")
        server.reply = TOO_LONG
        say(child, "A very long text")
        child.expect_exact(f"no longer fits the model's context of {CONTEXT_TOKENS} tokens")
        told(child, "/clear forgets the conversation")
        server.reply = Reply()
        say(child, "Short")
        told(child, "Hello there.")

    assert [content for _, content in messages(server)[1:]] == ["Hi", "Hello there.", "Short"]


def test_a_first_text_beyond_the_context_is_not_answered_with_clear(server, tmp_path):
    server.reply = TOO_LONG
    with terminal(server, tmp_path) as child:
        say(child, "A very long text")
        told(child, "hint: send a shorter one")


def test_an_answer_that_fills_the_context_says_so(server, tmp_path):
    server.reply = Reply(finish_reason="length")
    with terminal(server, tmp_path) as child:
        say(child, "Hi")
        told(child, f"(cut where the context of {CONTEXT_TOKENS} tokens was full; /clear")
        say(child, "/set max_tokens 2")
        told(child, "max_tokens is 2.")
        say(child, "Hi")
        told(child, "(cut at max_tokens 2; /set max_tokens N allows more)")


def test_an_error_costs_its_question_alone(server, tmp_path):
    server.reply = Reply(status=429, refusal="all slots are taken")
    with terminal(server, tmp_path) as child:
        say(child, "Hi")
        child.expect_exact("'mine' is busy: all slots are taken")
        told(child, "hint: try again in a moment")
        server.reply = Reply()
        say(child, "Hi again")
        told(child, "Hello there.")

    assert [content for _, content in messages(server)[1:]] == ["Hi again"]


def test_verbose_tells_tokens_and_times(server, tmp_path):
    with terminal(server, tmp_path, "--verbose") as child:
        say(child, "Hi")
        child.expect(r"\(12 \+ 2 tokens, first after \d+ ms, [\d.]+ tokens/s, [\d.]+ s in all\)")


def test_a_model_cannot_move_the_cursor_or_change_colors(server, tmp_path):
    server.reply = Reply(pieces=("\x1b[2Jred\x07",))
    with terminal(server, tmp_path) as child:
        say(child, "Hi")
        told(child, "[2Jred\r\n")

    assert "\x1b[2J" not in child.before


def test_what_was_typed_comes_back_next_time_and_is_private(server, tmp_path):
    with terminal(server, tmp_path) as child:
        say(child, "What is a llama?")
        told(child, "Hello there.")
        say(child, "/bye")
        left(child)
    with terminal(server, tmp_path) as child:
        child.send(UP + UP + "\r")
        told(child, "Hello there.")

    assert messages(server)[-1] == ("user", "What is a llama?")
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "chat-history").stat().st_mode) == 0o600


def test_a_state_folder_that_cannot_be_written_costs_the_history_alone(server, tmp_path):
    (tmp_path / "file").touch()

    with terminal(server, tmp_path / "file") as child:
        say(child, "Hi")
        told(child, "Hello there.")


def test_keys_that_are_not_utf_8_are_refused_and_the_conversation_goes_on(server, tmp_path):
    with terminal(server, tmp_path) as child:
        os.write(child.child_fd, b"\xff\r")
        told(child, "not UTF-8")
        say(child, "Hi")
        told(child, "Hello there.")


def test_tab_completes_commands_and_settings(server, tmp_path):
    with terminal(server, tmp_path) as child:
        child.send("/set temp" + TAB)
        child.expect_exact("erature")  # it may be drawn whole, or what is added alone
        say(child, " 0.5")
        told(child, "temperature is 0.5.")


def test_a_base_model_warns_first_and_remembers_nothing(server, tmp_path):
    with terminal(server, tmp_path, model="llama-2-7b") as child:
        assert "no guardrails" in child.before
        say(child, "Once upon")
        told(child, "Hello there.")
        say(child, "/system Be brief.")
        told(child, "takes no system message")
        say(child, "a time")
        told(child, "Hello there.")

    assert [request.body["prompt"] for request in server.requests] == ["Once upon", "a time"]
