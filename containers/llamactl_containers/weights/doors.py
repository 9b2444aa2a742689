"""One place of a file, opened: its bytes are asked for here, by the library that moves them."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llamactl_catalog.errors import Unhealthy
from llamactl_catalog.units import MIB
from llamactl_containers.weights.answers import Location
from llamactl_containers.weights.files import WeightFile
from llamactl_containers.weights.targets import WrongBytes

if TYPE_CHECKING:
    from obstore import Bytes, GetOptions
    from obstore.store import HTTPStore

_STREAMED_BYTES = MIB


@dataclass(frozen=True, slots=True)
class Door:
    """A place, and what asks there for ranges."""

    location: Location
    ranges: "HTTPStore"


@dataclass(slots=True)
class Version:
    """Which version of a file its server gives, where nothing else tells one from another."""

    tag: str | None = None


def open_door(location: Location) -> Door:
    """Get ready to ask for a file; nothing is asked yet.

    Raises:
        Unhealthy: it is no address of the web.
    """
    try:
        if urlsplit(location.url).scheme in {"http", "https"}:
            return Door(location, _store(location, longest="1h"))
    except ValueError:  # its message may hold the URL
        pass
    hint = "the Hub, or a mirror of it, is broken: check HF_ENDPOINT"
    raise Unhealthy("a file is said to be at what is no address of the web", hint=hint)


async def asked_for(
    door: Door, file: WeightFile, start: int, length: int, version: Version
) -> "Bytes | None":
    """Ask once; None: it failed. The library's message may hold the URL, so it goes nowhere.

    Raises:
        WrongBytes: it is another version than the one that came before.
    """
    import obstore
    from obstore.exceptions import BaseError

    is_whole = start == 0 and length == file.size_bytes  # some servers give small files whole alone
    options: GetOptions = {} if is_whole else {"range": (start, start + length)}
    try:
        answer = await obstore.get_async(door.ranges, "", options=options)
        if answer.meta["size"] != file.size_bytes:
            return None
        piece = await answer.bytes_async()
    except BaseError:
        return None
    tag = answer.meta["e_tag"]
    if version.tag is None:
        version.tag = tag
    elif file.digest is None and tag != version.tag:
        raise WrongBytes(f"{file.path}: it changed while it was fetched")
    return piece


async def streamed(door: Door, file: WeightFile) -> AsyncGenerator[bytes, None]:
    """Ask for a whole file, piece by piece; gives nothing where it has another size.

    Raises:
        BaseError: of the library; its message may hold the URL.
    """
    import obstore

    answer = await obstore.get_async(_store(door.location, longest="7d"), "")
    if answer.meta["size"] == file.size_bytes:
        async for piece in answer.stream(min_chunk_size=_STREAMED_BYTES):
            yield piece


def _store(location: Location, longest: str) -> "HTTPStore":
    from obstore.store import HTTPStore

    return HTTPStore.from_url(
        location.url,
        client_options={
            "allow_http": location.url.startswith("http://"),
            "connect_timeout": "20s",
            "default_headers": dict(location.headers),
            "read_timeout": "60s",
            "timeout": longest,
        },
        retry_config={"max_retries": 0},
    )
