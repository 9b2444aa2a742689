"""How many tokens of a prompt are read at once, so that nobody waits long for it.

llama.cpp reads up to 2,048 tokens between two tokens of every other answer: 14 s for SmolLM2 135M
on 2 cores. So a long prompt goes to it in steps, and the time that they take sets their size.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# The bar is 250 ms without a token. A step takes longer the more of the prompt is read, and the
# token itself takes time.
_TARGET_BESIDE_ANSWERS_S = 0.09
# A caller that hangs up frees its slot after the step: within a second.
_TARGET_ALONE_S = 0.5
_LONGEST_ALONE_S = 0.9
# From 64 rows on llama.cpp's attention goes by tiles and is twice as fast: 127 tokens/s at 64, 58
# at 32. Source: SmolLM2 135M on 2 cores, a prompt of 3,000 tokens, 2026-11.
_TILE = 64
_FIRST_BESIDE_ANSWERS = 16
_FEWEST = 4  # on a machine that is never fast enough a prompt still comes to its end
_MOST = 2048
_FASTEST_GROWTH = 2.0
_GROWTH_BESIDE_ANSWERS = 1.3  # a step that is too large is a gap in every answer
# A prompt of a few tokens is read whole, and several share a turn: at the context's beginning 64
# tokens take little longer than one.
_SHORT = 32
_SHORT_TOGETHER = 64


class StepSize:
    """The size of a step, from how long the last ones took."""

    def __init__(
        self, first: int, target_s: float, tile_s: float = 0.0, growth: float = _FASTEST_GROWTH
    ) -> None:
        """Begin with `first`; `tile_s` is what a step of the tile's size may take."""
        self.tokens = first
        self._target_s = target_s
        self._tile_s = tile_s
        self._growth = growth

    def learn(self, tokens: int, elapsed_s: float) -> None:
        """Take in that a step of so many tokens took so long."""
        if 2 * tokens < self.tokens and elapsed_s < self._target_s:
            return  # says little about a whole step
        change = self._target_s / max(elapsed_s, 1e-6)
        wanted = int(tokens * min(self._growth, max(1 / _FASTEST_GROWTH, change)))
        if wanted > _TILE:
            wanted -= wanted % _TILE
        elif tokens and elapsed_s * _TILE / tokens <= self._tile_s:
            wanted = _TILE
        self.tokens = min(_MOST, max(_FEWEST, wanted))


class Step:
    """A turn to read `tokens` of a prompt."""

    def __init__(self, tokens: int, size: StepSize, end: Callable[["Step"], None]) -> None:
        self.tokens = tokens
        self.size = size
        self.started_at = time.monotonic()
        self.is_last = False  # the answer's first token comes with it
        self.shared = False
        self.ended = False
        self._end = end

    def end(self, *, is_whole: bool = True) -> None:
        """Let the next prompt read on; a step that is not whole teaches nothing. Once is enough."""
        if not self.ended:
            self.ended = True
            self.shared = self.shared or not is_whole
            self._end(self)


class StepTurns:
    """Gives prompts their turns, first come first; short ones share a turn."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._beside = StepSize(
            _FIRST_BESIDE_ANSWERS, _TARGET_BESIDE_ANSWERS_S, growth=_GROWTH_BESIDE_ANSWERS
        )
        self._alone = StepSize(_TILE, _TARGET_ALONE_S, _LONGEST_ALONE_S)
        self._writing = 0
        self._steps: list[Step] = []
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def writing(self, step: Step | None = None) -> Iterator[None]:
        """Count an answer as one that waits for its next token; its last step ends with that."""
        with self._changed:
            self._writing += 1
            if step is not None:
                step.end()
        try:
            yield
        finally:
            with self._changed:
                self._writing -= 1
                self._changed.notify_all()

    def begin(self, wanted: int, *, covered: int = 0) -> Step:
        """Wait for a turn to read `wanted` tokens behind `covered`, or as many as a step has."""
        ticket = object()
        is_short = covered + wanted <= _SHORT
        with self._changed:
            self._waiting.append(ticket)
            self._changed.wait_for(
                lambda: self._waiting[0] is ticket and self._fits(wanted, is_short=is_short)
            )
            self._waiting.popleft()
            size = self._size()
            step = Step(wanted if is_short else min(wanted, size.tokens), size, self._end)
            step.is_last = step.tokens == wanted
            step.shared = is_short  # what is quick at the beginning says nothing about the rest
            step.started_at = self._clock()
            self._steps.append(step)
            for each in self._steps:
                each.shared = len(self._steps) > 1 or each.shared
            self._changed.notify_all()
        return step

    def _size(self) -> StepSize:
        # An answer whose prompt is being read to its end waits for its second token next.
        is_alone = not self._writing and not any(step.is_last for step in self._steps)
        return self._alone if is_alone else self._beside

    def _fits(self, wanted: int, *, is_short: bool) -> bool:
        together = sum(step.tokens for step in self._steps) + wanted
        most = self._size().tokens
        if is_short and all(step.tokens <= _SHORT for step in self._steps):
            most = max(most, _SHORT_TOGETHER)
        return not self._steps or together <= most

    def _end(self, step: Step) -> None:
        with self._changed:
            self._steps.remove(step)
            elapsed_s = self._clock() - step.started_at
            if not step.shared:
                step.size.learn(step.tokens, elapsed_s)
            self._changed.notify_all()
