"""Has llama.cpp read a prompt step by step, and then write the answer."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Protocol

import orjson

from llamactl_containers.llamacpp.generation import Generation
from llamactl_containers.llamacpp.prompt_slots import Slot, SlotPool
from llamactl_containers.llamacpp.prompt_steps import Step, StepTurns
from llamactl_containers.llamacpp.refusal import Refused

# In a chunk's JSON a quote inside of a text is escaped: no answer can have this.
_PROGRESS = b'"prompt_progress":{'


class Model(Protocol):
    """What is asked of llama.cpp."""

    vocabulary: list[bytes]

    def stream(self, body: bytes, receive: Callable[[bytes], bool]) -> None:
        """Generate until the end, or until `receive` returns True."""

    def tokens(self, text: str) -> list[int]:
        """Tokenize as a prompt is."""


class PromptReader:
    """Runs generations; called from their threads."""

    def __init__(self, model: Model, *, parallel: int, context_tokens: int) -> None:
        self._model = model
        self._slots = SlotPool(parallel, context_tokens, model.vocabulary, self._empty)
        self._turns = StepTurns()

    def run(self, generation: Generation, reserved: int) -> None:
        """Read the prompt and write the answer, unless the caller leaves. Blocks.

        Raises:
            Refused: llama.cpp does not take the request.
        """
        prompt = generation.completion.prompt
        tokens = self._model.tokens(prompt) if isinstance(prompt, str) else prompt
        slot, covered = self._slots.take(tokens, reserved)
        try:
            step = self._read(generation, slot, tokens, max(0, min(covered, len(tokens) - 1)))
            if step is not None and self._write(generation, slot, tokens, step):
                finish = generation.finish
                most = max(0, reserved - len(tokens))
                slot.hold(tokens, generation.text, finish.completion_tokens if finish else most)
        finally:
            self._slots.give_back(slot)

    def _read(
        self, generation: Generation, slot: Slot, tokens: Sequence[int], covered: int
    ) -> Step | None:
        """Read all but what the last step takes; give that one, or None if it is stopped."""
        while True:
            slot.hold(tokens[:covered])  # no more is sure if the next step is broken off
            step = self._turns.begin(len(tokens) - covered, covered=covered)
            if generation.cancelled or covered + step.tokens >= len(tokens):
                return step
            covered += step.tokens
            try:
                self._model.stream(_reading(tokens[:covered], slot.number), generation.refuses)
            finally:
                step.end(is_whole=not generation.cancelled)
            if generation.is_stopped():
                return None

    def _write(self, generation: Generation, slot: Slot, tokens: Sequence[int], step: Step) -> bool:
        """Read the rest and write the answer; tell whether the prompt was read to its end."""
        with ExitStack() as written:

            def receive(data: bytes) -> bool:
                if not step.ended and (_PROGRESS not in data or _is_read(data)):
                    written.enter_context(self._turns.writing(step))
                return generation.cancelled if _PROGRESS in data else generation.receive(data)

            try:
                body = generation.completion.to_engine(tokens, slot.number)
                if not generation.cancelled:
                    self._model.stream(body, receive)
                return step.ended
            finally:
                step.end(is_whole=False)

    def _empty(self, number: int) -> None:
        """Have a slot hold one token, the least it can."""
        with suppress(Refused):  # it costs a purge by llama.cpp at most
            self._model.stream(_reading([0], number, keep=False), lambda _: False)


def _reading(tokens: Sequence[int], slot: int, *, keep: bool = True) -> bytes:
    body = {"prompt": tokens, "max_tokens": 0, "stream": True, "top_k": 1, "samplers": ["top_k"]}
    return orjson.dumps({**body, "id_slot": slot, "cache_prompt": keep})


def _is_read(data: bytes) -> bool:
    progress = orjson.loads(data)["prompt_progress"]
    return bool(progress["processed"] >= progress["total"])
