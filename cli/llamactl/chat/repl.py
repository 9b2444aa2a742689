"""The conversation at the terminal: read, ask, write, again."""

from collections.abc import Callable
from dataclasses import replace

from llamactl.chat.answer import STOPPED, stream_answer
from llamactl.chat.partner import Partner
from llamactl.chat.screen import (
    answer_writer,
    cut_short,
    description,
    settings,
    statistics,
    tell_error,
)
from llamactl.chat.session import Session
from llamactl.chat.slash import HELP, Command, Meaning, Say, SetSetting, SetSystem, parse
from llamactl.output import talk
from llamactl_catalog.errors import InvalidInput, LlamactlError, PromptTooLong


def converse(
    partner: Partner, session: Session, read: Callable[[], str | None], *, verbose: bool
) -> None:
    """Answer what is typed until the person leaves; an error costs its question alone."""
    while (text := read()) is not None:
        try:
            meaning = parse(text)
            if meaning == Command("bye"):
                return
            if meaning is not None:
                session = _done(meaning, partner, session, verbose=verbose)
        except LlamactlError as error:
            tell_error(error)


def _done(meaning: Meaning, partner: Partner, session: Session, *, verbose: bool) -> Session:
    match meaning:
        case Say(text):
            return _answered(text, partner, session, verbose=verbose)
        case SetSystem(text):
            return _with_system(text, partner, session)
        case SetSetting(name, value):
            changed = session.with_setting(name, value)
            chosen = getattr(changed.sampling, name)
            talk(f"{name} is {chosen if chosen is not None else 'left to the engine'}.")
            return changed
        case Command("clear"):
            talk("The conversation begins anew.")
            return session.cleared()
        case Command(name):
            talk(_told(name, partner, session))
            return session


def _answered(text: str, partner: Partner, session: Session, *, verbose: bool) -> Session:
    messages = session.asking(text)
    try:
        answer = stream_answer(
            partner.ask(messages, session.sampling),
            answer_writer(),
            stoppable=True,
            strip_start=partner.remembers,
        )
    except PromptTooLong as error:
        raise _too_long(partner, session) from error
    context = partner.deployment.context_tokens
    if answer.finish_reason == STOPPED:
        kept = partner.remembers and answer.text.strip()
        talk("(stopped; what was said is kept)" if kept else "(stopped)")
    elif limit := cut_short(answer, session.sampling, context):
        talk(f"({limit})")
    if verbose:
        talk(f"({statistics(answer)})")
    return session.answered(text, answer) if partner.remembers else session


def _too_long(partner: Partner, session: Session) -> InvalidInput:
    context = partner.deployment.context_tokens
    room = f" of {context} tokens" if context is not None else ""
    if not session.said:
        return InvalidInput(
            f"that text does not fit the model's context{room}", hint="send a shorter one"
        )
    return InvalidInput(
        f"the conversation no longer fits the model's context{room}; your text was not added",
        hint="/clear forgets the conversation and begins anew",
    )


def _with_system(text: str | None, partner: Partner, session: Session) -> Session:
    if not partner.remembers:
        raise InvalidInput(f"{partner.deployment.model} takes no system message")
    talk("No system message." if text is None else "The system message holds from now on.")
    return replace(session, system=text)


def _told(name: str, partner: Partner, session: Session) -> str:
    match name:
        case "system":
            return session.system if session.system is not None else "No system message."
        case "settings":
            return settings(session.sampling, session.defaults)
        case "show":
            return description(partner, session)
        case _:
            return HELP
