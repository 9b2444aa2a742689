"""`llamactl license list`: the licenses of the catalog."""

from collections import Counter

import click

from llamactl.app import App
from llamactl.output import print_json, print_table
from llamactl_catalog.catalog import Catalog
from llamactl_catalog.licensing.reference import reference_to
from llamactl_catalog.licensing.requirement import kept_back_use
from llamactl_catalog.model import License


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_licenses(app: App, as_json: bool) -> None:
    """List the licenses and what each allows.

    A reference names the very text: it is what --accept-license takes.
    """
    catalog = app.catalog()
    models = _models_by_license(catalog)
    if as_json:
        print_json([_record(each, models[each.id]) for each in catalog.licenses])
        return
    rows = [
        [
            each.id,
            "" if each.effective_on is None else each.effective_on.isoformat(),
            _business(each),
            _acceptance(each),
            reference(each) or "not on record",
            models[each.id],
        ]
        for each in catalog.licenses
    ]
    columns = ["license", "of", "business", "accept", "reference", "models"]
    print_table(columns, rows, right=["models"])


def reference(terms: License) -> str | None:
    """Give the reference to the license's text; None where the catalog has no hash of it."""
    text = terms.text("license")
    if text is None or text.normalized_sha256 is None:
        return None
    return str(reference_to(terms.id, text.normalized_sha256))


def _models_by_license(catalog: Catalog) -> Counter[str]:
    models = [*catalog.models, *(each.model for each in catalog.hidden)]
    return Counter(each.license.id for each in models)


def _business(terms: License) -> str:
    if not terms.commercial_use:
        return "no"
    return "yes" if kept_back_use(terms) is None else "own use"


def _acceptance(terms: License) -> str:
    if kept_back_use(terms) is not None:
        return "override"
    return "must" if terms.acceptance_required else "no need"


def _record(terms: License, models: int) -> dict[str, object]:
    return {
        "id": terms.id,
        "name": terms.name,
        "version": terms.version,
        "effective_on": None if terms.effective_on is None else terms.effective_on.isoformat(),
        "spdx": terms.spdx,
        "commercial_use": terms.commercial_use,
        "hosting": terms.hosting,
        "acceptance_required": terms.acceptance_required,
        "reference": reference(terms),
        "models": models,
    }
