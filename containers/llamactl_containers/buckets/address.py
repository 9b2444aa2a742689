"""Addresses of object storage: `s3://bucket/prefix` and `az://container/prefix`."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from llamactl_catalog.errors import InvalidInput

Scheme = Literal["s3", "az"]
# More than the clouds allow, as what speaks their protocol allows more; `$web` is a container.
_BUCKET = re.compile(r"\$?[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """A bucket or container, and the prefix in it that everything is put under."""

    scheme: Scheme
    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.prefix}".rstrip("/")


def is_bucket_address(text: str) -> bool:
    """Tell whether a text names object storage; anything else is a folder of this machine."""
    return "://" in text


def bucket_address(text: str) -> BucketAddress:
    """Read an address.

    Raises:
        InvalidInput: it is of another kind, names no bucket, or holds what no address has.
    """
    scheme, _, rest = text.partition("://")
    before, query, _ = text.partition("?")
    shown = f"{before}?…" if query else text  # what follows may be a signature
    hint = "write s3://bucket/prefix, az://container/prefix, or the path of a folder"
    for known in get_args(Scheme):
        if scheme == known:
            break
    else:
        raise InvalidInput(f"'{shown}' is no address of object storage", hint=hint)
    bucket, _, prefix = rest.partition("/")
    parts = [each for each in prefix.split("/") if each]
    if (
        not _BUCKET.fullmatch(bucket)
        or not rest.isprintable()
        or any(each in {".", ".."} for each in parts)
        or any(sign in rest for sign in "?#@")
    ):
        raise InvalidInput(f"'{shown}' is no address of object storage", hint=hint)
    return BucketAddress(known, bucket, "/".join(parts))
