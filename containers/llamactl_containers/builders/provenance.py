"""How an image was made, as an in-toto statement with SLSA's provenance."""

import json
from datetime import UTC

from llamactl_containers.builders.records import ImageRecord
from llamactl_containers.registries.attach import Attachment

MEDIA_TYPE = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://slsa.dev/provenance/v1"
_BUILD_TYPE = "urn:llamactl:image-build:v1"


def provenance(record: ImageRecord) -> Attachment:
    """State how an image was made, by its record. It is not signed: cosign attests what is to be.

    Source: in-toto attestation framework, statement v1; SLSA provenance v1.
    """
    digest = record.base.partition("@sha256:")[2]
    base = {"uri": f"docker://{record.base_name}", "digest": {"sha256": digest}}
    files = [
        {"name": path, "digest": {"sha256": sha256}}
        for path, sha256 in sorted(record.files.items())
    ]
    document = {
        "_type": _STATEMENT,
        "subject": [
            {"name": record.name, "digest": {"sha256": record.digest.removeprefix("sha256:")}}
        ],
        "predicateType": _PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": _BUILD_TYPE,
                "externalParameters": {
                    "image": f"{record.name}:{record.tag}",
                    "platform": record.platform,
                    "labels": dict(record.labels),
                },
                "internalParameters": {"inputsSha256": record.inputs_sha256},
                "resolvedDependencies": [base, *files] if digest else files,
            },
            "runDetails": {
                "builder": {
                    "id": f"urn:llamactl:builder:{record.tool}",
                    "version": {record.tool: record.tool_version},
                },
                "metadata": {
                    "invocationId": record.tag,
                    "startedOn": _time(record.started_at.astimezone(UTC).isoformat()),
                    "finishedOn": _time(record.built_at.astimezone(UTC).isoformat()),
                },
            },
        },
    }
    content = json.dumps(document, indent=1, sort_keys=True).encode()
    return Attachment("provenance", MEDIA_TYPE, "provenance.intoto.json", content)


def _time(text: str) -> str:
    return text.replace("+00:00", "Z")
