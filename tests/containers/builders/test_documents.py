"""The documents about an image, and the record that they are made from."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from containers.builders.recipes import TAG, small_context
from llamactl_catalog.errors import InvalidFile, InvalidInput, NotFound
from llamactl_containers.builders.provenance import provenance
from llamactl_containers.builders.records import ImageRecord, ImageRecords, PushedTo, inputs_of
from llamactl_containers.builders.sbom import sbom

MOMENT = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


def record(tag: str = TAG, digest: str = f"sha256:{'a1' * 32}") -> ImageRecord:
    return ImageRecord(
        **inputs_of(small_context()),
        tag=tag,
        digest=digest,
        size_bytes=10_000,
        manifest_type="application/vnd.oci.image.manifest.v1+json",
        tool="buildah",
        tool_version="1.28.2",
        started_at=MOMENT,
        built_at=MOMENT,
        log="/state/images/x.log",
    )


@pytest.fixture
def records(tmp_path) -> ImageRecords:
    return ImageRecords(tmp_path / "images")


def test_the_bill_of_materials_is_valid_cyclonedx():
    jsonschema = pytest.importorskip("jsonschema")
    library = pytest.importorskip("cyclonedx.schema", reason="needs cyclonedx-python-lib")
    folder = Path(library.__file__).parent / "_res"
    schemas = {
        name: json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text("utf-8"))
        for name in ("bom-1.6", "spdx", "jsf-0.82")
    }
    from referencing import Registry, Resource

    known = Registry().with_resources(
        [(each["$id"], Resource.from_contents(each)) for each in schemas.values()]
    )
    validator = jsonschema.Draft7Validator(schemas["bom-1.6"], registry=known)

    assert [
        each.message for each in validator.iter_errors(json.loads(sbom(record()).content))
    ] == []


def test_the_bill_of_materials_names_base_and_files_by_their_hashes():
    document = json.loads(sbom(record()).content)

    hashes = {each["name"]: each["hashes"][0]["content"] for each in document["components"]}
    assert hashes["registry.example/tgi"] == "b" * 64
    assert hashes["licenses/TERMS.txt"] == hashlib.sha256(b"terms\n").hexdigest()
    assert document["compositions"] == [
        {"aggregate": "incomplete", "assemblies": [f"base:{record().base}"]}
    ]


def test_the_statement_names_the_image_the_base_and_the_tool():
    document = json.loads(provenance(record()).content)

    (subject,) = document["subject"]
    build = document["predicate"]["buildDefinition"]
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document["predicateType"] == "https://slsa.dev/provenance/v1"
    assert subject["digest"] == {"sha256": "a1" * 32}
    assert build["resolvedDependencies"][0]["digest"] == {"sha256": "b" * 64}
    assert document["predicate"]["runDetails"]["builder"]["version"] == {"buildah": "1.28.2"}
    assert document["predicate"]["runDetails"]["metadata"]["startedOn"] == "2026-11-22T21:00:00Z"


def test_documents_of_the_same_record_are_the_same_bytes():
    assert sbom(record()) == sbom(record())
    assert provenance(record()) == provenance(record())


def test_a_record_is_read_as_it_was_written(records):
    place = PushedTo("registry.example/x:1", record().digest, MOMENT, {"sbom": "sha256:1"})
    written = record().with_push(place)

    records.put(written)

    assert records.get(TAG) == written
    assert records.all() == [written]


def test_a_second_push_to_the_same_place_replaces_the_first():
    place = PushedTo("registry.example/x:1", record().digest, MOMENT)
    later = replace(place, at=datetime(2026, 12, 1, tzinfo=UTC))

    assert record().with_push(place).with_push(later).pushed == (later,)


@pytest.mark.parametrize(
    "text", [TAG, TAG[:9], f"sha256:{'a1' * 32}", "a1a1a1", f"llamactl/llama-2-7b-chat:{TAG}"]
)
def test_an_image_is_found_by_the_beginning_of_its_tag_or_digest(records, text):
    records.put(record())

    assert records.find(text) == record()


def test_a_beginning_of_several_names_them(records):
    records.put(record())
    records.put(record(f"{TAG[:-1]}0", f"sha256:{'a2' * 32}"))

    with pytest.raises(NotFound, match="beginning of several") as caught:
        records.find("tgi-3.3.6")

    assert TAG in str(caught.value.hint)


def test_an_image_that_is_not_there_is_not_found(records):
    with pytest.raises(NotFound, match="no image 'nothing'"):
        records.find("nothing")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', '{"schema": 2}', '"x"'])
def test_a_damaged_record_is_told_with_its_path(records, text):
    records.put(record())
    (path,) = records.log_path(TAG).parent.glob("*.json")
    path.write_text(text)

    with pytest.raises(InvalidFile, match=path.name):
        records.all()


def test_a_tag_cannot_lead_out_of_the_folder(records):
    with pytest.raises(InvalidInput, match="no tag"):
        records.get("../other")


def test_records_are_for_their_owner(records):
    records.put(record())

    assert records.log_path(TAG).parent.stat().st_mode & 0o777 == 0o700
