"""How a model's license stands before a deployment: what must be accepted, by whom it was."""

from dataclasses import dataclass
from typing import Any

from llamactl.app import App
from llamactl.pipeline.accepted import Accepted
from llamactl_catalog.licensing.chain import Record
from llamactl_catalog.licensing.gate import covering, refusal, right_form
from llamactl_catalog.licensing.requirement import Requirement, requirements
from llamactl_catalog.model import HuggingFaceSource, License, Model, license_at


@dataclass(frozen=True, slots=True)
class LicenseStanding:
    """The license of a model; `record` covers it, `missing` is what is yet to be accepted.

    `named` is the reference that this very command accepts it by.
    """

    terms: License
    record: Record | None = None
    missing: Requirement | None = None
    named: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing stands in the way now: it is accepted, or asks for nothing."""
        return self.missing is None

    def words(self) -> str:
        """Say it in a sentence."""
        name = f"{self.terms.name} ({self.terms.id})"
        if self.missing is None and self.record is None:
            return f"{name}: asks for no acceptance"
        if self.record is not None and self.missing is None:
            given = self.record.acceptance()
            kind = "override" if given.kind == "override" else "accepted"
            on = str(given.act.accepted_at)[:10]
            return f"{name}: {kind} by {given.person.name} on {on}, record {self.record.id}"
        if self.named is not None:
            return f"{name}: is accepted by --accept-license {self.named} of this command"
        return f"{name}: not accepted yet, and deploy refuses until it is"

    def command(self) -> str | None:
        """Give the command that accepts it; None: there is nothing to accept."""
        if self.missing is None or self.named is not None:
            return None
        return f"llamactl license accept {self.missing.license.id}"

    def as_json(self) -> dict[str, Any]:
        """Give it as a record."""
        given = None if self.record is None else self.record.acceptance()
        return {
            "id": self.terms.id,
            "name": self.terms.name,
            "acceptance_required": self.record is not None or self.missing is not None,
            "accepted": self.missing is None,
            "accepted_by": None if given is None else given.person.name,
            "accepted_at": None if given is None else given.act.accepted_at,
            "acceptance_id": None if self.record is None else self.record.id,
            "reference": None if self.missing is None else right_form(self.missing.license),
        }


def license_standing(app: App, model: Model, accepted: Accepted) -> LicenseStanding:
    """Look how a model's license stands; nobody is asked, and nothing is put on record.

    Raises:
        LicenseRefused: it withholds this use, and no override is on record.
        LlamactlError: the ledger cannot be read.
    """
    source = next((each for each in model.sources if isinstance(each, HuggingFaceSource)), None)
    revision = None if source is None else source.revision
    names = () if source is None else (source.repo,)
    terms = license_at(model, revision)
    needed = requirements(app.catalog(), model, revision, names)
    records = app.ledger().records() if needed else ()
    found: list[Record] = []
    for each in needed:
        record = covering(each, records)
        if record is None:
            if each.kept_back is not None:
                raise refusal(each)
            return LicenseStanding(each.license, None, each, accepted.of(each.license.id))
        found.append(record)
    return LicenseStanding(terms, found[0] if found else None)


def standing_of(model: Model, revision: str | None, acceptance: Record | None) -> LicenseStanding:
    """Give the standing behind the gate: what the license asks for is on record."""
    return LicenseStanding(license_at(model, revision), acceptance)
