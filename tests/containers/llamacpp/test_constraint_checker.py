"""The worker that compiles on trial, and the follower: neither lets a bad constraint through."""

import asyncio
import sys
from pathlib import Path

import llguidance
import pytest
import xllamacpp

from llamactl_containers.llamacpp.constraint_checker import ConstraintChecker
from llamactl_containers.llamacpp.constraint_follower import ConstraintFollower
from llamactl_containers.llamacpp.grammar import (
    Constraint,
    choice_constraint,
    json_constraint,
    regex_constraint,
)
from llamactl_containers.llamacpp.refusal import Refused

TOKENS = [bytes([value]) for value in range(128)] + [b"the", b'{"a": ', b"aaaa"]
GOOD = choice_constraint(["yes", "no"], "guided_choice")
# Past the limits on purpose: what a kind that nobody thought of would do.
ITEMS = '%llguidance {{}}\nstart: %json {{"type": "array", "minItems": {}}}\n'
ENDLESS = Constraint('%llguidance {}\nstart: %json {"multipleOf": 4999979}\n', "grammar")
HUGE = Constraint(ITEMS.format(10**9), "grammar")


def check(*constraints):
    """Check one after the other; give each one's refusal, None for a good one."""

    async def run():
        checker = ConstraintChecker(TOKENS)
        refusals = []
        for constraint in constraints:
            try:
                await checker.check(constraint)
                refusals.append(None)
            except Refused as refused:
                refusals.append(refused)
        return refusals

    return asyncio.run(run())


@pytest.mark.parametrize("hostile", [ENDLESS, HUGE], ids=["time", "memory"])
def test_a_worker_that_takes_too_much_is_ended_and_the_next_one_answers(hostile):
    refused, good = check(hostile, GOOD)

    assert refused is not None
    assert refused.param == "grammar"
    assert "simplify it" in refused.message
    assert good is None


def test_an_invalid_grammar_says_why():
    (refused,) = check(regex_constraint("[0-", "grammar"))

    assert refused is not None
    assert "invalid regex" in refused.message


def test_a_constraint_that_nothing_fits_is_refused():
    (refused,) = check(json_constraint({"$ref": "#"}, "response_format"))

    assert refused is not None
    assert "no answer fits it" in refused.message


def test_a_text_that_the_library_gives_up_on_later_is_found_by_walking():
    (refused,) = check(regex_constraint("(.*a)?" * 160, "grammar"))

    assert refused is not None


def test_many_that_wait_are_refused():
    async def run():
        checker = ConstraintChecker(TOKENS)
        several = [regex_constraint("a" * size, "grammar") for size in range(1, 60)]
        checks = [checker.check(each) for each in several]
        return await asyncio.gather(*checks, return_exceptions=True)

    results = asyncio.run(run())

    assert {result.kind for result in results if result is not None} == {"overloaded"}
    assert results[0] is None


def test_a_caller_who_leaves_does_not_get_anothers_answer():
    async def run():
        checker = ConstraintChecker(TOKENS)
        await checker.check(GOOD)
        gone = asyncio.create_task(checker.check(ENDLESS))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        await checker.check(choice_constraint(["other"], "guided_choice"))

    asyncio.run(run())


def follow(constraint, *texts, ended=True, stops=()):
    follower = ConstraintFollower(constraint, stops)
    broken = [follower.broken(text, ended=False) for text in texts]
    return [*broken, follower.broken("", ended=True)] if ended else broken


def test_what_fits_goes_out():
    schema = json_constraint({"type": "object", "properties": {"é": {"type": "string"}}}, "x")

    assert follow(schema, '{"é"', ': "ü', '"}') == [None] * 4


@pytest.mark.parametrize("texts", [["Sure, here"], ['{"a": 1, ', "then"], ['{"a": 1}', " Done"]])
def test_what_does_not_fit_is_stopped(texts):
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "null"}}}

    *_, last = follow(json_constraint(schema, "response_format"), *texts, ended=False)

    assert last is not None
    assert last.kind == "validation"
    assert last.param == "response_format"


def test_an_answer_that_is_not_whole_is_stopped():
    *_, last = follow(json_constraint({"const": "abc"}, "x"), '"a')

    assert last is not None


@pytest.mark.parametrize(("stop", "is_good"), [("bc", True), ("\n", False)])
def test_a_stop_string_may_end_it_only_where_it_fits(stop, is_good):
    *_, last = follow(json_constraint({"const": "abc"}, "x"), '"a', stops=(stop,))

    assert (last is None) == is_good


@pytest.mark.skipif(sys.platform == "win32", reason="its libraries hold no paths")
def test_the_library_that_checks_is_the_one_that_generates():
    """Both hold the path of the crate derivre, which llguidance pins with each of its versions."""
    engine = next(Path(xllamacpp.__file__).parent.glob("xllamacpp.*so")).read_bytes()
    checker = next(Path(llguidance.__file__).parent.glob("_lib.*so")).read_bytes()
    start = checker.index(b"derivre-")

    assert checker[start : start + len(b"derivre-0.3.8")] in engine
