"""The settings of an answer: ranges, words, and which ones win."""

from contextlib import suppress
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamactl_catalog.errors import InvalidInput
from llamactl_gateway.sampling import SETTINGS, Sampling, parse_setting


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("temperature", "0", 0.0),
        ("temperature", "0.7", 0.7),
        ("top_p", "1", 1.0),
        ("top_k", "40", 40),
        ("max_tokens", "1_000", 1000),
        ("repetition_penalty", "1.1", 1.1),
        ("seed", "0", 0),
        ("stop", "END", ("END",)),
        ("stop", "'two words' \"\n\"", ("two words", "\n")),
    ],
)
def test_a_value_is_read(name, text, value):
    assert parse_setting(name, text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("temperature", "hot"),
        ("temperature", "-1"),
        ("temperature", "2.1"),
        ("temperature", "nan"),
        ("temperature", "inf"),
        ("top_p", "0"),
        ("top_p", "1.1"),
        ("top_k", "0"),
        ("top_k", "1.5"),
        ("max_tokens", "0"),
        ("max_tokens", "²"),
        ("repetition_penalty", "0"),
        ("seed", "-1"),
        ("seed", "4294967296"),
        ("stop", ""),
        ("stop", "a b c d e"),
        ("stop", "'open"),
    ],
)
def test_a_wrong_value_is_told_with_the_right_ones(name, text):
    with pytest.raises(InvalidInput) as caught:
        parse_setting(name, text)

    assert caught.value.message == f"{name} cannot be '{text}'"
    assert caught.value.hint == f"{name} is {SETTINGS[name].accepts}"


def test_an_unknown_setting_names_the_known_ones():
    with pytest.raises(InvalidInput, match="no setting 'heat'") as caught:
        parse_setting("heat", "1")

    assert "temperature" in str(caught.value.hint)


def test_there_is_a_setting_for_every_field():
    assert set(SETTINGS) == {each.name for each in fields(Sampling)}


def test_what_is_given_wins_over_the_defaults():
    chosen = Sampling(temperature=0.0).over(Sampling(temperature=0.2, top_k=5))

    assert chosen == Sampling(temperature=0.0, top_k=5)


@given(st.sampled_from(list(SETTINGS)), st.text())
def test_a_text_is_a_value_or_wrong_but_never_a_crash(name, text):
    with suppress(InvalidInput):
        parse_setting(name, text)
