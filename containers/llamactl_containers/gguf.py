"""Reading the header of a GGUF file, and holding it against a catalog entry.

The layout is that of ggml's docs/gguf.md, version 3 (2024): magic, version, counts, key-value
pairs, tensor infos, padding, tensor data; all little-endian. Read by hand because the `gguf`
package needs numpy and reports a truncated file as a failed reshape.
"""

import re
import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from llamactl_catalog.errors import InvalidFile, NoPermission, NotFound
from llamactl_catalog.model import ArchitectureKind, Model
from llamactl_catalog.units import MIB, format_bytes

MAGIC = b"GGUF"
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32

# Value types of key-value pairs: struct codes by type number; 8 is a string, 9 an array.
_SCALARS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_STRING = 8
_ARRAY = 9

# Keys that say where a file is from. Source: ggml's docs/gguf.md, general metadata, 2024.
_ORIGIN = re.compile(
    r"general\.(license|repo_url|source\.(repo_url|huggingface\.repository)|base_model\.\d+\.repo_url)"
)
_HUB = "https://huggingface.co/"

# Tensor types that files hold: elements and bytes a block. Source: ggml.c, type traits, 2026.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    15: (256, 292), 16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18),
    21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8),
    28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip

# What llama.cpp takes beside weights and cache. Measured: 186 MiB for SmolLM2 135M (301 MB resident
# with 94 MiB of weights), calculated 0.3 GiB of compute buffers for Llama 2 7B, 2026-11.
OVERHEAD_BYTES = 300 * MIB

# What a count in a header may be before the file is taken for damaged.
_MOST_ENTRIES = 1_000_000
_MOST_STRING_BYTES = 64 * 2**20

# The name that llama.cpp's converter gives each architecture: Mistral is converted as llama.
# Source: llama.cpp's gguf-py/gguf/constants.py, 2026.
GGUF_NAMES: Mapping[ArchitectureKind, str] = {
    "llama": "llama",
    "mistral": "llama",
    "falcon": "falcon",
    "mpt": "mpt",
}

Scalar = int | float | bool | str
Value = Scalar | None


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a GGUF file says of the model in it; None where the file says nothing.

    `needed_bytes` is the size that the file must have for all its tensors to be there. `origins`
    are the license, and the repositories of the model and of those it was made from.
    """

    architecture: str
    layers: int | None
    hidden: int | None
    heads: int | None
    kv_heads: int | None
    context_tokens: int | None
    size_bytes: int
    needed_bytes: int
    origins: tuple[str, ...] = ()

    def kv_bytes_per_token(self) -> int | None:
        """Memory of one cached token in 16 bit: K and V of kv_heads x head_dim in each layer."""
        if not (self.layers and self.hidden and self.heads):
            return None
        kv_heads = self.kv_heads if self.kv_heads is not None else self.heads
        return 2 * 2 * self.layers * kv_heads * (self.hidden // self.heads)

    def memory_bytes(self, context_tokens: int) -> int:
        """Memory that llama.cpp takes to serve it: weights, cache for the context, and overhead."""
        cache_bytes = (self.kv_bytes_per_token() or 0) * context_tokens
        return self.size_bytes + cache_bytes + OVERHEAD_BYTES


class _Damaged(ValueError):
    """The bytes are not what the layout asks for."""


def read_header(path: Path) -> GgufHeader:
    """Read and check a GGUF file's header; its tensors are not read.

    Raises:
        NotFound: no such file, or none that the system can read.
        NoPermission: it may not be read.
        InvalidFile: it is no GGUF file, or is damaged or truncated.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device may never end
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            raise InvalidFile(str(path), [f"is {what}"], hint="give the path of a .gguf file")
        size_bytes = status.st_size
        with path.open("rb") as file:
            header = _parse(file, size_bytes)
    except PermissionError as error:
        raise NoPermission(f"{path} may not be read", hint=f"chmod +r {path}") from error
    except OSError as error:  # absent, a loop of links, a name too long, a disk that fails
        message = f"no file {path}: {error.strerror}"
        raise NotFound(message, hint="give the path of a .gguf file") from error
    except _Damaged as error:
        raise InvalidFile(str(path), [str(error)], hint="download or convert it again") from error
    if header.needed_bytes > size_bytes:
        needed, has = format_bytes(header.needed_bytes), format_bytes(size_bytes)
        raise InvalidFile(
            str(path),
            [f"is truncated: its tensors need {needed}, the file has {has}"],
            hint="the download did not finish: download it again",
        )
    return header


