"""The gate: whether a record covers what a model's license asks of whoever deploys it."""

from collections.abc import Iterable, Mapping

from llamactl_catalog.errors import LicenseRefused
from llamactl_catalog.licensing.acceptance import Acceptance, Terms
from llamactl_catalog.licensing.chain import Record
from llamactl_catalog.licensing.reference import reference_to
from llamactl_catalog.licensing.requirement import Requirement
from llamactl_catalog.model import License, TextKind


def require_record(needed: Requirement, records: Iterable[Record]) -> Record:
    """Give the newest record that meets a requirement.

    Raises:
        LicenseRefused: there is none; it says in one line how to make one.
    """
    found = covering(needed, records)
    if found is None:
        raise refusal(needed)
    return found


def covering(
    needed: Requirement, records: Iterable[Record], seen: Mapping[TextKind, str] | None = None
) -> Record | None:
    """Give the newest record that meets a requirement, if there is one.

    `seen` are the normalized hashes of texts that were fetched just now, where they were.
    """
    found = None
    for record in records:
        if _concerns(record, needed.license.id) and covers(record.acceptance(), needed, seen):
            found = record
    return found


def covers(
    acceptance: Acceptance, needed: Requirement, seen: Mapping[TextKind, str] | None = None
) -> bool:
    """Tell whether an acceptance meets a requirement.

    One of a license holds for every model under it; an override for the one model that it names.
    """
    named = None if acceptance.model is None else acceptance.model.id
    if acceptance.kind == "override":
        is_of_kind = named == needed.model
    else:
        is_of_kind = needed.kind == "acceptance"
    return (
        is_of_kind
        and is_current(acceptance.terms, needed.license, seen)
        and is_answered(acceptance, needed)
    )


def is_current(terms: Terms, today: License, seen: Mapping[TextKind, str] | None = None) -> bool:
    """Tell whether the texts that were accepted are those of the license today.

    A text counts by its words. It is that of the catalog; or it was a newer one when it was
    accepted, and the catalog has not changed since.
    """
    if terms.license != today.id:
        return False
    for text in today.texts:
        accepted = terms.text(text.kind)
        if accepted is None:
            return False
        now = (seen or {}).get(text.kind)
        if now is not None:
            if accepted.normalized_sha256 != now:
                return False
        elif text.normalized_sha256 not in (accepted.normalized_sha256, accepted.known_sha256):
            return False
    return True


def is_answered(acceptance: Acceptance, needed: Requirement) -> bool:
    """Tell whether every question that the license has for this model was answered as it must.

    An override has its reason instead of the right answers.
    """
    answers = {each.id: each.answer for each in acceptance.answers}
    is_override = acceptance.kind == "override"
    return all(
        each.id in answers and (is_override or answers[each.id] == each.expected)
        for each in needed.license.conditions
        if each.is_asked_for(needed.model)
    )


def refusal(needed: Requirement) -> LicenseRefused:
    """Say that a model may not be deployed yet, and how it may."""
    if needed.kept_back is not None:
        return LicenseRefused(
            f"{needed.model} {needed.kept_back} ({needed.license.name})",
            hint="if that is no obstacle for you, put the reason on record: "
            f'llamactl license accept {needed.model} --override --reason "…"',
        )
    return LicenseRefused(
        f"the {needed.license.name} of {needed.model} is not accepted",
        hint=f"llamactl license accept {needed.license.id}, "
        f"or without questions: --accept-license {right_form(needed.license)}",
    )


def right_form(terms: License, name: str | None = None) -> str:
    """Give the reference to a license's text as the catalog knows it."""
    text = terms.text("license")
    name = terms.id if name is None else name
    if text is None or text.normalized_sha256 is None:
        return f"{name}@HASH (llamactl license show {name} has it)"
    return str(reference_to(name, text.normalized_sha256))


def _concerns(record: Record, license_id: str) -> bool:
    """Tell, without reading it whole, whether a record is about a license."""
    terms = record.content.get("terms")
    return record.is_readable and isinstance(terms, dict) and terms.get("license") == license_id
