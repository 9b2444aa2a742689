"""The license stage: before anything is fetched or made, a valid acceptance is on record."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

from llamactl.app import App
from llamactl.interview import can_ask, interview
from llamactl.output import talk
from llamactl.pipeline.accepted import Accepted
from llamactl.pipeline.accepting import (
    Declared,
    Named,
    Subject,
    by_reference,
    prompt,
    read_terms,
    record,
    told,
)
from llamactl_catalog.catalog import Catalog
from llamactl_catalog.errors import LicenseRefused, LlamactlError
from llamactl_catalog.fields import did_you_mean
from llamactl_catalog.licensing.acceptance import AnsweredCondition, Person, PolicyFile
from llamactl_catalog.licensing.chain import Record
from llamactl_catalog.licensing.gate import covering, refusal
from llamactl_catalog.licensing.reference import (
    check_reference,
    is_well_formed,
    reference_to,
    split_reference,
)
from llamactl_catalog.licensing.requirement import Requirement, requirements
from llamactl_catalog.model import Model, TextKind
from llamactl_containers.licensing.policy import Policy, PolicyEntry, read_policy
from llamactl_containers.licensing.terms import TermsNow


def have_license(
    app: App,
    model: Model,
    revision: str | None,
    accepted: Accepted,
    weights: Iterable[str] = (),
) -> Record | None:
    """Have a record that covers a revision of a model; None where its license asks for none.

    What is named by its hash, or in the organization's policy file, is put on record; a person at
    a terminal is asked. A record that is there is enough. An override is never made here.
    `weights` are what the files say that they are: see `requirements`. Where they are another
    model's, its license is accepted, too; the record is the model's own, if it needs one.

    Raises:
        LicenseRefused: there is no record, and none was made.
        LlamactlError: the ledger, a text or the policy file cannot be read.
    """
    catalog = app.catalog()
    made = [
        _have_record(app, catalog, needed, _subject(catalog, model, revision, needed), accepted)
        for needed in requirements(catalog, model, revision, weights)
    ]
    return made[0] if made else None


def _subject(catalog: Catalog, model: Model, revision: str | None, needed: Requirement) -> Subject:
    if needed.model == model.id:
        return Subject(needed.license, model, revision, needed)
    hidden = (each.model for each in catalog.hidden)
    other = next(each for each in (*catalog.models, *hidden) if each.id == needed.model)
    return Subject(needed.license, other, revision, needed)


def _have_record(
    app: App, catalog: Catalog, needed: Requirement, subject: Subject, accepted: Accepted
) -> Record:
    named = accepted.of(needed.license.id)
    if named is not None:
        _check_named(app, subject, named)
    found = covering(needed, app.ledger().records(), _seen(app, subject))
    if found is not None:
        return found
    if needed.kept_back is not None:
        raise refusal(needed)
    if named is not None:
        return _by_reference(app, subject, named, accepted)
    entry, policy = _policy_entry(app, catalog, needed)
    if entry is not None and policy is not None:
        return _by_policy(app, subject, entry, policy)
    if can_ask(app):
        return _by_interview(app, subject)
    raise _refusal(needed, accepted, catalog)


def _seen(app: App, subject: Subject) -> dict[TextKind, str]:
    """Read those texts anew that no hash is known of: what was accepted may be another by now.

    Where one cannot be read, the record stands.
    """
    texts, seen = app.license_texts(), {}
    for text in subject.license.texts:
        if text.normalized_sha256 is None:
            with suppress(LlamactlError):
                seen[text.kind] = texts.read(text, subject.model).normalized_sha256
    return seen


def _check_named(app: App, subject: Subject, named: str) -> None:
    """Refuse a reference that is not to the text of today; the text is read only in doubt."""
    text = subject.license.text("license")
    known = None if text is None else text.normalized_sha256
    name, digits = split_reference(named)
    if known is not None and (not is_well_formed(digits) or known.startswith(digits or "")):
        check_reference(named, reference_to(name, known), known)
    else:
        check_terms(named, read_terms(app, subject, must_read=False))


def _by_reference(app: App, subject: Subject, named: str, accepted: Accepted) -> Record:
    now = read_terms(app, subject, must_read=False)
    check_terms(named, now)
    declared = by_reference(subject, now, Named(), accepted.method, named)
    return _recorded(app, subject, now, declared)


def check_terms(named: str, now: TermsNow) -> None:
    """Refuse a reference to another text than the one that is there now.

    Raises:
        LicenseRefused: with the right form.
    """
    text = now.terms.text("license")
    if text is None:
        raise LicenseRefused(f"{now.terms.license} has no license text")
    sha256 = text.normalized_sha256
    check_reference(named, reference_to(split_reference(named)[0], sha256), sha256)


def _policy_entry(
    app: App, catalog: Catalog, needed: Requirement
) -> tuple[PolicyEntry | None, Policy | None]:
    if app.license_policy is None:
        return None, None
    policy = read_policy(app.license_policy, catalog.licenses, datetime.now(UTC).date())
    return policy.entry(needed.license.id), policy


def _by_policy(app: App, subject: Subject, entry: PolicyEntry, policy: Policy) -> Record:
    now = read_terms(app, subject, must_read=False)
    check_terms(entry.license, now)
    person = Person(
        entry.accepted_by, "stated", entry.email, entry.organization, entry.authority.strip()
    )
    answers = tuple(
        AnsweredCondition(each.id, each.question.strip(), entry.answers[each.id])
        for each in subject.license.conditions
    )
    proof = PolicyFile(policy.name, policy.sha256, entry.date.isoformat())
    shown = prompt(subject, now, person, answers)
    declared = Declared(
        person, answers, "policy-file", shown, entry.license, text_shown=False, policy=proof
    )
    return _recorded(app, subject, now, declared)


def _by_interview(app: App, subject: Subject) -> Record:
    now = read_terms(app, subject, must_read=True)
    return _recorded(app, subject, now, interview(subject, now, Named()))


def _recorded(app: App, subject: Subject, now: TermsNow, declared: Declared) -> Record:
    if declared.method != "typed-phrase":
        talk(declared.prompt)
    made = record(app, subject, now, declared)
    for line in told(made, subject, now, app.ledger_address()):
        talk(line)
    return made


def _refusal(needed: Requirement, accepted: Accepted, catalog: Catalog) -> LicenseRefused:
    """Say that there is no acceptance, and which reference looks as if it was meant."""
    error = refusal(needed)
    ids = [each.id for each in catalog.licenses]
    for each in accepted.references:
        name, _ = split_reference(each)
        if name not in ids:
            close = did_you_mean(name, ids)
            message = f"{error.message}; '{each}' names no license of the catalog{close}"
            return LicenseRefused(message, hint=error.hint)
    return error
