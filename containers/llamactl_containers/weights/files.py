"""Which files of a repository an engine needs, and why the others stay where they are."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.units import format_bytes
from llamactl_containers.weights.digests import Digest

_NEEDED = re.compile(
    r"config\.json|generation_config\.json|quantize_config\.json|quantization_config\.json"
    r"|tokenizer\.(json|model|model\.v\d+)|tokenizer_config\.json|special_tokens_map\.json"
    r"|added_tokens\.json|vocab\.(json|txt)|merges\.txt"
    r"|chat_template\.(jinja|json)|additional_chat_templates/[^/]+\.jinja"
)
_TERMS = re.compile(r"(licen[cs]e|use[_-]policy|notice)([._-][^/]*)?", re.IGNORECASE)
_SAFETENSORS = re.compile(r"(?!consolidated)[^/]+\.safetensors(\.index\.json)?")
_CONSOLIDATED = re.compile(r"consolidated[^/]*\.safetensors(\.index\.json)?")
_PICKLED = re.compile(r"pytorch_model[^/]*\.bin(\.index\.json)?")
_META_SHARDS = re.compile(r"consolidated\.\d+\.pth")
_META_FILES = re.compile(r"params\.json|checklist\.chk|tokenizer_checklist\.chk")
_ANY_WEIGHTS = re.compile(
    r".*\.(safetensors|bin|pth|pt|ckpt|h5|msgpack|gguf|ggml|onnx|onnx_data|mlmodel|ot)(\.index\.json)?"
)
_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})(?P<end>\..+)")
# Signs that some system gives a meaning of its own in a path.
_OF_SYSTEMS = re.compile(r'[\\:*?"<>|]')
# The longest name that all file systems take is 255 bytes; while it arrives it gets an ending.
_LONGEST_BYTES = 200
_NAMED_PARTS = 5

OTHER_FORMAT = "weights in a format that the engine does not load"
SAME_WEIGHTS = "the same weights in another format"
NOT_NEEDED = "not needed to serve"


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a model: its path there and in the target, its size, and its digest if known."""

    path: str
    size_bytes: int
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not moved, and why."""

    path: str
    size_bytes: int
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source has of a model: the files to move, those left out, and where they are from.

    `origin` goes into the manifest: it names the source exactly, and holds no secret.
    """

    files: tuple[WeightFile, ...]
    left_out: tuple[LeftOut, ...]
    origin: dict[str, str]
    notes: tuple[str, ...] = ()
    total_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total_bytes", sum(each.size_bytes for each in self.files))


class Sized(Protocol):
    """Anything with a path and a size."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def size_bytes(self) -> int: ...  # noqa: D102


def choose_files(files: Sequence[WeightFile], where: str) -> tuple[list[WeightFile], list[LeftOut]]:
    """Choose what an engine needs: safetensors before any other format, and never two formats.

    Raises:
        InvalidFile: there are no weights, shards of them are missing, or names are no plain names.
    """
    weights = _format_of(files)
    if not weights:
        raise InvalidFile(where, ["holds no weights: no .safetensors, .bin or .pth file"])
    patterns = (*weights, _NEEDED, _TERMS)
    chosen = [each for each in files if any(one.fullmatch(each.path) for one in patterns)]
    if problems := _name_problems(chosen):
        raise InvalidFile(where, problems, hint="the source is not to be trusted")
    if missing := _missing_parts(each.path for each in chosen):
        some = [f"{each} is missing" for each in missing[:_NAMED_PARTS]]
        more = len(missing) - len(some)
        raise InvalidFile(where, some if not more else [*some, f"and {more} more"])
    taken = {each.path for each in chosen}
    return chosen, [_left_out(each) for each in files if each.path not in taken]


def is_plain(path: str) -> bool:
    """Tell whether a path stays inside its folder, and names one file there, on any system."""
    parts = path.split("/")
    return (
        path.isprintable()
        and not _OF_SYSTEMS.search(path)
        and len(path.encode()) <= _LONGEST_BYTES
        and not any(each != each.rstrip(". ") or not each for each in parts)
    )


def left_out_words(left_out: Sequence[LeftOut]) -> list[str]:
    """Say what was left out, a line for each reason."""
    lines = []
    for reason in dict.fromkeys(each.reason for each in left_out):
        some = [each for each in left_out if each.reason == reason]
        size = format_bytes(sum(each.size_bytes for each in some))
        names = ", ".join(each.path for each in some[:3]) + (", …" if len(some) > 3 else "")  # noqa: PLR2004 - enough to recognize them by
        lines.append(f"{reason}: {names} ({size})")
    return lines


def _name_problems(files: Sequence[Sized]) -> list[str]:
    """Say which names cannot be used: those of no plain file, and those that are there twice."""
    names = Counter(each.path for each in files)
    problems = [f"{each!a} is no plain name" for each in names if not is_plain(each)]
    return problems + [f"{each!a} is listed twice" for each, times in names.items() if times > 1]


def _format_of(files: Sequence[Sized]) -> Sequence[re.Pattern[str]]:
    """Give the patterns of the best format that is there; none: there are no weights."""
    for patterns in ((_SAFETENSORS,), (_CONSOLIDATED,), (_PICKLED,), (_META_SHARDS, _META_FILES)):
        weights = (each.path for each in files if not each.path.endswith(".json"))
        if any(map(patterns[0].fullmatch, weights)):
            return patterns
    return ()


def _left_out(file: WeightFile) -> LeftOut:
    reason = NOT_NEEDED
    if _ANY_WEIGHTS.fullmatch(file.path):
        weights = file.path.removesuffix(".index.json")
        same = weights.endswith((".bin", ".pth", ".safetensors"))
        reason = SAME_WEIGHTS if same else OTHER_FORMAT
    return LeftOut(file.path, file.size_bytes, reason)


def _missing_parts(paths: Iterable[str]) -> list[str]:
    """Name the shards `…-00002-of-00003…` that are not there though others of them are."""
    there = {*paths}
    families = {
        (match["stem"], int(match["count"]), match["end"])
        for path in there
        if (match := _PART.fullmatch(path)) is not None
    }
    return [
        path
        for stem, count, end in sorted(families)
        for number in range(1, count + 1)
        if (path := f"{stem}-{number:05}-of-{count:05}{end}") not in there
    ]
