"""Prompts that are read in steps: the sizes and turns, the slots, and llama.cpp itself."""

import itertools
import json
import threading
from contextlib import ExitStack

import orjson
import pytest

from llamactl_containers.llamacpp.completion import Completion, Sampling
from llamactl_containers.llamacpp.generation import Generation
from llamactl_containers.llamacpp.llama import load
from llamactl_containers.llamacpp.prompt_reader import PromptReader
from llamactl_containers.llamacpp.prompt_slots import SlotPool
from llamactl_containers.llamacpp.prompt_steps import StepSize, StepTurns

GREEDY = Sampling(temperature=0.0)
VOCABULARY = [b""] + [bytes([97 + index]) for index in range(26)]


def test_a_slow_step_makes_the_next_one_smaller_and_a_fast_one_at_most_doubles_it():
    size = StepSize(16, 0.1)

    size.learn(16, 0.2)
    assert size.tokens == 8
    size.learn(8, 10.0)
    size.learn(4, 10.0)
    assert size.tokens == 4  # the fewest
    size.learn(4, 0.001)
    size.learn(8, 0.001)
    assert size.tokens == 16
    size.learn(2, 0.001)
    assert size.tokens == 16  # two tokens say nothing about sixteen
    for _ in range(20):
        size.learn(size.tokens, 0.001)
    assert size.tokens == 2048


def test_steps_beside_answers_grow_slowly():
    size = StepSize(20, 0.1, growth=1.3)

    size.learn(20, 0.001)
    assert size.tokens == 26


def test_short_prompts_are_read_whole_however_small_a_step_is():
    turns = StepTurns()
    with turns.writing():
        first, second = turns.begin(30), turns.begin(32)
        assert (first.tokens, second.tokens) == (30, 32)
        first.end()
        second.end()
        rest = turns.begin(30, covered=3000)  # the end of a long prompt is no short one
        assert rest.tokens < 30


def test_steps_keep_to_whole_tiles_while_that_is_quick_enough():
    size = StepSize(64, 0.5, tile_s=0.9)

    size.learn(64, 0.8)
    assert size.tokens == 64
    size.learn(64, 0.2)
    assert size.tokens == 128
    size.learn(64, 2.0)
    assert size.tokens == 32


def test_turns_are_first_come_first_served_and_short_prompts_share_one():
    turns = StepTurns()
    long = turns.begin(1000)
    got = []

    def ask(name, wanted):
        got.append((name, turns.begin(wanted)))

    threads = []
    for name, wanted in (("a", 20), ("b", 30), ("c", 1000)):
        threads.append(threading.Thread(target=ask, args=(name, wanted)))
        threads[-1].start()
        while len(turns._waiting) < len(threads):  # noqa: SLF001 - in this order
            pass
    assert got == []

    long.end()
    for thread in threads[:2]:
        thread.join()
    assert sorted(name for name, _ in got) == ["a", "b"]
    for _, step in tuple(got):
        step.end()
        step.end()
    threads[2].join()
    assert got[2][1].tokens < 1000  # a step, not the whole prompt


def test_steps_are_smaller_beside_answers():
    turns = StepTurns()
    with turns.writing():
        step = turns.begin(1000)
        beside = step.tokens
        step.end()

    assert turns.begin(1000).tokens > beside


def test_a_step_is_small_from_the_last_step_of_another_prompt_on():
    turns = StepTurns()
    alone = turns.begin(1000)
    alone.end()
    last = turns.begin(4)
    got = []
    waiting = threading.Thread(target=lambda: got.append(turns.begin(1000)))
    waiting.start()

    with turns.writing(last):  # not for a moment without either
        waiting.join(60)

    assert [step.tokens < alone.tokens for step in got] == [True]


def test_a_prompt_that_would_fit_beside_another_ones_last_step_waits_if_it_is_no_short_one():
    turns = StepTurns()
    last = turns.begin(4)
    got = []
    waiting = threading.Thread(target=lambda: got.append(turns.begin(50)), daemon=True)
    waiting.start()
    while not turns._waiting:  # noqa: SLF001
        pass
    waiting.join(0.1)
    assert got == []
    last.end()
    waiting.join(60)
    assert [step.tokens for step in got] == [50]


def test_a_slot_is_chosen_for_what_it_holds_else_the_longest_unused():
    pool = SlotPool(2, 100, VOCABULARY, lambda number: None)
    first, covered = pool.take([1, 2, 3], 10)
    assert (first.number, covered) == (0, 0)
    first.hold([1, 2, 3], "de", 2)
    pool.give_back(first)

    other, covered = pool.take([9, 9], 10)
    assert (other.number, covered) == (1, 0)
    again, covered = pool.take([1, 2, 3, 4, 5, 6], 10)  # d, e and f
    assert (again.number, covered) == (0, 5)
    pool.give_back(again)
    pool.give_back(other)
    branch, covered = pool.take([1, 2, 7], 10)
    assert (branch.number, covered) == (0, 2)


def test_a_full_context_empties_idle_slots_alone_the_longest_unused_first():
    emptied = []
    pool = SlotPool(4, 100, VOCABULARY, emptied.append)
    slots = [pool.take([index], 25)[0] for index in range(1, 5)]
    for slot in slots:
        slot.hold([slot.number + 1] * 25)
    half_read = slots.pop(0)
    for slot in slots:
        pool.give_back(slot)

    pool.take([20] * 30, 45)

    assert emptied == [2]  # 25 reserved, 45 wanted, 25 held by the last one; the first went
    assert len(half_read.tokens) == 25


