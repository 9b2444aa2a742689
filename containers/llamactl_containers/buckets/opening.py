"""Opening object storage, and what it says in words for the user."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, assert_never

from llamactl_catalog.errors import (
    InvalidInput,
    LlamactlError,
    NoPermission,
    ProgramMissing,
    Unhealthy,
)
from llamactl_catalog.extras import extra_command
from llamactl_containers.buckets.address import BucketAddress

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_LONGEST_SAID = 300
# The parts of an error's XML, which is of the same shape in both clouds.
_CODE = re.compile(r"<Code>(\w+)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
# Where a machine of a cloud asks for its credentials, and any other machine in vain.
_MACHINE = "http://169.254.169.254/"
# What the library puts around it.
_REQUEST = re.compile(r".*Error performing \w+ \S+ in \S+ - ")
_STATUS = re.compile(r"Server returned non-2xx (status code: \d+ [A-Za-z ]+).*")
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
    from obstore import exceptions

    environment = os.environ if environment is None else environment
    try:
        return _opened(address, environment)
    except exceptions.BaseError as error:
        hint = "check what the environment says of this cloud: keys, account, endpoint"
        raise InvalidInput(f"{address} cannot be opened: {_said(error)}", hint=hint) from None


def _opened(address: BucketAddress, environment: Mapping[str, str]) -> "ObjectStore":
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
        hint = extra_command("weights")
        raise ProgramMissing("object storage needs the extra 'weights'", hint=hint)


@contextmanager
def bucket_told(address: BucketAddress) -> Iterator[None]:
    """Turn what a store says into what the user can do about it; no secret gets into a message.

    Raises:
        NoPermission: the credentials are refused, have expired, or may not do this.
        InvalidInput: the bucket is in another region.
        FileNotFoundError: there is no such object, or no such bucket.
        Unhealthy: anything else: the network, the service.
    """
    from obstore import exceptions

    try:
        yield
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        hint = "check whose credentials these are; they must list, read, write and delete there"
        raise NoPermission(f"{address}: no permission: {_said(error)}", hint=hint) from None
    except exceptions.BaseError as error:
        raise _meant(address, str(error), _said(error)) from None


def _meant(address: BucketAddress, text: str, said: str) -> LlamactlError:
    from llamactl_containers.buckets.s3 import other_region

    code = _CODE.search(text)
    if code is not None and code[1] in _EXPIRED:
        hint = "log in to this cloud again, or renew what is in the environment"
        return NoPermission(f"{address}: the credentials have expired", hint=hint)
    way_out = other_region(text)
    if way_out is not None:
        return InvalidInput(f"{address} is in another region", hint=way_out)
    if "credential" in text.lower() or _MACHINE in text:
        hint = "set the credentials of this cloud in the environment, or log in to it"
        return NoPermission(f"{address}: no credentials: {said}", hint=hint)
    hint = "check the address and the network, then run it again: it goes on where it was"
    return Unhealthy(f"{address} does not answer as it should: {said}", hint=hint)


def _said(error: Exception) -> str:
    """Give what the service says, or else what the library says of it, on one line.

    Of the service's XML code and message alone: the rest may repeat a token. Of the library
    neither the URL, whose query may be a signature, nor a body that is no XML.
    """
    text = " ".join(str(error).partition("\n\nDebug source:")[0].split())
    code, message = _CODE.search(text), _MESSAGE.search(text)
    if code is not None:
        words = "" if message is None else message[1].partition("RequestId:")[0].strip()
        said = f"{words} ({code[1]})" if words else code[1]
    else:
        said = _QUERY.sub("", _STATUS.sub(r"\1", _REQUEST.sub("", text)))
    return said if len(said) <= _LONGEST_SAID else f"{said[:_LONGEST_SAID]}…"
