"""Reading data files: each becomes a checked document, or a list of all that is wrong with it."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from llamactl_catalog.errors import NoPermission, NotFound
from llamactl_catalog.fields import Table, did_you_mean
from llamactl_catalog.model import (
    Architecture,
    ChatDefaults,
    Condition,
    Duty,
    EarlierLicense,
    License,
    LicenseText,
    Model,
)
from llamactl_catalog.shapes import ID, LICENSE, MODEL, OPTIONAL_SOURCE_FIELDS, PLACES, SOURCES

Kind = Literal["models", "licenses"]
TABLES: Mapping[Kind, Table] = {"models": MODEL, "licenses": LICENSE}


@dataclass(frozen=True, slots=True)
class Document:
    """The content of one model or license, and the words that say where it stands."""

    place: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Documents:
    """The sound documents by id; the ids of the others, and all their problems."""

    models: Mapping[str, Document] = field(default_factory=dict)
    licenses: Mapping[str, Document] = field(default_factory=dict)
    unsound: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def read_folder(folder: Path) -> Documents:
    """Read `models/*.toml` and `licenses/*.toml` of a folder; the id is the file's name."""
    models = _read_files(folder, "models")
    licenses = _read_files(folder, "licenses")
    return Documents(
        models=models.models,
        licenses=licenses.licenses,
        unsound=(*models.unsound, *licenses.unsound),
        problems=(*models.problems, *licenses.problems),
    )


def read_file(path: Path, table: Table) -> tuple[dict[str, Any], list[str]]:
    """Read one TOML file: its content, and its problems, in which case the content is not sound.

    Raises:
        NotFound: there is no such file.
        NoPermission: it cannot be read.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, [f"not a TOML file in UTF-8: {error}"]
    except FileNotFoundError as error:
        raise NotFound(f"no file {path}") from error
    except OSError as error:
        raise NoPermission(f"{path} cannot be read: {error.strerror}") from error
    return content, list(table.problems(content))


def license_of(license_id: str, content: Mapping[str, Any], overlay: Path | None = None) -> License:
    """Build a license from its checked document; `overlay` is the folder that its files are in."""
    nested = {
        "notes": tuple(content.get("notes", ())),
        "texts": tuple(_license_text(each, overlay) for each in content.get("texts", ())),
        "duties": tuple(Duty(**each) for each in content.get("duties", ())),
        "conditions": tuple(
            Condition(**{**each, "models": tuple(each.get("models", ()))})
            for each in content.get("conditions", ())
        ),
    }
    plain = {name: each for name, each in content.items() if name not in nested}
    return License(id=license_id, **{"effective_on": None, **plain, **nested})


def model_of(
    model_id: str, content: Mapping[str, Any], licenses: Mapping[str, License], origin: str
) -> Model:
    """Build a model from its checked document; `origin` says whose entry it is."""
    shape = {"rope_theta": None, **content["architecture"]}
    if shape["rope_theta"] is not None:
        shape["rope_theta"] = float(shape["rope_theta"])
    nested = {
        "architecture": Architecture(**shape),
        "license": licenses[content["license"]],
        "earlier_licenses": tuple(
            EarlierLicense(**each) for each in content.get("earlier_licenses", ())
        ),
        "chat_defaults": ChatDefaults(**content.get("chat_defaults", {})),
        "sources": tuple(
            SOURCES[each["kind"]](**_with_optional(each)) for each in content["sources"]
        ),
        "notes": tuple(content.get("notes", ())),
    }
    plain = {name: each for name, each in content.items() if name not in nested}
    return Model(id=model_id, origin=origin, **{"prompt_format": None, **plain, **nested})


def license_problems(document: Document) -> Iterator[str]:
    """Say what no single key shows: nothing to accept, two of one kind or id."""
    content = document.content
    texts = [each["kind"] for each in content.get("texts", ())]
    if content["acceptance_required"] and "license" not in texts:
        yield (
            f"{document.place}texts: must have one of the kind license, since acceptance_required "
            "is true: what is accepted is a text"
        )
    for where, names in (
        ("texts[].kind", texts),
        ("texts[].file_name", [each["file_name"] for each in content.get("texts", ())]),
        ("conditions[].id", [each["id"] for each in content.get("conditions", ())]),
    ):
        for name in sorted({each for each in names if names.count(each) > 1}):
            yield f'{document.place}{where}: "{name}" stands there twice'


def model_problems(document: Document, license_ids: Collection[str]) -> Iterator[str]:
    """Say what no single key shows: licenses that there are not, a shape that cannot be."""
    content = document.content
    named = [("license", content["license"])]
    named += [
        (f"earlier_licenses[{index}].license", each["license"])
        for index, each in enumerate(content.get("earlier_licenses", ()))
    ]
    for where, license_id in named:
        if license_id not in license_ids:
            close = did_you_mean(license_id, license_ids)
            yield f'{document.place}{where}: there is no license "{license_id}"{close}'
    shape = content["architecture"]
    heads, kv_heads = shape["heads"], shape["kv_heads"]
    if heads % kv_heads:
        yield (
            f"{document.place}architecture.kv_heads: is {kv_heads}, "
            f"expected a divisor of the {heads} heads"
        )


def _license_text(content: Mapping[str, Any], overlay: Path | None) -> LicenseText:
    places = []
    for each in content["places"]:
        values = {name: value for name, value in each.items() if name != "kind"}
        if each["kind"] == "file" and overlay is not None:
            values["path"] = str((overlay / values["path"]).absolute())
        places.append(PLACES[each["kind"]](**values))
    nested = {"places": tuple(places), "sha256s": tuple(content.get("sha256s", ()))}
    return LicenseText(**{**content, **nested})


def _read_files(folder: Path, kind: Kind) -> Documents:
    documents: dict[str, Document] = {}
    problems: dict[str, list[str]] = {}
    for path in sorted((folder / kind).glob("*.toml")):
        place = f"{kind}/{path.name}: "
        content, wrong = read_file(path, TABLES[kind])
        wrong = [*ID.problems(path.stem, "the file's name"), *wrong]
        if wrong:
            problems[path.stem] = [place + problem for problem in wrong]
        else:
            documents[path.stem] = Document(place, content)
    every_problem = tuple(problem for wrong in problems.values() for problem in wrong)
    sound = {kind: documents}
    return Documents(**sound, unsound=tuple(problems), problems=every_problem)


def _with_optional(source: Mapping[str, Any]) -> dict[str, Any]:
    absent = dict.fromkeys(OPTIONAL_SOURCE_FIELDS & SOURCES[source["kind"]].__annotations__.keys())
    return {**absent, **source}