class Spied:
    """The real llama.cpp, with a note of what it was asked and what it says it evaluated."""

    def __init__(self, llama):
        self.vocabulary = llama.vocabulary
        self.tokens = llama.tokens
        self.asked = []
        self.evaluated = []
        self.before = lambda body: None
        self._llama = llama

    def stream(self, body, receive):
        asked = orjson.loads(body)
        self.asked.append(asked)
        self.before(asked)

        def spy(data):
            timings = orjson.loads(data).get("timings")
            if timings:
                self.evaluated.append((asked["id_slot"], timings["cache_n"], timings["prompt_n"]))
            return receive(data)

        self._llama.stream(orjson.dumps({**asked, "timings_per_token": True}), spy)


@pytest.fixture(scope="module")
def llama(tiny_settings):
    return load(tiny_settings)


@pytest.fixture
def spied(llama):
    return Spied(llama)


class Nobody:
    """The event loop's side: reads nothing."""

    def notify(self, generation):
        pass


def reader(spied):
    return PromptReader(spied, parallel=4, context_tokens=4096)


def generation(prompt, tokens=12, **options):
    completion = Completion(prompt, tokens, GREEDY, **options)
    return Generation(completion, Nobody())


def run(reader, prompt, tokens=12, **options):
    made = generation(prompt, tokens, **options)
    reader.run(made, len(prompt) + 8 + tokens)
    assert made.error is None
    return made


def in_steps(spied, prompt, **options):
    """Run it beside an answer that is being written: small steps."""
    steps = reader(spied)
    with steps._turns.writing():  # noqa: SLF001 - an answer that never ends
        return run(steps, prompt, **options)


PROMPT = "".join(f"{number} two " for number in range(100))


@pytest.mark.parametrize("options", [{}, {"top_logprobs": 2}, {"counted": True}])
def test_steps_lead_to_the_same_answer_and_the_same_counts(llama, spied, options):
    whole = []
    body = {"prompt": PROMPT, "max_tokens": 12, "stream": True, "top_k": 1, "min_p": 0.0}
    body |= {"cache_prompt": False, "samplers": ["penalties", "top_k"], "id_slot": 3}
    llama.stream(orjson.dumps(body), lambda data: whole.append(json.loads(data)))

    made = in_steps(spied, PROMPT, **options)

    assert len(spied.asked) > 2
    assert made.text == "".join(chunk["choices"][0]["text"] for chunk in whole[:-1])
    usage = whole[-1]["usage"]
    assert made.finish.prompt_tokens == usage["prompt_tokens"] == len(llama.tokens(PROMPT))
    assert made.finish.completion_tokens == usage["completion_tokens"] == 12


def test_each_step_evaluates_only_what_it_adds(spied):
    in_steps(spied, PROMPT)

    ends = [len(asked["prompt"]) for asked in spied.asked]
    assert ends == sorted(set(ends))
    told = dict.fromkeys(
        (cached, evaluated) for _, cached, evaluated in spied.evaluated if evaluated
    )
    assert list(told)[1:] == [(start, end - start) for start, end in itertools.pairwise(ends)]


def test_the_next_turn_of_a_chat_evaluates_only_what_is_new(spied):
    steps = reader(spied)
    first = run(steps, PROMPT, 20)
    spied.evaluated.clear()

    run(steps, PROMPT + first.text + " and three", 4)

    _, cached, evaluated = spied.evaluated[0]
    # The last token of an answer is never evaluated; a noise model's bytes may be no whole ones.
    assert cached >= len(spied.tokens(PROMPT))
    assert evaluated < 40


def test_a_caller_who_leaves_frees_the_slot_before_the_prompt_is_read(spied):
    made = generation(PROMPT)
    steps = reader(spied)

    def leave(asked):
        if len(spied.asked) == 3:
            made.cancel()

    spied.before = leave
    with ExitStack() as stack:
        stack.enter_context(steps._turns.writing())  # noqa: SLF001 - as above
        steps.run(made, 2000)

    assert len(spied.asked) == 3
    assert len(spied.asked[-1]["prompt"]) < len(spied.tokens(PROMPT))
    assert len(steps._slots._idle) == 4  # noqa: SLF001 - it was given back
    assert steps._slots._idle[-1].held_tokens < len(spied.asked[-1]["prompt"])  # noqa: SLF001


def test_two_long_prompts_take_turns_each_in_a_slot_of_its_own(spied):
    steps = reader(spied)
    same_start = [PROMPT + "a", PROMPT + "b"]
    with steps._turns.writing():  # noqa: SLF001 - as above
        threads = [threading.Thread(target=run, args=(steps, each)) for each in same_start]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    slots = [asked["id_slot"] for asked in spied.asked]
    assert len(set(slots)) == 2
    by_slot = {slot: [a["prompt"] for a in spied.asked if a["id_slot"] == slot] for slot in slots}
    for prompts in by_slot.values():
        assert all(longer[: len(p)] == p for p, longer in itertools.pairwise(prompts))
    last = max(index for index, slot in enumerate(slots) if slot == slots[0])
    assert slots[1] in slots[:last]  # the second one had turns before the first had read all


def test_a_caller_who_leaves_between_two_steps_leaves_no_prompt_that_counts_as_read(spied):
    made = generation(PROMPT)
    steps = reader(spied)
    made.cancel()
    with steps._turns.writing():  # noqa: SLF001 - as above
        steps.run(made, 2000)

        run(steps, PROMPT)

    assert len(spied.asked) > 2  # in steps again, not as one that is held
