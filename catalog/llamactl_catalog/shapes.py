"""The shapes of the data files: models, licenses and the organization's overlay.

`python -m llamactl_catalog.shapes` writes them as JSON Schema into the folder `schema/`, for
editors and other programs; a test compares.
"""

from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from llamactl_catalog.fields import (
    Day,
    Field,
    Flag,
    ListOf,
    Number,
    OneOf,
    Table,
    TableOf,
    Text,
    Whole,
)
from llamactl_catalog.model import (
    Answer,
    ArchitectureKind,
    Guardrails,
    Hosting,
    PromptFormatName,
    RopeScaling,
    Source,
    TextKind,
    TextPlace,
    Variant,
)

ID = Text(
    pattern=r"[a-z0-9]+([.-][a-z0-9]+)*", words="an id of lower-case letters, digits, `-` and `.`"
)
_REVISION = Text(pattern=r"[0-9a-f]{40}", words="a full commit of 40 hexadecimal digits")
_SHA256 = Text(pattern=r"[0-9a-f]{64}", words="a SHA-256 of 64 hexadecimal digits")
_FILE = Text(pattern=r"[^/\s]\S*", words="the path of a file, as LICENSE.txt")
_HUB_REPOSITORY = Text(
    pattern=r"(spaces/|datasets/)?[\w.-]+/[\w.-]+",
    words="a repository like meta-llama/Llama-2-7b-hf, of a Space with spaces/ before it",
)

_ARCHITECTURE = Table(
    {
        "kind": Text(choices=get_args(ArchitectureKind)),
        "layers": Whole(),
        "hidden": Whole(),
        "heads": Whole(),
        "kv_heads": Whole(),
        "head_dim": Whole(),
        "intermediate": Whole(),
        "vocab": Whole(),
        "context_tokens": Whole(),
        "tied_embeddings": Flag(),
    },
    # Left out where positions are not rotary (MPT), or where the base is not known for certain;
    # rope_scaling where positions are not scaled.
    {"rope_theta": Number(1), "rope_scaling": Text(choices=get_args(RopeScaling))},
)
_SOURCE_FIELDS: dict[str, Field] = {
    "repo": Text(pattern=r"[\w.-]+/[\w.-]+", words="a repository like meta-llama/Llama-2-7b-hf"),
    "revision": _REVISION,
    "name": Text(),
    "shards": Whole(),
    "model_id": ID,
    "version": Text(),
    "asset_id": Text(pattern=r"[a-z]+://\S+", words="an id like scheme://registries/…"),
    "retired_on": Day(),
    "package": Text(),
    "wheel_sha256": _SHA256,
    "wheel_bytes": Whole(),
    "member": Text(pattern=r"\S+\.gguf", words="the path of a .gguf file in the wheel"),
    "file_sha256": _SHA256,
    "size_bytes": Whole(),
    "path": Text(pattern=r".+\.gguf", words="the path of a .gguf file"),
    "sha256": _SHA256,
}
OPTIONAL_SOURCE_FIELDS = frozenset({"revision", "retired_on", "sha256"})


def _source_table(source: type[Source]) -> Table:
    names = [each.name for each in fields(source) if each.name != "kind"]
    return Table(
        {name: _SOURCE_FIELDS[name] for name in names if name not in OPTIONAL_SOURCE_FIELDS},
        {name: _SOURCE_FIELDS[name] for name in names if name in OPTIONAL_SOURCE_FIELDS},
    )


SOURCES: dict[str, type[Source]] = {
    get_args(get_type_hints(each)["kind"])[0]: each for each in get_args(Source)
}

