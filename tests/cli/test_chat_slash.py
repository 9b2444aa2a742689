"""What a line at the prompt means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamactl.chat.slash import Command, Say, SetSetting, SetSystem, is_open, parse
from llamactl_catalog.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Hi", Say("Hi")),
        ("  Hi \n", Say("Hi")),
        ("", None),
        ("  \n", None),
        ('""""""', None),
        ('"""one\ntwo"""', Say("one\ntwo")),
        ('"""\none\n  two\n"""', Say("one\n  two")),
        ('"""/clear"""', Say("/clear")),
        (" /etc/hosts: what is it?", Say("/etc/hosts: what is it?")),
        ("what is /clear?", Say("what is /clear?")),
        ("/system", Command("system")),
        ("/system Be  brief.", SetSystem("Be  brief.")),
        ('/system """Be\nbrief."""', SetSystem("Be\nbrief.")),
        ('/system ""', SetSystem(None)),
        ('/system """"""', SetSystem(None)),
        ("/set", Command("settings")),
        ("/set temperature 0.5", SetSetting("temperature", 0.5)),
        ("/set max-tokens 20", SetSetting("max_tokens", 20)),
        ("/set temperature default", SetSetting("temperature", None)),
        ('/set stop "a b" c', SetSetting("stop", ("a b", "c"))),
        ("/clear", Command("clear")),
        ("/show ", Command("show")),
        ("/help", Command("help")),
        ("/?", Command("help")),
        ("/bye", Command("bye")),
        ("/exit", Command("bye")),
        ("/quit", Command("bye")),
    ],
)
def test_a_line_is_a_question_or_a_command(text, meaning):
    assert parse(text) == meaning


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("/sytem x", "no command /sytem", "/help lists them"),
        ("/bye now", "/bye takes no argument", "/help"),
        ("/set heat 1", "no setting 'heat'", "temperature"),
        ("/set heat", "no setting 'heat'", "temperature"),
        ("/set temperature", "/set temperature needs a value", "from 0 to 2"),
        ("/set temperature hot", "temperature cannot be 'hot'", "from 0 to 2"),
        ("/set top_p 3", "top_p cannot be '3'", "up to 1"),
    ],
)
def test_a_wrong_command_is_told_with_what_would_be_right(text, said, hint):
    with pytest.raises(InvalidInput) as caught:
        parse(text)

    assert caught.value.message == said
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ('"""', True),
        ('"""one\ntwo', True),
        ('"""one"""', False),
        ('/system """Be', True),
        ("one", False),
        ('""', False),
    ],
)
def test_triple_quotes_wait_for_their_end(text, waits):
    assert is_open(text) is waits


@given(st.text(st.characters(exclude_characters="/"), min_size=1).filter(str.strip))
def test_what_does_not_begin_with_a_slash_is_sent(text):
    meaning = parse(text)

    assert meaning is None or isinstance(meaning, Say)
