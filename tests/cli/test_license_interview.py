"""`llamactl license accept` at a terminal: the text, the questions, the phrase."""

import json
import os
import sys

import pytest

from cli.gated_overlay import REFERENCE, write_gated

pexpect = pytest.importorskip("pexpect", reason="terminals of POSIX")

PROGRAM = "from llamactl.door import main; main()"
PHRASE = f"I accept {REFERENCE}"
WAIT_S = 30


@pytest.fixture
def gated(llamactl, tmp_path):
    write_gated(tmp_path / "overlay")
    return llamactl


@pytest.fixture
def terminal(gated):
    """Starts a command on a terminal of its own; all are ended."""
    started = []

    def start(*args):
        command = ["-c", PROGRAM, *gated.options, *map(str, args)]
        environment = os.environ | {"PAGER": "cat", "NO_COLOR": "1"}
        child = pexpect.spawn(
            sys.executable, command, env=environment, encoding="utf-8",
            timeout=WAIT_S, dimensions=(40, 100),
        )  # fmt: skip
        started.append(child)
        return child

    yield start
    for each in started:
        each.close(force=True)


def answer(child, *pairs):
    for shown, typed in pairs:
        child.expect(shown)
        child.sendline(typed)


PERSON = (
    ("Enter shows the text", ""),
    ("Your name", "Jane Doe"),
    ("organization", "Acme GmbH"),
    ("e-mail", ""),
)
ASKED = (*PERSON, ("authority to accept it for Acme GmbH", "yes"), ("in anger", "no"))


def ended(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def exported(gated):
    return json.loads(gated("license", "export").out)["records"]


def test_the_text_the_questions_and_the_phrase_make_a_record(gated, terminal):
    child = terminal("license", "accept", "acme")
    child.expect("Enter shows the text")
    child.sendline("")
    child.expect("must not look at it in anger")
    answer(child, *ASKED[1:], ("type: ", PHRASE))

    assert ended(child) == 0
    [record] = exported(gated)
    assert (record["act"]["method"], record["act"]["phrase"]) == ("typed-phrase", PHRASE)
    assert record["act"]["text_shown"]
    assert [each["answer"] for each in record["answers"]] == ["yes", "no"]
    for words in ("Will you look at the model in anger? [yes/no]: no", "Your name: Jane Doe"):
        assert words in record["act"]["prompt"]


def test_deploy_asks_and_goes_on(gated, terminal, tiny_gguf):
    child = terminal("deploy", "gated", "--cloud", "local", "--gguf", tiny_gguf, "--yes")
    answer(child, *ASKED, ("type: ", PHRASE))

    assert ended(child) == 0
    assert len(exported(gated)) == 1


@pytest.mark.parametrize("typed", ["", "yes", "I accept", PHRASE.upper(), PHRASE + "x"])
def test_any_other_phrase_accepts_nothing(gated, terminal, typed):
    child = terminal("license", "accept", "acme")
    answer(child, *ASKED, ("type: ", typed))

    assert ended(child) == 3
    assert gated.files() == []


def test_an_answer_that_the_license_does_not_allow_ends_it(gated, terminal):
    child = terminal("license", "accept", "acme")
    answer(child, *ASKED[:-1], ("in anger", "yes"))
    child.expect("Whoever is angry may not have it")

    assert ended(child) == 3
    assert gated.files() == []


@pytest.mark.parametrize("steps", [0, 1, 3, 5, 6])
@pytest.mark.parametrize("key", ["c", "d"])
def test_an_interrupt_at_any_question_accepts_nothing(gated, terminal, steps, key):
    child = terminal("license", "accept", "acme")
    answer(child, *ASKED[:steps])
    child.expect([*(shown for shown, _ in ASKED), "type: "][steps])
    child.sendcontrol(key)

    assert ended(child) == 130
    assert gated.files() == []


def test_non_interactive_asks_nothing(gated, terminal):
    child = terminal("--non-interactive", "license", "accept", "acme")
    child.expect("the right form is")

    assert ended(child) == 3
