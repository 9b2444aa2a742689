"""An organization's policy file: who accepted which license for whom, decided once for all."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, get_args

from llamactl_catalog.errors import InvalidFile, NoPermission, NotFound
from llamactl_catalog.fields import Day, ListOf, Table, Text, did_you_mean
from llamactl_catalog.licensing.reference import DIGITS, split_reference
from llamactl_catalog.model import Answer, License

_REFERENCE = Text(
    pattern=r"[a-z0-9.-]+@[0-9a-f]{8,64}",
    words=f"a license and {DIGITS} or more digits of its text's hash, like llama-2@0629d729",
)
_ID = Text(pattern=r"[a-z0-9-]+", words="the id of a question: llamactl license show names them")
_YES_OR_NO = Text(choices=get_args(Answer))


@dataclass(frozen=True, slots=True)
class _Answers:
    """A table of yes and no by the ids of questions; which there are is looked at later."""

    def expected(self) -> str:
        return "a table of yes and no, by the ids of the questions"

    def problems(self, value: object, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where}: is no table, expected {self.expected()}"
            return
        for name, each in value.items():
            yield from _ID.problems(name, f"{where}.{name}")
            yield from _YES_OR_NO.problems(each, f"{where}.{name}")

    def json_schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": _YES_OR_NO.json_schema()}


_ENTRY = Table(
    {
        "license": _REFERENCE,
        "accepted_by": Text(),
        "organization": Text(),
        "authority": Text(),
        "date": Day(),
    },
    {"email": Text(), "answers": _Answers()},
)
_POLICY = Table({"acceptance": ListOf(_ENTRY, minimum=1)})


@dataclass(frozen=True, slots=True)
class PolicyEntry:
    """One decision: `authority` is the statement that they may bind the organization."""

    license: str
    accepted_by: str
    organization: str
    authority: str
    date: date
    email: str | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def license_id(self) -> str:
        """The license, without the hash."""
        return split_reference(self.license)[0]


@dataclass(frozen=True, slots=True)
class Policy:
    """The decisions of a file, and the hash of its content."""

    name: str
    sha256: str
    entries: tuple[PolicyEntry, ...]

    def entry(self, license_id: str) -> PolicyEntry | None:
        """Give the decision about a license, if there is one."""
        return next((each for each in self.entries if each.license_id == license_id), None)


def read_policy(path: Path, licenses: Sequence[License], today: date) -> Policy:
    """Read and check a policy file.

    Raises:
        NotFound: there is none at that path.
        NoPermission: it may not be read.
        InvalidFile: with all its problems.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        hint = "correct --license-policy, or license-policy in your settings file"
        raise NotFound(f"no license policy at {path}", hint=hint) from error
    except OSError as error:
        raise NoPermission(f"{path} cannot be read: {error.strerror}") from error
    try:
        content = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidFile(str(path), [f"not a TOML file in UTF-8: {error}"]) from error
    problems = list(_POLICY.problems(content))
    if not problems:
        problems += _problems(content["acceptance"], {each.id: each for each in licenses}, today)
    if problems:
        raise InvalidFile(str(path), problems, hint="docs/licenses.md shows one")
    entries = tuple(PolicyEntry(**each) for each in content["acceptance"])
    return Policy(path.name, hashlib.sha256(raw).hexdigest(), entries)


def _problems(
    entries: Sequence[Mapping[str, Any]], licenses: Mapping[str, License], today: date
) -> Iterator[str]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries):
        where = f"acceptance[{index}]"
        license_id, _ = split_reference(entry["license"])
        if license_id not in licenses:
            close = did_you_mean(license_id, licenses)
            yield f'{where}.license: there is no license "{license_id}"{close}'
            continue
        if license_id in seen:
            yield f"{where}.license: {license_id} stands in acceptance[{seen[license_id]}] too"
        seen.setdefault(license_id, index)
        if entry["date"] > today:
            yield f"{where}.date: is {entry['date']}, which is still to come"
        yield from _answer_problems(f"{where}.answers", entry, licenses[license_id])


def _answer_problems(where: str, entry: Mapping[str, Any], terms: License) -> Iterator[str]:
    answers = entry.get("answers", {})
    questions = {each.id: each for each in terms.conditions}
    for name, answer in answers.items():
        if name not in questions:
            yield f"{where}.{name}: {terms.id} asks no such question{did_you_mean(name, questions)}"
        elif answer != questions[name].expected:
            yield f"{where}.{name}: {questions[name].otherwise.strip()}"
    for name, question in questions.items():
        if name not in answers:
            yield f"{where}.{name}: is missing, expected yes or no: {question.question.strip()}"
