"""What a conversation looks like: the answer on stdout, all the rest on stderr."""

import re
import sys
from collections.abc import Callable

import click

from llamactl.chat.answer import Answer
from llamactl.chat.partner import Partner
from llamactl.chat.session import Session
from llamactl.output import talk
from llamactl_catalog.errors import LlamactlError
from llamactl_catalog.units import format_count
from llamactl_gateway.endpoint import Sampling
from llamactl_gateway.sampling import SETTINGS

# What would move the cursor or recolor the terminal; line ends and tabs may stay.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LABEL_WIDTH = 20


def answer_writer() -> Callable[[str], None]:
    """Give the function that writes a piece of an answer to stdout.

    A terminal gets no control characters, which a model may well write; a pipe gets every
    character that its encoding has.
    """
    to_terminal = sys.stdout.isatty()
    encoding = sys.stdout.encoding

    def write(text: str) -> None:
        shown = _CONTROL.sub("", text) if to_terminal else text
        click.echo(shown.encode(encoding, "replace").decode(encoding), nl=False)

    return write


def statistics(answer: Answer) -> str:
    """Say how long an answer took: `12 + 34 tokens, first after 210 ms, 87.3 tokens/s`."""
    parts = []
    if answer.prompt_tokens is not None and answer.completion_tokens is not None:
        parts.append(f"{answer.prompt_tokens} + {answer.completion_tokens} tokens")
    if answer.first_text_s is not None:
        parts.append(f"first after {answer.first_text_s * 1000:.0f} ms")
    if answer.tokens_per_s is not None:
        parts.append(f"{answer.tokens_per_s:.1f} tokens/s")
    return ", ".join([*parts, f"{answer.duration_s:.2f} s in all"])


def cut_short(answer: Answer, sampling: Sampling, context_tokens: int | None) -> str | None:
    """Say why an answer ended at a limit; None where the model ended it."""
    if answer.finish_reason != "length":
        return None
    limit, length = sampling.max_tokens, answer.completion_tokens
    if limit is not None and length is not None and length >= limit:
        return f"cut at max_tokens {limit}; /set max_tokens N allows more"
    room = f" of {context_tokens} tokens" if context_tokens is not None else ""
    return f"cut where the context{room} was full; /clear begins anew"


def settings(sampling: Sampling, defaults: Sampling) -> str:
    """List every setting with its value and what it may be."""
    blank = " " * _LABEL_WIDTH
    lines = []
    for name, setting in SETTINGS.items():
        value = getattr(sampling, name)
        shown = _shown(value) if value is not None else "the engine's"
        mark = "" if value == getattr(defaults, name) else "  (changed)"
        lines += [f"{name:<{_LABEL_WIDTH}} {shown}{mark}", f"{blank} {setting.accepts}"]
    return "\n".join(lines)


def description(partner: Partner, session: Session) -> str:
    """Describe the conversation: with whom, under which terms, with which settings, how long."""
    given = ", ".join(f"{name} {_shown(value)}" for name, value in session.sampling.given().items())
    context = partner.deployment.context_tokens
    turns = len(session.said) // 2
    length = f"{turns} turn{'' if turns == 1 else 's'}"
    if session.tokens is not None:
        room = f" of {context}" if context is not None else ""
        length = f"{session.tokens}{room} tokens, {length}"
    rows = [
        ("deployment", f"{partner.deployment.name} at {partner.deployment.endpoint}"),
        ("model", _model(partner)),
        ("license", partner.model.license.name if partner.model is not None else "unknown"),
        ("settings", given or "the engine's"),
        ("system", session.system if session.system is not None else "none"),
        ("conversation", length),
    ]
    return "\n".join(f"{label:<{_LABEL_WIDTH}} {value}" for label, value in rows)


def tell_error(error: LlamactlError) -> None:
    """Say what went wrong with one question, where the conversation goes on."""
    talk(f"{click.style('error:', fg='red', bold=True)} {error.message}")
    if error.hint is not None:
        talk(f" hint: {error.hint}")


def _model(partner: Partner) -> str:
    if partner.model is None:
        return f"{partner.deployment.model} (not in the catalog)"
    return f"{partner.model.id}, {format_count(partner.model.parameters)} parameters"


def _shown(value: object) -> str:
    return " ".join(map(repr, value)) if isinstance(value, tuple) else str(value)
