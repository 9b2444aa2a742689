"""Who is generated now and who waits: a limit on requests, and on the tokens of the context.

llama.cpp queues without limit, cannot forget a request whose client has gone before it has its
turn, and fails *every* running request when their tokens together outgrow the shared context
(xllamacpp 2026.10.11549, tried). So it is handed no more than it can hold.
"""

import asyncio
from collections import deque
from heapq import nlargest

from llamactl_containers.llamacpp.refusal import Refused


class Admission:
    """The waiting room. One event loop only."""

    def __init__(self, *, parallel: int, context_tokens: int, max_concurrent: int) -> None:
        self.running: list[int] = []
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._closed: Refused | None = None
        self._parallel = parallel
        self._context_tokens = context_tokens
        self._max_concurrent = max_concurrent

    @property
    def queued(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    @property
    def reserved_tokens(self) -> int:
        """Tokens of the context that the requests that run at once may come to need."""
        return sum(nlargest(self._parallel, self.running))

    async def enter(self, tokens: int) -> None:
        """Wait until a request of at most `tokens`, prompt and answer, may run. First come first.

        Raises:
            Refused: too many are here already.
        """
        if self._closed is not None:
            raise self._closed
        if len(self.running) + len(self._waiting) >= self._max_concurrent:
            raise Refused("overloaded", "Model is overloaded")
        if not self._waiting and self._fits(tokens):
            self.running.append(tokens)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((tokens, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if (tokens, turn) in self._waiting:
                self._waiting.remove((tokens, turn))
                self._call_in()
            elif not turn.cancelled() and turn.exception() is None:
                self.leave(tokens)
            raise

    def leave(self, tokens: int) -> None:
        """Give a place back, with the `tokens` of its `enter`."""
        self.running.remove(tokens)
        self._call_in()

    def close(self, reason: Refused) -> None:
        """Refuse who waits and who comes, with this reason."""
        self._closed = reason
        while self._waiting:
            _, turn = self._waiting.popleft()
            turn.set_exception(reason)

    def _call_in(self) -> None:
        while self._waiting and self._fits(self._waiting[0][0]):
            tokens, turn = self._waiting.popleft()
            self.running.append(tokens)
            turn.set_result(None)

    def _fits(self, tokens: int) -> bool:
        # Twice as many as llama.cpp runs at once, so that its next one is there when one ends.
        if len(self.running) >= 2 * self._parallel:
            return False
        return sum(nlargest(self._parallel, [*self.running, tokens])) <= self._context_tokens
