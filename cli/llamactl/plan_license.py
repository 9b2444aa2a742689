"""How a model's license stands, as `plan` says it: accepted, to be accepted, or refused."""

from dataclasses import dataclass
from typing import Any

from llamactl.app import App
from llamactl_catalog.errors import LicenseRefused, LlamactlError
from llamactl_catalog.licensing.requirement import requirement
from llamactl_catalog.model import License, Model

_REMOTE = "://"


@dataclass(frozen=True, slots=True)
class PlanLicense:
    """`accepted` None: it is not known here. `refusal` is why `deploy` would refuse the model.

    `is_required`: a record is asked for, of an acceptance or of why a withheld use is none.
    """

    terms: License
    is_required: bool
    accepted: bool | None
    words: str
    refusal: LicenseRefused | None = None

    def as_json(self) -> dict[str, Any]:
        """Give it as a record."""
        return {
            "id": self.terms.id,
            "name": self.terms.name,
            "acceptance_required": self.is_required,
            "accepted": self.accepted,
            "commercial_use": self.terms.commercial_use,
            "hosting": self.terms.hosting,
            "refused_because": None if self.refusal is None else self.refusal.message,
        }


def plan_license(app: App, model: Model) -> PlanLicense:
    """Look how a model's license stands; nothing leaves this machine, so a plan needs no network.

    A ledger in object storage is not read, and one that cannot be read does not stop a plan: then
    it is not known whether the license is accepted.
    """
    from llamactl.pipeline.accepted import Accepted
    from llamactl.pipeline.license_standing import license_standing

    terms, is_required = model.license, requirement(model) is not None
    name = f"{terms.name} ({terms.id})"
    if is_required and _REMOTE in app.ledger_address():
        return PlanLicense(terms, is_required, None, f"{name}: the shared ledger is not read here")
    try:
        standing = license_standing(app, model, Accepted())
    except LicenseRefused as error:
        return PlanLicense(
            terms, is_required, False, f"{name}: deploy refuses it: {error.message}", error
        )
    except LlamactlError as error:
        return PlanLicense(
            terms, is_required, None, f"{name}: not known whether accepted: {error.message}"
        )
    command = standing.command()
    fix = "" if command is None else f" ({command})"
    return PlanLicense(standing.terms, is_required, standing.is_open, f"{standing.words()}{fix}")
