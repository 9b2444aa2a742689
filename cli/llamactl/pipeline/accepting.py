"""Making a record: what is accepted, by whom, in which surroundings, into the ledger."""

import getpass
import os
import platform
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from llamactl.app import App
from llamactl.terminal_text import on_one_line
from llamactl_catalog.errors import InvalidInput, LicenseRefused
from llamactl_catalog.licensing.acceptance import (
    Acceptance,
    AcceptedModel,
    Act,
    AnsweredCondition,
    Method,
    Person,
    PolicyFile,
)
from llamactl_catalog.licensing.chain import Record, Signer
from llamactl_catalog.licensing.ci import ci_actor, ci_run
from llamactl_catalog.licensing.requirement import Requirement
from llamactl_catalog.licensing.statement import asked, declaration, introduction, reference_of
from llamactl_catalog.model import Answer, HuggingFaceSource, License, Model
from llamactl_containers.licensing.terms import TermsNow, terms_now

_NONCE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be accepted: a license, for a model where one was named.

    `needed` is what the model needs; `reason` is that of an override.
    """

    license: License
    model: Model | None = None
    revision: str | None = None
    needed: Requirement | None = None
    reason: str | None = None

    @property
    def model_id(self) -> str | None:
        """The model's id, where one was named."""
        return None if self.model is None else self.model.id

    @property
    def override(self) -> tuple[str, str] | None:
        """The model that an override is for, and its reason."""
        return None if self.model is None or self.reason is None else (self.model.id, self.reason)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a person declared, and how: the whole of what they were shown is in `prompt`."""

    person: Person
    answers: tuple[AnsweredCondition, ...]
    method: Method
    prompt: str
    phrase: str
    text_shown: bool = False
    policy: PolicyFile | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Who accepts, as far as the command line says it."""

    name: str | None = None
    email: str | None = None
    organization: str | None = None
    authority: str | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)

    def person(self, environment: Mapping[str, str] = os.environ) -> Person:
        """Give the person: as named, or whom the CI system names, or whose login it is.

        The identity that a cloud knows them by is left open until one is asked for credentials.
        """
        from llamactl_catalog.licensing.statement import authority_statement

        authority = self.authority
        if authority is None and self.organization is not None:
            authority = authority_statement(self.organization)
        rest = (self.email, self.organization, authority)
        if self.name is not None:
            return Person(self.name, "stated", *rest)
        actor = ci_actor(environment)
        if actor is not None:
            return Person(on_one_line(actor), "ci", *rest)
        return Person(_login(), "login", *rest)


def read_terms(app: App, subject: Subject, *, must_read: bool) -> TermsNow:
    """Read the license's texts as they are now; those that only the catalog knows by hash count.

    Raises:
        LlamactlError: of `terms_now`.
    """
    from llamactl.progress import stage

    with stage("license") as report:
        return terms_now(
            subject.license, app.license_texts(), subject.model, must_read=must_read, report=report
        )


def record(
    app: App, subject: Subject, now: TermsNow, declared: Declared, signer: Signer | None = None
) -> Record:
    """Add what was declared to the ledger, with copies of the texts.

    Raises:
        LlamactlError: of `Ledger.append`.
    """
    acceptance = Acceptance(
        kind="acceptance" if subject.override is None else "override",
        terms=now.terms,
        person=declared.person,
        act=_act(declared),
        nonce=secrets.token_hex(_NONCE_BYTES),
        answers=declared.answers,
        model=None if subject.model is None else _model(subject.model, subject.revision),
        reason=subject.reason,
    )
    return app.ledger().append(acceptance, now.copies(), signer)


def by_reference(
    subject: Subject, now: TermsNow, named: Named, method: Method, reference: str
) -> Declared:
    """Declare by naming the text's hash; what is not answered is answered as the license needs it.

    Raises:
        LicenseRefused: an answer is not the one that the license needs.
        InvalidInput: there is no such question.
    """
    person, answers = named.person(), _answered(subject, named.answers)
    return Declared(person, answers, method, prompt(subject, now, person, answers), reference)


def _answered(subject: Subject, given: Mapping[str, Answer]) -> tuple[AnsweredCondition, ...]:
    questions = asked(subject.license, subject.model_id)
    unknown = sorted(given.keys() - {each.id for each in questions})
    if unknown:
        known = ", ".join(each.id for each in questions) or "no questions"
        message = f"{subject.license.id} asks no question '{unknown[0]}'"
        raise InvalidInput(message, hint=f"it asks {known}")
    answers = []
    for each in questions:
        answer = given.get(each.id, each.expected)
        if answer != each.expected and subject.override is None:
            raise LicenseRefused(
                f"{each.id} is answered with {answer}: {each.otherwise.strip()}",
                hint="nothing was recorded",
            )
        answers.append(AnsweredCondition(each.id, each.question.strip(), answer))
    return tuple(answers)


def prompt(
    subject: Subject, now: TermsNow, person: Person, answers: Sequence[AnsweredCondition]
) -> str:
    """Write what whoever accepts without questions is shown."""
    return "\n".join(
        [
            introduction(now.terms, subject.license, subject.needed),
            declaration(now.terms, person, answers, subject.override),
        ]
    )


def told(record_: Record, subject: Subject, now: TermsNow, place: str) -> list[str]:
    """Say what was recorded where."""
    what = "override" if subject.override is not None else "acceptance"
    reference = reference_of(now.terms)
    return [
        *(f"recorded by its known hash alone: {each}" for each in now.unread),
        *(f"not compared with the model's own copy: {each}" for each in now.uncompared),
        f"recorded: {what} {record_.id} of {reference}, number {record_.number} in {place}",
    ]


def _act(declared: Declared) -> Act:
    from importlib.metadata import version

    return Act(
        method=declared.method,
        prompt=declared.prompt,
        phrase=declared.phrase,
        text_shown=declared.text_shown,
        accepted_at=datetime.now(UTC).isoformat(timespec="seconds"),
        tool_version=version("llamactl"),
        host=on_one_line(platform.node()) or "unknown",
        ci=ci_run(os.environ),
        policy=declared.policy,
    )


def _model(model: Model, revision: str | None) -> AcceptedModel:
    repository = None
    for source in model.sources:
        if isinstance(source, HuggingFaceSource):
            repository = source.repo
            revision = source.revision if revision is None else revision
            break
    return AcceptedModel(model.id, model.variant, repository, revision)


def _login() -> str:
    try:
        return on_one_line(getpass.getuser()) or "unknown"
    except (OSError, KeyError):  # a user id without a name; KeyError before Python 3.13
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
