"""Runs completions: admits them, lends them a thread, and measures them."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace

from llamactl_containers.llamacpp.admission import Admission
from llamactl_containers.llamacpp.completion import Completion
from llamactl_containers.llamacpp.constraint_checker import ConstraintChecker
from llamactl_containers.llamacpp.generation import Finish, Generation, Piece, Wakeups
from llamactl_containers.llamacpp.launch import LaunchSettings
from llamactl_containers.llamacpp.llama import Llama
from llamactl_containers.llamacpp.metrics import Metrics
from llamactl_containers.llamacpp.prompt_reader import PromptReader
from llamactl_containers.llamacpp.refusal import Refused
from llamactl_containers.llamacpp.tally import Tally

# What an answer may have where nobody says. Source: TGI 3.3.7 router/src/lib.rs, the documented
# default of max_new_tokens.
DEFAULT_MAX_TOKENS = 1024
# Prompts up to this long are not counted exactly: a token is at least a byte.
_UNCOUNTED_BYTES = 512
# llama.cpp's time to count grows with the square of some texts: 16 s for 600 KB (tried). Hardly a
# text has this many characters a token: a start that has too many tokens speaks for the whole.
_CHARACTERS_PER_TOKEN = 16
_SPECIAL_TOKENS = 8  # BOS and the like that the tokenizer adds to a prompt, at most


class Engine:
    """The loaded model and everyone who uses it. One event loop only."""

    def __init__(self, llama: Llama, settings: LaunchSettings, metrics: Metrics) -> None:
        self.settings = settings
        self.metrics = metrics
        self._llama = llama
        self._admission = Admission(
            parallel=settings.parallel,
            context_tokens=settings.context_tokens,
            max_concurrent=settings.max_concurrent_requests,
        )
        self._threads = ThreadPoolExecutor(2 * settings.parallel, thread_name_prefix="generation")
        self._wakeups = Wakeups(asyncio.get_running_loop())
        self._running: set[Generation] = set()
        self._reader = PromptReader(
            llama, parallel=settings.parallel, context_tokens=settings.context_tokens
        )
        self._constraints = ConstraintChecker(llama.vocabulary)
        metrics.watch(self._admission)

    @property
    def eos_text(self) -> str:
        """How the model writes its end-of-sequence token."""
        return self._llama.eos_text

    async def tokens(self, text: str) -> list[int]:
        """Tokenize a prompt."""
        return await asyncio.to_thread(self._llama.tokens, text)

    async def pieces(self, text: str) -> list[tuple[int, bytes]]:
        """Tokenize a prompt into ids and their bytes."""
        return await asyncio.to_thread(self._llama.pieces, text)

    async def sized(self, completion: Completion) -> tuple[Completion, int]:
        """Give it with the length of its answer, and how many tokens both may come to have.

        A prompt that had to be counted goes on as its tokens: it is tokenized once.

        Raises:
            Refused: prompt and answer do not fit the context, or the constraint cannot be held.
        """
        prompt, bound = await self._bounded(completion)
        max_tokens = self._answer_tokens(bound, completion.max_tokens)
        if completion.constraint is not None:
            await self._constraints.check(completion.constraint)
        return replace(completion, prompt=prompt, max_tokens=max_tokens), bound + max_tokens

    async def _bounded(self, completion: Completion) -> tuple[str | tuple[int, ...], int]:
        """Give the prompt, as tokens where it is counted, and how many tokens it has at most."""
        prompt = completion.prompt
        if isinstance(prompt, tuple):
            return prompt, len(prompt)
        bound = _byte_bound(prompt)
        most = bound + (completion.max_tokens or DEFAULT_MAX_TOKENS)
        if bound <= _UNCOUNTED_BYTES and most <= self.settings.context_tokens:
            return prompt, bound
        tokens = await self._counted(prompt)
        return tokens, len(tokens)

    def _answer_tokens(self, bound: int, wanted: int | None) -> int:
        context = self.settings.context_tokens
        if bound >= context:
            raise self._too_long(str(bound))
        if wanted is None:
            return min(DEFAULT_MAX_TOKENS, context - bound)
        if bound + wanted > context:
            message = (
                f"`inputs` tokens + `max_new_tokens` must be <= {context}. "
                f"Given: {bound} `inputs` tokens and {wanted} `max_new_tokens`"
            )
            raise Refused("context_length_exceeded", message)
        return wanted

    async def _counted(self, prompt: str) -> tuple[int, ...]:
        """Tokenize a prompt; of one that is far too long, only its start."""
        start = prompt[: _CHARACTERS_PER_TOKEN * self.settings.context_tokens]
        tokens = await self.tokens(start)
        if len(start) == len(prompt):
            return tuple(tokens)
        if len(tokens) > 2 * self.settings.context_tokens:
            raise self._too_long(f"more than {len(tokens)}")
        return tuple(await self.tokens(prompt))

    def _too_long(self, given: str) -> Refused:
        context = self.settings.context_tokens
        message = f"`inputs` must have less than {context} tokens. Given: {given}"
        return Refused("context_length_exceeded", message)

    @asynccontextmanager
    async def generation(
        self, completion: Completion, size: int, tally: Tally
    ) -> AsyncIterator[Generation]:
        """Start an answer that needs at most `size` tokens; leaving the block stops it.

        Raises:
            Refused: too many requests are here already.
        """
        asked_at = time.monotonic()
        await self._admission.enter(size)
        started_at = time.monotonic()
        generation = Generation(completion, self._wakeups)
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._threads, self._run, generation, size)
        running.add_done_callback(lambda done: self._ended(done, generation, size))
        self._running.add(generation)
        try:
            yield generation
        finally:
            generation.cancel()
            tally.queued_s += started_at - asked_at
            tally.inference_s += time.monotonic() - started_at
            self.metrics.record(generation, asked_at=asked_at, started_at=started_at)

    async def answer(
        self, completion: Completion, size: int, tally: Tally
    ) -> tuple[Sequence[Piece], Finish]:
        """Generate a whole answer.

        Raises:
            Refused: it is refused, or fails.
        """
        pieces: list[Piece] = []
        async with self.generation(completion, size, tally) as generation:
            async for batch in generation.batches():
                pieces += batch
        if generation.finish is None:
            raise Refused("generation", "the answer has no end")
        return pieces, generation.finish

    def close(self) -> None:
        """End every answer, running or waiting, with an error that says that the server leaves."""
        reason = Refused("leaving", "the server is leaving")
        self._admission.close(reason)
        for generation in self._running:
            if generation.finish is None:
                generation.fail(reason)
            generation.cancel()

    def _ended(self, running: "asyncio.Future[None]", generation: Generation, size: int) -> None:
        self._running.discard(generation)
        self._admission.leave(size)
        error = running.exception()
        if error is not None:
            generation.fail(Refused("generation", "an error in the server"))
            raise error  # a bug: the loop writes it to the log

    def _run(self, generation: Generation, size: int) -> None:
        if generation.cancelled:
            return
        try:
            generation.hold()
            self._reader.run(generation, size)
        except Refused as error:
            generation.fail(error)
            return
        if generation.finish is None and generation.error is None and not generation.cancelled:
            generation.fail(Refused("generation", "llama.cpp ended the answer without a reason"))


def _byte_bound(text: str) -> int:
    return len(text.encode()) + _SPECIAL_TOKENS
