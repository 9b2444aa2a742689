"""The record of an acceptance: who accepted which text, for whom, when, how, on what answers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar, get_args

from llamactl_catalog.fields import Field, Flag, ListOf, Table, Text, Whole
from llamactl_catalog.model import Answer, TextKind, Variant

FORMAT = 1
# acceptance: of the license, whichever model under it is named. override: of one model, though its
# license keeps a use of it back, for the reason that was written down.
Kind = Literal["acceptance", "override"]
Method = Literal["typed-phrase", "option", "environment", "command", "policy-file"]
# stated: given as an option, typed or in a policy file. ci: whom the CI system says it runs for.
# login: the account on the machine.
Identity = Literal["stated", "ci", "login"]

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class AcceptedText:
    """One text: where it was read and its hashes.

    `sha256`, `size_bytes` and `place` are None where the text was named by its hash and could not
    be read on that machine. `known_sha256` is the normalized hash that the catalog held then.
    `also_at` is the copy in the model's own repository, where it was read and has the same words; a
    copy with other words is a text of its own, after the makers'.
    """

    kind: TextKind
    file_name: str
    normalized_sha256: str
    known_sha256: str | None = None
    sha256: str | None = None
    size_bytes: int | None = None
    place: str | None = None
    also_at: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """The license that was accepted; `effective_on` is a date in ISO 8601."""

    license: str
    name: str
    spdx: str
    texts: tuple[AcceptedText, ...]
    version: str | None = None
    effective_on: str | None = None
    notice: str | None = None

    def text(self, kind: TextKind) -> AcceptedText | None:
        """Give the makers' text of that kind, if the license had one."""
        return next((each for each in self.texts if each.kind == kind), None)


@dataclass(frozen=True, slots=True)
class AcceptedModel:
    """The model that was named, and the files that it was taken from."""

    id: str
    variant: Variant
    repository: str | None = None
    revision: str | None = None
    manifest_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Who accepted, and for whom.

    `authority` is the statement that they may bind the organization. `principal` is the identity
    that a cloud knows them by, where one was known.
    """

    name: str
    identity: Identity
    email: str | None = None
    organization: str | None = None
    authority: str | None = None
    principal: str | None = None


@dataclass(frozen=True, slots=True)
class CiRun:
    """The run of a CI system that accepted."""

    system: str
    run_id: str


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """The organization's file that said so: its name, its content's hash, and its date."""

    name: str
    sha256: str
    decided_on: str


@dataclass(frozen=True, slots=True)
class Act:
    """How it was done. `accepted_at` is in UTC; `prompt` is exactly what was shown.

    `phrase` is what was typed, or the reference that was named. `text_shown` tells whether the
    license's own text was shown there and then.
    """

    method: Method
    prompt: str
    phrase: str
    text_shown: bool
    accepted_at: str
    tool_version: str
    host: str
    ci: CiRun | None = None
    policy: PolicyFile | None = None


@dataclass(frozen=True, slots=True)
class AnsweredCondition:
    """A question as it was put, and the answer."""

    id: str
    question: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class UpstreamProof:
    """What the place of the weights knew at that time: the gate's state, never a token or URL."""

    gated: str
    access: str
    accepted_on: str | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One act of acceptance. `nonce` keeps two acts of the same second apart."""

    kind: Kind
    terms: Terms
    person: Person
    act: Act
    nonce: str
    answers: tuple[AnsweredCondition, ...] = ()
    model: AcceptedModel | None = None
    reason: str | None = None
    upstream: UpstreamProof | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the record's content; what is None is left out."""
        content: dict[str, Any] = _without_none(asdict(self))
        return {"format": FORMAT, **content}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Acceptance":
        """Read a record's content.

        Raises:
            ValueError: with all that is wrong with it.
        """
        own = {name: each for name, each in content.items() if name not in CHAIN_FIELDS}
        problems = list(_RECORD.problems(own))
        if problems:
            raise ValueError("; ".join(problems))
        terms, act = dict(own["terms"]), dict(own["act"])
        terms["texts"] = tuple(AcceptedText(**each) for each in terms["texts"])
        act["ci"] = _made(CiRun, act.get("ci"))
        act["policy"] = _made(PolicyFile, act.get("policy"))
        return cls(
            kind=own["kind"],
            terms=Terms(**terms),
            person=Person(**own["person"]),
            act=Act(**act),
            nonce=own["nonce"],
            answers=tuple(AnsweredCondition(**each) for each in own.get("answers", ())),
            model=_made(AcceptedModel, own.get("model")),
            reason=own.get("reason"),
            upstream=_made(UpstreamProof, own.get("upstream")),
        )


# What the ledger adds to an acceptance's content to chain it to the record before.
CHAIN_FIELDS = frozenset({"number", "previous", "signer"})

_SHA256 = Text(pattern=r"[0-9a-f]{64}", words="a SHA-256 of 64 hexadecimal digits")
_ANY = Text()


def _text_table(required: str, optional: str = "", **others: Field) -> Table:
    """Give a table whose keys hold text, but for `others`, which are required."""
    return Table(
        dict.fromkeys(required.split(), _ANY) | others,
        dict.fromkeys(optional.split(), _ANY),
    )


_TEXT = Table(
    {
        "kind": Text(choices=get_args(TextKind)),
        "file_name": _ANY,
        "normalized_sha256": _SHA256,
    },
    {
        "known_sha256": _SHA256,
        "sha256": _SHA256,
        "size_bytes": Whole(0),
        "place": _ANY,
        "also_at": _ANY,
    },
)
_RECORD = Table(
    {
        "format": Whole(),
        "kind": Text(choices=get_args(Kind)),
        "terms": _text_table(
            "license name spdx", "version effective_on notice", texts=ListOf(_TEXT)
        ),
        "person": _text_table(
            "name",
            "email organization authority principal",
            identity=Text(choices=get_args(Identity)),
        ),
        "act": Table(
            {
                "method": Text(choices=get_args(Method)),
                "text_shown": Flag(),
                **dict.fromkeys(("prompt", "phrase", "accepted_at", "tool_version", "host"), _ANY),
            },
            {
                "ci": _text_table("system run_id"),
                "policy": _text_table("name sha256 decided_on"),
            },
        ),
        "nonce": _ANY,
    },
    {
        "answers": ListOf(_text_table("id question", answer=Text(choices=get_args(Answer)))),
        "model": _text_table("id variant", "repository revision manifest_sha256"),
        "reason": _ANY,
        "upstream": _text_table("gated access", "accepted_on"),
    },
)


def _made(kind: type[_Made], content: Mapping[str, Any] | None) -> _Made | None:
    return None if content is None else kind(**content)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_without_none(each) for each in value]
    return value
