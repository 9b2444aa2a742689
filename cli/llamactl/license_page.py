"""The page of one license: all that the catalog knows of it, in 80 columns of plain text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, assert_never

from llamactl.model_page import HOSTING, REFUSED, entry
from llamactl_catalog.licensing.reference import reference_to
from llamactl_catalog.licensing.requirement import kept_back_use
from llamactl_catalog.model import (
    Condition,
    FileText,
    HubFile,
    License,
    LicenseText,
    Model,
    PackagedText,
    TextKind,
    TextPlace,
    WebText,
)

if TYPE_CHECKING:
    from llamactl_containers.licensing.texts import ReadText

_TITLES: dict[TextKind, str] = {"license": "text", "use-policy": "use policy"}


def license_page(
    terms: License, model: Model | None, models: Sequence[str], read: Mapping[TextKind, "ReadText"]
) -> str:
    """Write the page of a license, as it is for a model where one is named.

    `read` are the texts that were read on this machine.
    """
    asked = [each for each in terms.conditions if model is None or each.is_asked_for(model.id)]
    lines = [
        f"{terms.id}: {terms.name}",
        "",
        *entry("version", _version(terms)),
        *entry("id", [terms.spdx]),
        *entry("business", [_business(terms)]),
        *entry("acceptance", _acceptance(terms, model, read.get("license"))),
        *entry(
            "model" if model else "models", [model.id if model else ", ".join(models) or "none"]
        ),
        *entry("you must", [f"- {each.text} ({each.source})" for each in terms.duties]),
        *entry("you are asked", _questions(asked)),
        *entry("notice line", [] if terms.notice is None else [terms.notice]),
        *entry("notes", [f"- {each}" for each in terms.notes]),
        *entry("checked", [_checked(terms)]),
    ]
    for text in terms.texts:
        lines += ["", *_text_lines(text, read.get(text.kind))]
    return "\n".join(lines)


def _version(terms: License) -> list[str]:
    since = "" if terms.effective_on is None else f", of {terms.effective_on.isoformat()}"
    return [] if terms.version is None and not since else [f"{terms.version or 'one'}{since}"]


def _business(terms: License) -> str:
    may = "a business may use it" if terms.commercial_use else "NOT for commercial use"
    return f"{may}; {HOSTING[terms.hosting]}"


def _acceptance(terms: License, model: Model | None, read: "ReadText | None") -> list[str]:
    name = terms.id if model is None else model.id
    kept_back = kept_back_use(terms)
    if kept_back is not None:
        way = f'llamactl license accept {name if model else "MODEL"} --override --reason "…"'
        return [f"{REFUSED}: it {kept_back}", f"if that is no obstacle for you: {way}"]
    if not terms.acceptance_required:
        return ["needs none"]
    known = terms.text("license")
    words = None if known is None else known.normalized_sha256
    if words is None and read is not None:
        words = read.normalized_sha256
    reference = f"{terms.id}@HASH, which --text tells"
    if words is not None:
        reference = str(reference_to(terms.id, words))
    return [
        f"must be accepted first: llamactl license accept {name}",
        f"without questions: --accept-license {reference}",
    ]


def _questions(asked: Sequence[Condition]) -> list[str]:
    return [f"- {each.question} Must be {each.expected}. ({each.source})" for each in asked]


def _checked(terms: License) -> str:
    day = "" if terms.checked_on is None else f"{terms.checked_on.isoformat()}. "
    return f"{day}{terms.source}"


def _text_lines(text: LicenseText, read: "ReadText | None") -> Iterator[str]:
    yield from entry(_TITLES[text.kind], [f"{text.file_name}: {_state(text, read)}"])
    yield from entry("", [] if text.unverified is None else [text.unverified])
    # Hashes and addresses are copied whole, so they are never broken.
    if text.normalized_sha256 is not None:
        yield "  SHA-256 of its words"
        yield f"    {text.normalized_sha256}"
    if text.sha256s:
        yield "  SHA-256 of copies that were read"
        yield from (f"    {each}" for each in text.sha256s)
    if read is not None and read.verdict in ("changed", "unknown"):
        yield "  read on this machine: SHA-256 of its words, and of its bytes"
        yield f"    {read.normalized_sha256}"
        yield f"    {read.sha256}"
    yield "  where it is"
    yield from (f"    {_place(each)}" for each in text.places)


def _state(text: LicenseText, read: "ReadText | None") -> str:
    if read is None:
        option = "--text" if text.kind == "license" else "--policy"
        return f"not read on this machine yet ({option} reads it)"
    match read.verdict:
        case "same-bytes" | "same-words":
            return "read on this machine, and it is the known text"
        case "changed":
            return "CHANGED: what was read on this machine is not the known text"
        case "unknown":
            return "read on this machine; no hash is on record to compare with"


def _place(place: TextPlace) -> str:
    match place:
        case HubFile(path=path, repo=None):
            return f"{path} in the model's repository on the Hub"
        case HubFile(path=path, repo=repo, revision=revision):
            at = "" if revision is None else f" at {revision[:7]}"
            return f"{path} in {repo} on the Hub{at}"
        case WebText(url=url):
            return url
        case PackagedText(package=package):
            return f"the Python package {package}, if it is installed"
        case FileText(path=path):
            return path
        case _:
            assert_never(place)
