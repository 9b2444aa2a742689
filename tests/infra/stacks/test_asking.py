"""Several clouds are asked at once, and none is waited for without an end."""

import threading

import pytest

from llamactl_catalog.errors import NoPermission
from llamactl_infra.stacks.asking import answers_within

LONG_S = 60


def test_each_answer_has_its_name():
    assert answers_within({"one": lambda: 1, "two": lambda: 2}, LONG_S) == {"one": 1, "two": 2}


def test_questions_are_asked_at_the_same_time():
    together = threading.Barrier(2)

    assert len(answers_within({"one": together.wait, "two": together.wait}, LONG_S)) == 2


def test_who_refuses_is_told_as_that():
    error = NoPermission("no")

    def refuse():
        raise error

    assert answers_within({"one": refuse, "two": lambda: 2}, LONG_S) == {"one": error, "two": 2}


def test_who_does_not_answer_is_left_alone():
    never = threading.Event()

    found = answers_within({"one": never.wait}, 0.05)["one"]
    never.set()

    assert "did not answer within" in found.message


def test_a_bug_stays_a_bug():
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answers_within({"one": fail}, LONG_S)
