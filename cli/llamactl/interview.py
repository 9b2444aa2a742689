"""Asking a person at the terminal: the text, who they are, the license's questions, a phrase.

Whatever way it ends but with the right phrase, nothing is on record.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from llamactl.app import App
from llamactl.output import stdin_is_terminal, talk
from llamactl.pipeline.accepting import Declared, Named, Subject
from llamactl.terminal_text import for_terminal, on_one_line
from llamactl_catalog.errors import LicenseRefused
from llamactl_catalog.licensing.acceptance import AnsweredCondition, Person
from llamactl_catalog.licensing.statement import (
    asked,
    authority_statement,
    declaration,
    introduction,
    phrase,
)
from llamactl_catalog.model import Answer, Condition
from llamactl_containers.licensing.terms import TermsNow
from llamactl_containers.licensing.texts import ReadText

# The question of this id is in the licenses themselves, where they speak of it.
_AUTHORITY = "authority"


def can_ask(app: App) -> bool:
    """Tell whether there is a person to ask, who sees the question."""
    return not app.non_interactive and stdin_is_terminal() and sys.stderr.isatty()


@dataclass(slots=True)
class _Talk:
    """What was shown and answered, word for word, for the record."""

    lines: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        talk(text)
        self.lines.append(text)

    def ask(self, question: str, choices: Sequence[str] = ()) -> str:
        """Ask until there is an answer; an interrupt or the end of input ends it all."""
        offered = f" [{'/'.join(choices)}]" if choices else ""
        while True:
            suffix = " " if question.endswith((">", "?")) and not offered else ": "
            asked_for = question + offered
            answer = click.prompt(
                asked_for, default="", show_default=False, err=True, prompt_suffix=suffix
            )
            answer = on_one_line(answer)
            if not choices or answer in choices:
                self.lines.append(f"{question}{offered}: {answer}")
                return answer
            talk(f"please answer {' or '.join(choices)}")


def interview(subject: Subject, now: TermsNow, named: Named) -> Declared:
    """Show the texts, ask what the license asks, and have the phrase typed.

    Raises:
        LicenseRefused: an answer or the phrase is not the one that it takes.
        click.Abort: the person interrupted it.
    """
    session = _Talk()
    session.say(introduction(now.terms, subject.license, subject.needed))
    _show(session, now.texts)
    person = _person(session, named)
    answers = _answers(session, subject, person, named)
    session.say("")
    session.say(declaration(now.terms, person, answers, subject.override))
    wanted = phrase(now.terms)
    session.say(f"To accept, type: {wanted}")
    typed = session.ask(">")
    if typed != wanted:
        hint = f"the phrase is: {wanted}"
        raise LicenseRefused("that is not the phrase: nothing is accepted", hint=hint)
    return Declared(
        person, answers, "typed-phrase", "\n".join(session.lines), typed, text_shown=True
    )


def _show(session: _Talk, texts: Sequence[ReadText]) -> None:
    for each in texts:
        session.say(f"[{each.file_name}, from {each.place}: {each.verdict.replace('-', ' ')}]")
    whole = "\n\n".join(for_terminal(each.text) for each in texts)
    if sys.stdout.isatty():
        click.prompt(
            "Enter shows the text", default="", show_default=False, err=True, prompt_suffix=" "
        )
        click.echo_via_pager(whole)
    else:  # stdout is data, and leads elsewhere
        talk(whole)


def _person(session: _Talk, named: Named) -> Person:
    name = named.name
    while not name:
        name = session.ask("Your name")
    organization = named.organization
    if organization is None:
        organization = session.ask("The organization that you accept for (empty: yourself)") or None
    email = named.email
    if email is None:
        email = session.ask("Your e-mail address (may be empty)") or None
    authority = named.authority
    if authority is None and organization is not None:
        authority = authority_statement(organization)
    return Person(name, "stated", email, organization, authority)


def _answers(
    session: _Talk, subject: Subject, person: Person, named: Named
) -> tuple[AnsweredCondition, ...]:
    questions = asked(subject.license, subject.model_id)
    if person.organization is not None and _AUTHORITY not in {each.id for each in questions}:
        question = f"Do you have the authority to accept it for {person.organization}?"
        otherwise = "let someone who has the authority accept it"
        condition = Condition(_AUTHORITY, question, "yes", otherwise, source="")
        questions = (condition, *questions)
    override = subject.override is not None
    return tuple(_answer(session, each, named, override=override) for each in questions)


def _answer(
    session: _Talk, condition: Condition, named: Named, *, override: bool
) -> AnsweredCondition:
    question = condition.question.strip()
    given: Answer | None = named.answers.get(condition.id)
    if given is None:
        given = "yes" if session.ask(question, ("yes", "no")) == "yes" else "no"
    if given != condition.expected and not override:
        raise LicenseRefused(condition.otherwise.strip(), hint="nothing was recorded")
    return AnsweredCondition(condition.id, question, given)
