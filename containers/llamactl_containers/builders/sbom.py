"""What an image is made of, as a CycloneDX document."""

import json
import uuid
from collections.abc import Iterable
from typing import Any

from llamactl_containers.builders.records import ImageRecord
from llamactl_containers.registries.attach import Attachment

MEDIA_TYPE = "application/vnd.cyclonedx+json"
_SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_WEIGHTS = (".safetensors", ".bin", ".pth", ".gguf")


def sbom(record: ImageRecord) -> Attachment:
    """Describe an image by its record. Source: the CycloneDX 1.6 JSON schema.

    It lists what llamactl puts in: the base by its digest, each file by its hash. What is inside
    the base is for the base's own document, and `compositions` says that it is not listed here. It
    holds no date and no random number, so that it is the same document each time.
    """
    image = f"pkg:oci/{_last(record.name)}@{record.digest.replace(':', '%3A')}"
    base = f"base:{record.base}"
    document = {
        "$schema": _SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, record.digest)}",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "llamactl"}]},
            "component": {
                "type": "container",
                "bom-ref": image,
                "name": record.name,
                "version": record.tag,
                "purl": image,
                "hashes": _hashes(record.digest.removeprefix("sha256:")),
                "properties": _properties(record),
            },
        },
        "components": [_base(record, base), *_files(record)],
        "dependencies": [{"ref": image, "dependsOn": [base]}],
        "compositions": [{"aggregate": "incomplete", "assemblies": [base]}],
    }
    content = json.dumps(document, indent=1, sort_keys=True).encode()
    return Attachment("sbom", MEDIA_TYPE, "sbom.cdx.json", content)


def _base(record: ImageRecord, ref: str) -> dict[str, Any]:
    repository, _, version = record.base_name.rpartition(":")
    found: dict[str, Any] = {
        "type": "container",
        "bom-ref": ref,
        "name": repository or record.base_name,
        "version": version,
    }
    digest = record.base.partition("@sha256:")[2]
    return found | ({"hashes": _hashes(digest)} if digest else {})


def _files(record: ImageRecord) -> Iterable[dict[str, Any]]:
    for path, sha256 in sorted(record.files.items()):
        is_weights = path.startswith("weights/") and path.endswith(_WEIGHTS)
        yield {
            "type": "machine-learning-model" if is_weights else "file",
            "bom-ref": f"file:{path}",
            "name": path,
            "hashes": _hashes(sha256),
        }


def _properties(record: ImageRecord) -> list[dict[str, str]]:
    return [
        {"name": f"label:{name}", "value": value} for name, value in sorted(record.labels.items())
    ]


def _hashes(sha256: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": sha256}]


def _last(name: str) -> str:
    return name.rpartition("/")[2]
