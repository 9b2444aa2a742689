"""The acceptance that a deployment has: it stays as long as it is valid, whoever deploys again."""

from dataclasses import replace

from llamactl.app import App
from llamactl_catalog.errors import LlamactlError
from llamactl_catalog.licensing.chain import Record
from llamactl_infra.spec import Spec


def standing_acceptance(app: App, stored: Spec | None, revision: str | None) -> Record | None:
    """Return the record that a deployment names, if it still covers its license; else None.

    It is looked for in the ledger that the deployment names, and in the one in use here: a ledger
    in a repository is at another path for each colleague.
    """
    from llamactl_infra.program import require_license

    if stored is None or stored.license_acceptance is None or stored.license_ledger is None:
        return None
    overlay = None if app.catalog_overlay is None else str(app.catalog_overlay)
    for address in dict.fromkeys((stored.license_ledger, app.ledger_address())):
        named = replace(stored, license_ledger=address, revision=revision, catalog_overlay=overlay)
        try:
            require_license(named)
        except LlamactlError:  # not there, not to be read from here, or no longer valid
            continue
        return _record(address, stored.license_acceptance)
    return None


def has_record(address: str, record_id: str) -> bool:
    """Tell whether a ledger can be read from here and has a record."""
    try:
        return _record(address, record_id) is not None
    except LlamactlError:
        return False


def _record(address: str, record_id: str) -> Record | None:
    from llamactl_containers.licensing.ledger import open_ledger

    records = open_ledger(address).records()
    return next((each for each in records if each.id == record_id), None)
