"""What holds of every prompt format, whatever the texts are."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamactl_catalog.model import PromptFormatName
from llamactl_catalog.prompts import Message, control_strings, render_prompt

FORMATS = get_args(PromptFormatName)
# Falcon's template takes blank lines out of a text; the others leave a text alone inside.
VERBATIM = [name for name in FORMATS if name != "falcon"]

# Characters of the control strings are likely, so that near misses are met.
texts = st.text(st.one_of(st.sampled_from("<|>[]/# sINT:\n"), st.characters(codec="utf-8")))


def conversations(name):
    controls = control_strings(name)
    clean = texts.map(str.strip).filter(
        lambda text: text and not any(control in text for control in controls)
    )
    return st.tuples(st.none() | clean, st.lists(st.tuples(clean, clean), max_size=3), clean).map(
        as_messages
    )


def as_messages(parts):
    system, exchanges, question = parts
    messages = [] if system is None else [Message("system", system)]
    for asked, answered in exchanges:
        messages += [Message("user", asked), Message("assistant", answered)]
    return [*messages, Message("user", question)]


def in_the_order_of_prompts(name, messages):
    """As they are told, but that Mistral v3 has a system message right before the last question."""
    if name == "mistral-v3" and messages[0].role == "system":
        system, *others, last = messages
        return [*others, system, last]
    return messages


def plain(messages):
    """The same conversation with texts that no structure can be read into."""
    return [Message(each.role, "x") for each in messages]


@pytest.mark.parametrize("name", VERBATIM)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_every_text_is_there_verbatim_and_in_order(name, data):
    messages = data.draw(conversations(name))

    prompt = render_prompt(name, messages)

    at = 0
    for message in in_the_order_of_prompts(name, messages):
        at = prompt.index(message.content, at) + len(message.content)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_texts_add_no_structure(name, data):
    messages = data.draw(conversations(name))

    prompt, expected = render_prompt(name, messages), render_prompt(name, plain(messages))

    for control in control_strings(name):
        assert prompt.count(control) == expected.count(control)


@pytest.mark.parametrize("name", [name for name in VERBATIM if name != "llama-guard"])
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_the_prompt_grows_by_the_texts_alone(name, data):
    messages = data.draw(conversations(name))

    longer = len(render_prompt(name, messages)) - len(render_prompt(name, plain(messages)))

    assert longer == sum(len(each.content) - 1 for each in messages)


@pytest.mark.parametrize("name", ["llama-3", "chatml"])
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_two_conversations_have_two_prompts(name, data):
    one, other = data.draw(conversations(name)), data.draw(conversations(name))

    assert (one == other) == (render_prompt(name, one) == render_prompt(name, other))
