"""The waiting room, by itself."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamactl_containers.llamacpp.admission import Admission
from llamactl_containers.llamacpp.generation import StopSequences
from llamactl_containers.llamacpp.refusal import Refused


def room(**change):
    return Admission(**{"parallel": 2, "context_tokens": 100, "max_concurrent": 8, **change})


async def entered(admission, tokens):
    task = asyncio.create_task(admission.enter(tokens))
    await asyncio.sleep(0)
    return task


def test_who_does_not_fit_waits_until_another_leaves():
    async def play():
        admission = room()
        await admission.enter(60)
        waiting = await entered(admission, 60)

        assert (waiting.done(), admission.queued) == (False, 1)
        admission.leave(60)
        await waiting
        return admission.running

    assert asyncio.run(play()) == [60]


def test_nobody_overtakes_who_waits():
    async def play():
        admission = room()
        await admission.enter(60)
        large, small = await entered(admission, 60), await entered(admission, 1)

        assert [large.done(), small.done()] == [False, False]
        admission.leave(60)
        await asyncio.gather(large, small)

    asyncio.run(play())


def test_the_context_is_for_those_that_run_at_once():
    async def play():
        admission = room(parallel=2)
        for _ in range(4):
            await admission.enter(50)
        fifth = await entered(admission, 50)
        assert not fifth.done()
        fifth.cancel()
        await asyncio.gather(fifth, return_exceptions=True)
        return admission.reserved_tokens, admission.queued

    assert asyncio.run(play()) == (100, 0)


def test_who_gives_up_while_being_called_in_leaves_the_place():
    async def play():
        admission = room()
        await admission.enter(100)
        waiting = await entered(admission, 100)
        admission.leave(100)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return admission.running

    assert asyncio.run(play()) == []


def test_too_many_are_refused():
    async def play():
        admission = room(max_concurrent=1)
        await admission.enter(1)
        await admission.enter(1)

    with pytest.raises(Refused) as raised:
        asyncio.run(play())

    assert raised.value.kind == "overloaded"


@given(st.text("ab", min_size=1, max_size=4), st.lists(st.text("ab", max_size=3), max_size=12))
def test_a_stop_sequence_is_found_wherever_it_is_cut(sequence, parts):
    stop = StopSequences([sequence])

    found = next((i for i, part in enumerate(parts) if stop.ends_with(part)), None)

    text_before = "".join(parts[:found]) if found is not None else "".join(parts)
    assert sequence not in text_before
    if found is not None:
        assert sequence in "".join(parts[: found + 1])