MODEL = Table(
    {
        "name": Text(),
        "family": ID,
        "variant": Text(choices=get_args(Variant)),
        "parameters": Whole(),
        "weights_bytes": Whole(),
        "license": ID,
        "gated": Flag(),
        "guardrails": Text(choices=get_args(Guardrails)),
        "source": Text(),
        "checked_on": Day(),
        "architecture": _ARCHITECTURE,
        "sources": ListOf(
            OneOf({kind: _source_table(each) for kind, each in SOURCES.items()}), minimum=1
        ),
    },
    {
        "prompt_format": Text(choices=get_args(PromptFormatName)),
        "notes": ListOf(Text()),
        "chat_defaults": Table(
            {}, {"system": Text(), "temperature": Number(), "repetition_penalty": Number()}
        ),
        "earlier_licenses": ListOf(
            Table({"license": ID, "changed_at": _REVISION, "note": Text()}), minimum=1
        ),
    },
)

PLACES: dict[str, type[TextPlace]] = {
    get_args(get_type_hints(each)["kind"])[0]: each for each in get_args(TextPlace)
}
_LICENSE_TEXT = Table(
    {
        "kind": Text(choices=get_args(TextKind)),
        "file_name": Text(pattern=r"[A-Za-z0-9][\w.-]*", words="the name of a file"),
        "places": ListOf(
            OneOf(
                {
                    "hub": Table({"path": _FILE}, {"repo": _HUB_REPOSITORY, "revision": _REVISION}),
                    "web": Table({"url": Text(pattern=r"https?://\S+", words="a URL")}),
                    "package": Table({"package": Text(), "path": _FILE}),
                    "file": Table({"path": Text()}),
                }
            ),
            minimum=1,
        ),
    },
    {"sha256s": ListOf(_SHA256), "normalized_sha256": _SHA256, "unverified": Text()},
)
_CONDITION = Table(
    {
        "id": ID,
        "question": Text(),
        "expected": Text(choices=get_args(Answer)),
        "otherwise": Text(),
        "source": Text(),
    },
    {"models": ListOf(Text(), minimum=1)},
)

LICENSE = Table(
    {
        "name": Text(),
        "spdx": Text(
            pattern=r"[A-Za-z0-9.-]+", words="an SPDX id, or LicenseRef-… where it has none"
        ),
        "commercial_use": Flag(),
        "hosting": Text(choices=get_args(Hosting)),
        "acceptance_required": Flag(),
        "source": Text(),
    },
    {
        "version": Text(),
        "effective_on": Day(),
        "checked_on": Day(),
        "notes": ListOf(Text()),
        "notice": Text(),
        "texts": ListOf(_LICENSE_TEXT, minimum=1),
        "duties": ListOf(Table({"text": Text(), "source": Text()}), minimum=1),
        "conditions": ListOf(_CONDITION, minimum=1),
    },
)

_CRITERIA: dict[str, Field] = {
    "models": ListOf(Text(), minimum=1),
    "licenses": ListOf(Text(), minimum=1),
    "families": ListOf(Text(), minimum=1),
    "commercial_use": Flag(),
}
_RULE = Table({"reason": Text()}, _CRITERIA)
_PIN = Table({"model": Text(), "revision": _REVISION, "reason": Text()}, {"license": ID})

OVERLAY = Table(
    {},
    {
        "pin": ListOf(_PIN),
        "allow": ListOf(_RULE),
        "deny": ListOf(_RULE),
        "models": TableOf(ID, MODEL),
        "licenses": TableOf(ID, LICENSE),
    },
)


def json_schemas() -> dict[str, dict[str, Any]]:
    """Give the JSON Schema of each kind of file, by the name of the file that holds it.

    A date of TOML is text in ISO 8601 there.
    """
    tables = {
        "model": ("A model of llamactl's catalog", MODEL),
        "license": ("A license of llamactl's catalog", LICENSE),
        "overlay": ("An organization's overlay of llamactl's catalog", OVERLAY),
    }
    return {
        f"{name}.schema.json": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": title,
            **table.json_schema(),
        }
        for name, (title, table) in tables.items()
    }


def json_text(schema: dict[str, Any]) -> str:
    """Write a schema as its file holds it."""
    import json

    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, schema in json_schemas().items():
        (Path(__file__).parent / "schema" / name).write_text(json_text(schema), "utf-8")
