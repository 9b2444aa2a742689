"""Asking a server why it does not give a file: one byte, by a client that tells all it says."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

_ASK_TIMEOUT_S = 30.0
_BODY_BYTES = 4096
_FOUND, _PARTIAL = 302, 206
# No more digits than a number of that kind has: what comes from a server may be anything.
_SECONDS, _SIZE = re.compile(r"[0-9]{1,9}"), re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a file is now; URL and headers may hold secrets, so neither is ever shown."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; the start of the body is not shown, as it may repeat the URL."""

    status: int
    headers: Mapping[str, str]
    body: str = field(default="", repr=False)

    def retry_after_s(self) -> float | None:
        """Give how long the server asks to wait, in whichever of its two forms it says so."""
        from email.utils import parsedate_to_datetime

        said = {name.lower(): value for name, value in self.headers.items()}.get("retry-after", "")
        if _SECONDS.fullmatch(said.strip()):
            return float(said)
        try:
            return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
        except (ValueError, TypeError, OverflowError):
            return None

    def total_bytes(self) -> int | None:
        """Give the size of the whole file, from an answer to a range or to none."""
        said = self.headers.get("content-range", "").rpartition("/")[2]
        said = said if self.status == _PARTIAL else self.headers.get("content-length", "")
        return int(said) if _SIZE.fullmatch(said) else None

    def problem(self, start: int, size_bytes: int) -> str | None:
        """Say how the bytes that it gives are not those of a file of that size; None: they may be.

        `start` is the byte that was asked for.
        """
        if self.headers.get("content-encoding", "identity") != "identity":
            return "its server packs it, though nobody asked for that"
        total = self.total_bytes()
        if total is not None and total != size_bytes:
            return f"its server has {total} bytes of it, {size_bytes} were listed"
        begins = self.headers.get("content-range", "").lower().startswith(f"bytes {start}-")
        if self.status == _PARTIAL and not begins:
            return "its server gives another part of it than the one asked for"
        if self.status == _PARTIAL and self.headers.get("content-length", "1") != "1":
            return "its server gives more of it than the byte asked for"
        return None


def ask(place: Location, start: int = 0) -> Answer | None:
    """Ask for one byte of a file; None: no answer at all. A redirect is one that leads nowhere."""
    return _given(place, {"range": f"bytes={start}-{start}"}, _BODY_BYTES)


def read_text(place: Location, longest_bytes: int) -> Answer | None:
    """Ask for a small text, and read no more of it than that; None: no answer at all."""
    return _given(place, {}, longest_bytes)


def _given(place: Location, headers: Mapping[str, str], longest_bytes: int) -> Answer | None:
    import httpx

    asked = {**place.headers, **headers, "accept-encoding": "identity"}
    try:
        with httpx.stream(
            "GET", place.url, headers=asked, timeout=_ASK_TIMEOUT_S, follow_redirects=True
        ) as answer:
            body = b""
            for piece in answer.iter_raw(_BODY_BYTES):
                body += piece
                if len(body) >= longest_bytes:
                    break
            text = body[:longest_bytes].decode("utf-8", errors="replace")
            return Answer(answer.status_code, dict(answer.headers), text)
    except (httpx.TooManyRedirects, httpx.UnsupportedProtocol):  # asking again changes nothing
        return Answer(_FOUND, {})
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return None
