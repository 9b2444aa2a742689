"""What a person is shown before they accept, and the phrase that they type."""

from collections.abc import Iterator, Sequence

from llamactl_catalog.licensing.acceptance import AnsweredCondition, Person, Terms
from llamactl_catalog.licensing.reference import Reference, reference_to
from llamactl_catalog.licensing.requirement import Requirement
from llamactl_catalog.model import Condition, License, TextKind

_TEXTS: dict[TextKind, str] = {"license": "license", "use-policy": "use policy"}


def reference_of(terms: Terms) -> Reference:
    """Give the reference to the terms that are to be accepted.

    Raises:
        ValueError: they have no license text.
    """
    text = terms.text("license")
    if text is None:
        raise ValueError(f"{terms.license} has no license text")
    return reference_to(terms.license, text.normalized_sha256)


def phrase(terms: Terms) -> str:
    """Give the words to type."""
    return f"I accept {reference_of(terms)}"


def asked(license_: License, model_id: str | None) -> tuple[Condition, ...]:
    """Give the questions for a model; where none is named, those for any model."""
    return tuple(
        each for each in license_.conditions if model_id is None or each.is_asked_for(model_id)
    )


def authority_statement(organization: str) -> str:
    """Give the sentence by which a person says that they may bind an organization."""
    return f"I have the authority to accept it for {organization}."


def introduction(terms: Terms, license_: License, needed: Requirement | None) -> str:
    """Say which terms these are, what they keep back, and what a deployer must do."""
    return "\n".join(_introduction(terms, license_, needed))


def declaration(
    terms: Terms,
    person: Person,
    answers: Sequence[AnsweredCondition],
    override: tuple[str, str] | None = None,
) -> str:
    """Say who accepts what for whom; `override` is the model that it is for, and the reason."""
    return "\n".join(_declaration(terms, person, answers, override))


def _introduction(terms: Terms, license_: License, needed: Requirement | None) -> Iterator[str]:
    version = "" if terms.version is None else f", version {terms.version}"
    since = "" if terms.effective_on is None else f", of {terms.effective_on}"
    yield f"{terms.name}{version}{since}"
    for text in terms.texts:
        is_own = text is not terms.text(text.kind)
        where = " in the model's own repository, with OTHER WORDS" if is_own else ""
        yield f"  {_TEXTS[text.kind]}: {text.file_name}{where}, SHA-256 of its words:"
        yield f"    {text.normalized_sha256}"
        if text.also_at is not None:
            yield "    the copy in the model's own repository has the same"
        if is_own:
            yield "    whoever accepts accepts both: compare them"
        elif text.known_sha256 not in (None, text.normalized_sha256):
            yield f"    changed: llamactl knows another text, {text.known_sha256}"
    if needed is not None and needed.kept_back is not None:
        yield f"  {needed.model} {needed.kept_back}"
    if license_.duties:
        yield "Whoever deploys under it must:"
    for duty in license_.duties:
        yield f"  - {duty.text} ({duty.source})"


def _declaration(
    terms: Terms,
    person: Person,
    answers: Sequence[AnsweredCondition],
    override: tuple[str, str] | None,
) -> Iterator[str]:
    mail = "" if person.email is None else f" <{person.email}>"
    whom = "" if person.organization is None else f", for {person.organization}"
    yield f"{person.name}{mail}{whom} accepts {reference_of(terms)}: the {terms.name}"
    for text in terms.texts:
        yield f"  {text.file_name} with the words of SHA-256 {text.normalized_sha256}"
    if person.authority is not None:
        yield f'  and says: "{person.authority}"'
    for each in answers:
        yield f"  {each.question} - {each.answer}"
    if override is not None:
        model, reason = override
        yield f"  to deploy {model} all the same, because: {reason}"
