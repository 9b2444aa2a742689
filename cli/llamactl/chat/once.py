"""One question, one answer: where a pipe comes in, and `invoke`."""

import sys

from llamactl.chat.answer import Answer, stream_answer
from llamactl.chat.partner import Partner
from llamactl.chat.screen import answer_writer, statistics
from llamactl.chat.session import Session
from llamactl.output import print_json, talk
from llamactl_catalog.errors import InvalidInput

# What the engines take of a whole request: TGI's --payload-limit, and llama.cpp here.
MAX_PROMPT_BYTES = 2_000_000


def ask_once(
    partner: Partner, session: Session, prompt: str, *, verbose: bool, as_json: bool = False
) -> None:
    """Write the answer to stdout as it comes, or one JSON document at its end."""
    answer = stream_answer(
        partner.ask(session.asking(prompt), session.sampling),
        _unseen if as_json else answer_writer(),
        strip_start=partner.remembers,
    )
    if as_json:
        print_json(_document(partner, answer))
    if verbose:
        talk(statistics(answer))


def piped_prompt() -> str:
    """Read the prompt that stdin brings, to its end.

    Raises:
        InvalidInput: there is none, it has no end in sight, or it is not UTF-8.
    """
    data = sys.stdin.buffer.read(MAX_PROMPT_BYTES + 1)
    if len(data) > MAX_PROMPT_BYTES:
        message = f"stdin brings more than {MAX_PROMPT_BYTES} bytes, which no endpoint takes"
        raise InvalidInput(message, hint="send a part of it")
    try:
        prompt = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("stdin is not UTF-8", hint="convert it, as by iconv") from error
    if not prompt.strip():
        raise InvalidInput("there is no prompt on stdin", hint='llamactl invoke NAME "prompt"')
    return prompt


def _unseen(_text: str) -> None:
    """Write nothing: the whole answer follows."""


def _document(partner: Partner, answer: Answer) -> dict[str, object]:
    first, speed = answer.first_text_s, answer.tokens_per_s
    return {
        "deployment": partner.deployment.name,
        "model": partner.deployment.model,
        "text": answer.text,
        "finish_reason": answer.finish_reason,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "time_to_first_token_ms": round(first * 1000, 1) if first is not None else None,
        "duration_ms": round(answer.duration_s * 1000, 1),
        "tokens_per_s": round(speed, 1) if speed is not None else None,
    }
