"""Which of llama.cpp's slots a request goes to, and what each slot still holds of the context.

llama.cpp would choose by itself, but gives a slot whose prompt is half read to any request with the
same beginning, and when the context is full it clears the idle slot with the lowest number, half
read or not (xllamacpp 2026.10.11549, server-context.cpp: get_available_slot, try_clear_idle_slots).
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence

# A slot that shares less of a prompt than this is as good as any other. llama.cpp's own
# slot_prompt_similarity has the same default.
_LEAST_SHARED = 0.1


class Slot:
    """One of the sequences that share the context. Whoever took it changes it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.tokens: Sequence[int] = ()  # of the last prompt
        self.answer = b""  # what was written after it
        self.answer_tokens = 0
        self.reserved = 0
        self.is_taken = False

    @property
    def held_tokens(self) -> int:
        """Tokens of the context that it takes up while nobody uses it, at most."""
        return len(self.tokens) + self.answer_tokens

    def hold(self, tokens: Sequence[int], answer: str = "", answer_tokens: int = 0) -> None:
        """Note what llama.cpp keeps in it from now on."""
        self.tokens, self.answer, self.answer_tokens = tokens, answer.encode(), answer_tokens

    def covered(self, prompt: Sequence[int], vocabulary: Sequence[bytes]) -> int:
        """Count the tokens of a prompt's beginning that it already holds."""
        shared = 0
        for held, wanted in zip(self.tokens, prompt, strict=False):
            if held != wanted:
                return shared
            shared += 1
        if shared < len(self.tokens):
            return shared
        position = 0
        for token in prompt[shared:]:
            text = vocabulary[token] if 0 <= token < len(vocabulary) else b""
            if not text or not self.answer.startswith(text, position):
                break
            position += len(text)
            shared += 1
        return shared


class SlotPool:
    """Lends slots to threads, first come first. `empty` clears one inside llama.cpp."""

    def __init__(
        self,
        count: int,
        context_tokens: int,
        vocabulary: Sequence[bytes],
        empty: Callable[[int], None],
    ) -> None:
        self._idle = [Slot(number) for number in range(count)]  # the longest unused first
        self._taken: list[Slot] = []
        self._context_tokens = context_tokens
        self._vocabulary = vocabulary
        self._empty = empty
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    def take(self, prompt: Sequence[int], reserved: int) -> tuple[Slot, int]:
        """Wait for a slot; give the one that holds most of the prompt, and how much it holds.

        What is `reserved` is kept free: idle slots are emptied for it, the longest unused first.
        """
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            self._changed.wait_for(lambda: self._waiting[0] is ticket and bool(self._idle))
            self._waiting.popleft()
            slot, covered = self._best(prompt)
            self._idle.remove(slot)
            self._taken.append(slot)
            slot.reserved = reserved
            self._make_room()
            self._changed.notify_all()
        return slot, covered

    def give_back(self, slot: Slot) -> None:
        """Lend it to the next one."""
        with self._changed:
            self._taken.remove(slot)
            slot.reserved = 0
            self._idle.append(slot)
            self._changed.notify_all()

    def _best(self, prompt: Sequence[int]) -> tuple[Slot, int]:
        covered = [(slot, slot.covered(prompt, self._vocabulary)) for slot in self._idle]
        slot, shared = max(covered, key=lambda each: each[1])
        if shared < _LEAST_SHARED * len(prompt):
            return covered[0]
        return slot, shared

    def _make_room(self) -> None:
        # Under the lock: nobody can take a slot while it is emptied.
        room = self._context_tokens - sum(slot.reserved for slot in self._taken)
        for slot in self._idle:
            if sum(idle.held_tokens for idle in self._idle) <= room:
                return
            if slot.held_tokens:
                self._empty(slot.number)
                slot.hold(())
