"""`llamactl license show`: one license's terms, and its texts."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from llamactl.app import App
from llamactl.commands.license.list import reference
from llamactl.license_page import license_page
from llamactl.output import print_json, talk
from llamactl.terminal_text import for_terminal
from llamactl_catalog.catalog import Catalog
from llamactl_catalog.errors import NotFound, UnknownModel
from llamactl_catalog.model import License, LicenseText, Model, TextKind

if TYPE_CHECKING:
    from llamactl_containers.licensing.texts import OwnCopy, ReadText


@click.command(name="show")
@click.argument("name", metavar="MODEL|LICENSE")
@click.option("--text", "with_license", is_flag=True, help="The license's own text.")
@click.option("--policy", "with_policy", is_flag=True, help="Its use policy's own text.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show_license(app: App, name: str, with_license: bool, with_policy: bool, as_json: bool) -> None:
    """Show the terms of a license, or its texts.

    Terms: what it allows, what you must do, what you are asked, the hashes of its texts.

    A text is read from where its makers keep it, and compared with the hash on record. Without
    --text and --policy nothing is read from the network.
    """
    terms, model = named_license(app.catalog(), name)
    kinds: list[TextKind] = ["license"] if with_license else []
    kinds += ["use-policy"] if with_policy else []
    asked = [_text(terms, kind) for kind in kinds]
    texts = app.license_texts()
    read = [texts.read(each, model) for each in asked]
    pairs = [
        (each, texts.own_copy(each, model, found)) for each, found in zip(asked, read, strict=True)
    ]
    own = {text.kind: copy for text, copy in pairs if copy is not None}
    if not as_json and read:
        _print_texts(terms, read, own)
        return
    known = {each.kind: each for each in read}
    for each in terms.texts:
        if each.kind not in known and (before := texts.kept(each, model)) is not None:
            known[each.kind] = before
    if as_json:
        print_json(_record(terms, model, list(known.values()), kinds, own))
    else:
        click.echo(license_page(terms, model, _models_under(app.catalog(), terms), known))


def named_license(catalog: Catalog, name: str) -> tuple[License, Model | None]:
    """Give the license of that name, or of the model of that name; a model comes first.

    Raises:
        UnknownModel: there is neither; it names the close ones.
        NotFound: the organization's overlay hides the model.
    """
    licenses = {each.id: each for each in catalog.licenses}
    try:
        model = catalog.model(name)
    except NotFound as unknown:
        if name in licenses:
            return licenses[name], None
        if not isinstance(unknown, UnknownModel):
            raise
        from difflib import get_close_matches

        close = [*get_close_matches(name, licenses, n=1), *unknown.close]
        every = "llamactl license list and llamactl models list them all"
        raise NotFound(
            f"no model or license '{name}' in the catalog",
            hint=f"did you mean {' or '.join(close)}?" if close else every,
        ) from unknown
    return model.license, model


def _text(terms: License, kind: TextKind) -> LicenseText:
    text = terms.text(kind)
    if text is None:
        what = "use policy of its own" if kind == "use-policy" else "text on record"
        raise NotFound(f"{terms.id} has no {what}", hint=f"llamactl license show {terms.id}")
    return text


def _print_texts(
    terms: License, texts: Sequence["ReadText"], own: Mapping[TextKind, "OwnCopy"]
) -> None:
    """Show the texts: on a terminal in its pager, in a pipe byte for byte as they were read."""
    for each in texts:
        _tell(terms, each)
        if each.kind in own:
            talk(f"  {own[each.kind].compared_with(each)}")
    if sys.stdout.isatty():
        click.echo_via_pager("\n\n".join(for_terminal(each.text) for each in texts))
    else:
        click.echo(b"\n\n".join(each.content for each in texts), nl=False)


def _tell(terms: License, read: "ReadText") -> None:
    """Say whether a text is the one that is known."""
    where = f"{read.file_name}, {'kept from' if read.from_cache else 'read from'} {read.place}"
    match read.verdict:
        case "same-bytes":
            talk(f"{where}: the known text, byte for byte")
        case "same-words":
            talk(f"{where}: the known words (SHA-256 {read.normalized_sha256})")
        case "unknown":
            talk(f"{where}: no hash is on record to compare with")
            talk(f"  SHA-256 {read.sha256}\n  of its words {read.normalized_sha256}")
        case "changed":
            known = terms.text(read.kind)
            was = None if known is None else known.normalized_sha256
            talk(click.style("CHANGED: ", fg="red", bold=True) + f"{where}: not the known text")
            talk(f"  SHA-256 of its words {read.normalized_sha256}")
            talk(f"  the known one        {'not on record' if was is None else was}")


def _models_under(catalog: Catalog, terms: License) -> list[str]:
    return [each.id for each in catalog.models if each.license.id == terms.id]


def _record(
    terms: License,
    model: Model | None,
    read: Sequence["ReadText"],
    kinds: Sequence[TextKind],
    own: Mapping[TextKind, "OwnCopy"],
) -> dict[str, object]:
    seen = {each.kind: each for each in read}
    asked = [each for each in terms.conditions if model is None or each.is_asked_for(model.id)]
    return {
        **asdict(terms),
        "effective_on": None if terms.effective_on is None else terms.effective_on.isoformat(),
        "checked_on": None if terms.checked_on is None else terms.checked_on.isoformat(),
        "model": None if model is None else model.id,
        "reference": reference(terms),
        "conditions": [asdict(each) for each in asked],
        "texts": [
            _text_record(each, seen.get(each.kind), kinds)
            | {"own_copy": _own_record(own.get(each.kind))}
            for each in terms.texts
        ],
    }


def _own_record(own: "OwnCopy | None") -> dict[str, object] | None:
    if own is None:
        return None
    words = None if own.read is None else own.read.normalized_sha256
    return {"place": own.place, "normalized_sha256": words, "not_read_because": own.why}


def _text_record(
    text: LicenseText, read: "ReadText | None", kinds: Sequence[TextKind]
) -> dict[str, object]:
    record: dict[str, object] = {
        **asdict(text),
        "places": [{"kind": each.kind, **asdict(each)} for each in text.places],
        "read": None
        if read is None
        else {
            "place": read.place,
            "sha256": read.sha256,
            "normalized_sha256": read.normalized_sha256,
            "verdict": read.verdict,
            "from_cache": read.from_cache,
        },
    }
    if read is not None and text.kind in kinds:
        record["text"] = read.text
    return record
