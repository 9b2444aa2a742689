"""The ledger for others: JSON and CSV for programs, a page for an auditor (auditor_page.py)."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llamactl_catalog.licensing.chain import Record, Verified

# A cell that begins so is a formula to a spreadsheet. Source: OWASP, CSV Injection.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_COLUMNS = (
    "number",
    "acceptance_id",
    "kind",
    "license",
    "license_name",
    "version",
    "text_sha256",
    "text_normalized_sha256",
    "policy_normalized_sha256",
    "model",
    "repository",
    "revision",
    "accepted_by",
    "identity",
    "email",
    "organization",
    "authority",
    "principal",
    "method",
    "accepted_at",
    "host",
    "ci_system",
    "ci_run_id",
    "tool_version",
    "answers",
    "reason",
    "signer",
    "sha256",
    "previous",
)


def as_json(address: str, found: Verified, exported_at: str) -> str:
    """Give every record whole, and what is wrong with the ledger."""
    content = {
        "format": 1,
        "ledger": address,
        "exported_at": exported_at,
        "whole": found.is_whole,
        "problems": [
            {"record": each.number, "file": each.file, "what": each.what} for each in found.problems
        ],
        "records": [
            {"acceptance_id": each.id, "sha256": each.sha256, **each.content}
            for each in found.records
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def as_csv(records: Sequence[Record]) -> str:
    """Give a line a record; what a spreadsheet would take for a formula begins with `'`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS)
    writer.writeheader()
    for each in records:
        writer.writerow({name: _cell(value) for name, value in _row(each).items()})
    return text.getvalue()


def _row(record: Record) -> dict[str, object]:
    content = record.content
    terms, person, act = (_table(content, name) for name in ("terms", "person", "act"))
    model, ci = _table(content, "model"), _table(act, "ci")
    # The makers' text stands first, a model's own copy with other words after it.
    texts = {each.get("kind"): each for each in reversed(_tables(terms, "texts"))}
    license_text, policy = texts.get("license", {}), texts.get("use-policy", {})
    return {
        "number": record.number,
        "acceptance_id": record.id,
        "kind": content.get("kind"),
        "license": terms.get("license"),
        "license_name": terms.get("name"),
        "version": terms.get("version"),
        "text_sha256": license_text.get("sha256"),
        "text_normalized_sha256": license_text.get("normalized_sha256"),
        "policy_normalized_sha256": policy.get("normalized_sha256"),
        "model": model.get("id"),
        "repository": model.get("repository"),
        "revision": model.get("revision"),
        "accepted_by": person.get("name"),
        **{name: person.get(name) for name in _PERSON},
        **{name: act.get(name) for name in ("method", "accepted_at", "host", "tool_version")},
        "ci_system": ci.get("system"),
        "ci_run_id": ci.get("run_id"),
        "answers": "; ".join(_answers(content)),
        "reason": content.get("reason"),
        "signer": record.signer,
        "sha256": record.sha256,
        "previous": record.previous,
    }


_PERSON = ("identity", "email", "organization", "authority", "principal")


def _answers(content: Mapping[str, Any]) -> Iterator[str]:
    for each in _tables(content, "answers"):
        yield f"{each.get('id')}={each.get('answer')}"


def _table(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = content.get(name)
    return value if isinstance(value, dict) else {}


def _tables(content: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = content.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
