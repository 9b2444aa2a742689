"""One answer: read from the endpoint, written as it comes, and measured."""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass

from llamactl_gateway.endpoint import Delta

STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as far as it came. `finish_reason` is the endpoint's own, or `stopped`.

    Times are seconds from the request: to the first text (None where there was none), to the end.
    """

    text: str
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    first_text_s: float | None
    duration_s: float

    @property
    def tokens_per_s(self) -> float | None:
        """Tokens after the first one, by the time since the first one; None for fewer than two."""
        if self.first_text_s is None or self.completion_tokens is None:
            return None
        elapsed_s = self.duration_s - self.first_text_s
        later = self.completion_tokens - 1
        return later / elapsed_s if later > 0 and elapsed_s > 0 else None


def stream_answer(
    deltas: Generator[Delta, None, None],
    write: Callable[[str], None],
    *,
    stoppable: bool = False,
    strip_start: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> Answer:
    """Write the pieces of an answer as they come, and give the whole; the last line is ended.

    With `stoppable`, Ctrl-C ends the answer, on the server too, and what was said is kept.
    `strip_start` drops the blanks that chat models put before their first word.
    """
    started = clock()
    pieces: list[str] = []
    reason: str | None = None
    first_text_s: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    try:
        with closing(deltas):
            for delta in deltas:
                text = delta.text if pieces or not strip_start else delta.text.lstrip()
                if text:
                    first_text_s = clock() - started if first_text_s is None else first_text_s
                    pieces.append(text)
                    write(text)
                reason = delta.finish_reason or reason
                prompt_tokens = delta.prompt_tokens or prompt_tokens
                completion_tokens = delta.completion_tokens or completion_tokens
    except KeyboardInterrupt:
        if not stoppable:
            raise
        reason = STOPPED
    finally:
        if pieces and not pieces[-1].endswith("\n"):
            write("\n")
    duration_s = clock() - started
    return Answer(
        "".join(pieces), reason, prompt_tokens, completion_tokens, first_text_s, duration_s
    )
