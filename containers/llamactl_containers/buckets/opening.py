"""Opening object storage, and what it says in words for the user."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, assert_never

from llamactl_catalog.errors import NoPermission, ProgramMissing, Unhealthy
from llamactl_containers.buckets.address import BucketAddress

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_LONGEST_SAID = 300
_QUERY = re.compile(r"\?[^\s\"'<>)]*")


def open_bucket(
    address: BucketAddress, environment: Mapping[str, str] | None = None
) -> "ObjectStore":
    """Open the store at an address: what is in it is named relative to the address's prefix.

    Nothing is asked of the cloud yet but, on some, the region of the bucket.

    Raises:
        ProgramMissing: the extra `weights` is not installed.
        NoPermission: no credentials are to be found.
        InvalidInput: settings in the environment are missing or wrong.
    """
    require_obstore()
    environment = os.environ if environment is None else environment
    match address.scheme:
        case "s3":
            from llamactl_containers.buckets.s3 import open_s3

            return open_s3(address, environment)
        case "az":
            from llamactl_containers.buckets.blob import open_blob

            return open_blob(address, environment)
        case _ as never:
            assert_never(never)


def require_obstore() -> None:
    """Refuse to go on without the library that moves the bytes.

    Raises:
        ProgramMissing: it is not installed.
    """
    from importlib.util import find_spec

    if find_spec("obstore") is None:
        hint = "pip install 'llamactl[weights]'"
        raise ProgramMissing("object storage needs the extra 'weights'", hint=hint)


@contextmanager
def bucket_told(address: BucketAddress) -> Iterator[None]:
    """Turn what a store says into what the user can do about it; no signature gets into a message.

    Raises:
        NoPermission: the credentials are refused, or may not do this.
        FileNotFoundError: there is no such object, or no such bucket.
        Unhealthy: anything else: the network, the service.
    """
    from obstore import exceptions

    try:
        yield
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        hint = "check whose credentials these are, and what they may do in this bucket"
        raise NoPermission(f"{address}: no permission: {_said(error)}", hint=hint) from None
    except exceptions.BaseError as error:
        said = _said(error)
        if "credential" in said.lower():
            hint = "set the credentials of this cloud in the environment, or log in to it"
            raise NoPermission(f"{address}: no credentials: {said}", hint=hint) from None
        hint = "check the address and the network, then run it again: it goes on where it was"
        raise Unhealthy(f"{address} does not answer as it should: {said}", hint=hint) from None


def _said(error: Exception) -> str:
    """Give the first line of a library's message, without the query of any URL in it."""
    first = _QUERY.sub("", str(error).partition("\n\nDebug source:")[0]).strip()
    one_line = " ".join(first.split())
    return one_line if len(one_line) <= _LONGEST_SAID else f"{one_line[:_LONGEST_SAID]}…"
