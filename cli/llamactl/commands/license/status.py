"""`llamactl license status`: which licenses are accepted, by whom."""

from collections.abc import Iterator, Sequence

import click

from llamactl.app import App
from llamactl.commands.license.list import reference
from llamactl.output import print_json, print_table
from llamactl.terminal_text import on_one_line
from llamactl_catalog.catalog import Catalog
from llamactl_catalog.licensing.chain import Record
from llamactl_catalog.licensing.gate import covering
from llamactl_catalog.licensing.requirement import Requirement, kept_back_use
from llamactl_catalog.licensing.statement import reference_of
from llamactl_catalog.model import License

_NOBODY = "-"


@click.command(name="status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def license_status(app: App, as_json: bool) -> None:
    """Tell which licenses are accepted, by whom, and when.

    A license that keeps a use back has a line for each model with an override.
    """
    found = list(_entries(app.catalog(), app.ledger().records()))
    if as_json:
        print_json(found)
    else:
        columns = ["license", "accepted", "by", "at", "how", "acceptance"]
        print_table(columns, [_row(each) for each in found])


def _entries(catalog: Catalog, records: Sequence[Record]) -> Iterator[dict[str, object]]:
    for terms in catalog.licenses:
        kept_back = kept_back_use(terms)
        if kept_back is not None:
            yield from _overrides(catalog, terms, kept_back, records)
        elif terms.acceptance_required:
            # Of no model in particular: with the questions that every model has.
            found = covering(Requirement("", terms, "acceptance"), records)
            yield _entry(terms, found)


def _overrides(
    catalog: Catalog, terms: License, kept_back: str, records: Sequence[Record]
) -> Iterator[dict[str, object]]:
    models = [*catalog.models, *(each.model for each in catalog.hidden)]
    found = [
        _entry(terms, record)
        for model in models
        if model.license.id == terms.id
        and (record := covering(Requirement(model.id, terms, "override", kept_back), records))
    ]
    yield from found or [_entry(terms, None)]


def _entry(terms: License, record: Record | None) -> dict[str, object]:
    if record is None:
        text = terms.text("license")
        return {
            "license": terms.id,
            "accepted": False,
            "text_sha256": None if text is None else text.normalized_sha256,
            "accepted_by": None,
            "accepted_at": None,
            "method": None,
            "reference": reference(terms),
            "acceptance_id": None,
            "override_for": None,
        }
    accepted = record.acceptance()
    text_then = accepted.terms.text("license")
    is_override = accepted.kind == "override" and accepted.model is not None
    return {
        "license": terms.id,
        "accepted": True,
        "text_sha256": None if text_then is None else text_then.normalized_sha256,
        "accepted_by": accepted.person.name,
        "accepted_at": accepted.act.accepted_at,
        "method": accepted.act.method,
        "reference": str(reference_of(accepted.terms)),
        "acceptance_id": record.id,
        "override_for": accepted.model.id if is_override and accepted.model else None,
    }


def _row(entry: dict[str, object]) -> list[str]:
    override = entry["override_for"]
    is_for = "" if override is None else f" for {override}"
    at = entry["accepted_at"]
    return [
        f"{entry['license']}{is_for}",
        "yes" if entry["accepted"] else "no",
        on_one_line(str(entry["accepted_by"] or _NOBODY)),
        _NOBODY if at is None else str(at)[:10],
        str(entry["method"] or _NOBODY),
        str(entry["acceptance_id"] or _NOBODY),
    ]
