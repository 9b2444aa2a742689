"""One answer while it is generated: fed by a thread of llama.cpp, read by the event loop."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from llamactl_containers.llamacpp.completion import Completion
from llamactl_containers.llamacpp.constraint_follower import ConstraintFollower
from llamactl_containers.llamacpp.refusal import Refused

FinishReason = Literal["length", "end", "stop"]


@dataclass(slots=True)
class Piece:
    """What one chunk of llama.cpp brought: whole characters, and a token with its logprob.

    Tokens that end inside a character are held back by llama.cpp and come with the one that
    completes it. `token` is llama.cpp's `logprobs.content` entry; None where none were asked for.
    `is_last` is a forecast: the answer has its full length, its stop string or the model's end.
    """

    text: str
    token: Mapping[str, Any] | None
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Finish:
    """How an answer ended: at its length, the model's own end, or a stop string."""

    reason: FinishReason
    prompt_tokens: int
    completion_tokens: int


class Wakeups:
    """Wakes the event loop once for all that arrived since it last looked."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ready: deque[Generation] = deque()
        self._asked = False

    def notify(self, generation: "Generation") -> None:
        """Have the loop look at a generation soon; called from any thread."""
        self._ready.append(generation)
        if not self._asked:
            self._asked = True
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._asked = False
        while self._ready:
            self._ready.popleft().wake()


class Generation:
    """An answer in the making. `receive` and `fail` belong to the thread, the rest to the loop."""

    def __init__(self, completion: Completion, wakeups: Wakeups) -> None:
        self.completion = completion
        self.finish: Finish | None = None
        self.error: Refused | None = None
        self.first_token_at: float | None = None
        self._wakeups = wakeups
        self._stopper = StopSequences(completion.stop_after)
        self._follower: ConstraintFollower | None = None
        self._pieces: list[Piece] = []
        self._texts: list[str] = []
        self._cancelled = False
        self._waiter: asyncio.Future[None] | None = None

    def hold(self) -> None:
        """Hold what comes to the constraint, if there is one. Takes as long as compiling it.

        Raises:
            Refused: it cannot be followed.
        """
        if self.completion.constraint is not None:
            self._follower = ConstraintFollower(self.completion.constraint, self.completion.stop)

    def refuses(self, data: bytes) -> bool:
        """Take what llama.cpp says while it reads the prompt; True tells it to stop."""
        if b'"error"' in data and "error" in (chunk := orjson.loads(data)):
            self.fail(_refusal(chunk["error"]))
            return True
        return self._cancelled

    def receive(self, data: bytes) -> bool:
        """Take one chunk from llama.cpp; True tells it to stop."""
        if self._cancelled:
            return True
        chunk = orjson.loads(data)
        if "error" in chunk:
            self.fail(_refusal(chunk["error"]))
            return True
        choice = chunk["choices"][0]
        if self._follower is not None:
            ended = choice["finish_reason"] not in (None, "length")
            broken = self._follower.broken(choice["text"], ended=ended)
            if broken is not None:
                self.fail(broken)
                return True
        if choice["finish_reason"] is not None:
            self._end(choice["finish_reason"], chunk["usage"])
            return True
        logprobs = choice["logprobs"]
        return self._add(choice["text"], logprobs["content"][-1] if logprobs else None, chunk)

    def fail(self, error: Refused) -> None:
        """End it with an error."""
        self.error = error
        self._wakeups.notify(self)

    def cancel(self) -> None:
        """Have llama.cpp stop at its next token; what it made is dropped."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._cancelled

    def is_stopped(self) -> bool:
        """Whether it failed, or nobody waits for it any more."""
        return self._cancelled or self.error is not None

    @property
    def text(self) -> str:
        """What has been written so far; for the thread."""
        return "".join(self._texts)

    def wake(self) -> None:
        """Let the reader look again; called by the event loop."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def batches(self) -> AsyncIterator[Sequence[Piece]]:
        """Give what has arrived, each time something has, until `finish` is set.

        Raises:
            Refused: llama.cpp refused the request or failed at it.
        """
        while True:
            over = self._is_over()
            pieces, self._pieces = self._pieces, []
            if pieces:
                yield pieces
            if over:
                break
            # `wake` runs on this loop too: what comes after the look above cannot be missed.
            if not self._arrived():
                self._waiter = asyncio.get_running_loop().create_future()
                await self._waiter
        if self.error is not None:
            raise self.error

    def _is_over(self) -> bool:
        return self.finish is not None or self.error is not None

    def _arrived(self) -> bool:
        return bool(self._pieces) or self._is_over()

    def _add(self, text: str, token: Mapping[str, Any] | None, chunk: Mapping[str, Any]) -> bool:
        if self.first_token_at is None:
            self.first_token_at = time.monotonic()
        piece = Piece(text, token)
        timings = chunk.get("timings")
        if timings is not None:
            piece.is_last = timings["predicted_n"] == self.completion.max_tokens or text == ""
            if self._stopper.ends_with(text):
                piece.is_last = True
                prompt_tokens = timings["cache_n"] + timings["prompt_n"]
                self.finish = Finish("stop", prompt_tokens, timings["predicted_n"])
        self._pieces.append(piece)
        self._texts.append(text)
        if self.completion.streamed or self.finish is not None:
            self._wakeups.notify(self)
        return self.finish is not None

    def _end(self, reason: str, usage: Mapping[str, int]) -> None:
        self.finish = Finish(
            "length" if reason == "length" else "end",
            usage["prompt_tokens"],
            usage["completion_tokens"],
        )
        self._wakeups.notify(self)


class StopSequences:
    """Looks for strings in a text that arrives in parts."""

    def __init__(self, sequences: Sequence[str]) -> None:
        self._sequences = [sequence for sequence in sequences if sequence]
        self._longest = max(map(len, self._sequences), default=0)
        self._tail = ""

    def ends_with(self, text: str) -> bool:
        """Add a part; tell whether one of the strings is now complete."""
        if not self._longest:
            return False
        self._tail += text
        found = any(sequence in self._tail for sequence in self._sequences)
        self._tail = self._tail[-self._longest :]
        return found


def _refusal(error: Mapping[str, Any]) -> Refused:
    if error.get("type") == "exceed_context_size_error":
        message = (
            f"this model's context is {error['n_ctx']} tokens, "
            f"the prompt has {error['n_prompt_tokens']}"
        )
        return Refused("context_length_exceeded", message)
    is_request = error.get("type") == "invalid_request_error"
    return Refused("validation" if is_request else "generation", str(error.get("message")))