def check_matches(header: GgufHeader, model: Model, path: Path) -> None:
    """Hold a file's header against the catalog entry that it is to be served as.

    Raises:
        InvalidFile: with every difference: architecture, layers, width, heads, context.
    """
    shape = model.architecture
    rows = (
        ("architecture", header.architecture, GGUF_NAMES[shape.kind]),
        ("layers", header.layers, shape.layers),
        ("hidden size", header.hidden, shape.hidden),
        ("attention heads", header.heads, shape.heads),
        ("KV heads", header.kv_heads, shape.kv_heads),
        ("context", header.context_tokens, shape.context_tokens),
    )
    problems = [
        f"{what} is {seen}, {model.id} has {expected}"
        for what, seen, expected in rows
        if seen is not None and seen != expected
    ]
    if problems:
        hint = f"this file is not {model.id}: name the model that it is, or another file"
        raise InvalidFile(str(path), problems, hint=hint)


def _parse(file: BinaryIO, size_bytes: int) -> GgufHeader:
    magic = file.read(4)
    if magic != MAGIC:
        raise _Damaged(f"is not a GGUF file: it begins with {magic!r}, not {MAGIC!r}")
    (version,) = _unpack(file, "I")
    if version not in VERSIONS:
        raise _Damaged(f"has GGUF version {version}; known are {VERSIONS[0]} and {VERSIONS[-1]}")
    tensors, pairs = _unpack(file, "QQ")
    if max(tensors, pairs) > _MOST_ENTRIES:
        raise _Damaged(f"its header claims {tensors} tensors and {pairs} keys: it is damaged")
    values = dict(_read_pair(file) for _ in range(pairs))
    ends = [_read_tensor_end(file) for _ in range(tensors)]
    alignment = _integer(values.get("general.alignment")) or DEFAULT_ALIGNMENT
    data_start = -(-file.tell() // alignment) * alignment
    architecture = str(values.get("general.architecture", "unknown"))

    def of_architecture(key: str) -> int | None:
        return _integer(values.get(f"{architecture}.{key}"))

    heads = of_architecture("attention.head_count")
    return GgufHeader(
        architecture=architecture,
        layers=of_architecture("block_count"),
        hidden=of_architecture("embedding_length"),
        heads=heads,
        kv_heads=of_architecture("attention.head_count_kv"),
        context_tokens=of_architecture("context_length"),
        size_bytes=size_bytes,
        needed_bytes=data_start + max(ends, default=0),
        origins=tuple(
            str(value).removeprefix(_HUB)
            for key, value in values.items()
            if value is not None and _ORIGIN.fullmatch(key)
        ),
    )


def _integer(value: Value) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _read_pair(file: BinaryIO) -> tuple[str, Value]:
    key = _read_string(file)
    (kind,) = _unpack(file, "I")
    return key, _read_value(file, kind)


def _read_value(file: BinaryIO, kind: int) -> Value:
    """Read one value; an array is skipped, and stands for None."""
    if kind == _STRING:
        return _read_string(file)
    if kind in _SCALARS:
        scalar: Scalar
        (scalar,) = _unpack(file, _SCALARS[kind])
        return scalar
    if kind == _ARRAY:
        _skip_array(file)
        return None
    raise _Damaged(f"its header holds a value of unknown type {kind}: it is damaged")


def _skip_array(file: BinaryIO) -> None:
    kind, count = _unpack(file, "IQ")
    if kind == _STRING:
        for _ in range(_bounded(count, 1)):
            (length,) = _unpack(file, "Q")
            file.seek(_bounded(length, 1), 1)
    elif kind in _SCALARS:
        width = struct.calcsize("<" + _SCALARS[kind])
        file.seek(_bounded(count, width), 1)
    else:
        raise _Damaged(f"its header holds an array of unknown type {kind}: it is damaged")


def _bounded(count: int, width: int) -> int:
    if count * width > _MOST_STRING_BYTES:
        raise _Damaged(f"its header claims {count} entries in one value: it is damaged")
    return count * width


def _read_string(file: BinaryIO) -> str:
    (length,) = _unpack(file, "Q")
    data = file.read(_bounded(length, 1))
    if len(data) < length:
        raise _Damaged("is truncated: it ends inside its header")
    return data.decode("utf-8", errors="replace")


def _read_tensor_end(file: BinaryIO) -> int:
    """Read one tensor info: where its data end, in bytes from the start of the tensor data."""
    _read_string(file)
    (dimensions,) = _unpack(file, "I")
    shape = _unpack(file, f"{_bounded(dimensions, 8) // 8}Q")
    kind, offset = _unpack(file, "IQ")
    elements, block_bytes = _BLOCKS.get(kind, (1, 0))
    return int(offset + prod(shape) // elements * block_bytes)


def _unpack(file: BinaryIO, layout: str) -> tuple[Any, ...]:
    width = struct.calcsize("<" + layout)
    data = file.read(width)
    if len(data) < width:
        raise _Damaged("is truncated: it ends inside its header")
    return struct.unpack("<" + layout, data)
