"""Asking a server why it does not give a file: one byte, by a client that tells all it says."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

_ASK_TIMEOUT_S = 30.0
_BODY_BYTES = 4096


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
        if said.strip().isdigit():
            return float(said)
        try:
            return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
        except (ValueError, TypeError):
            return None

    def total_bytes(self) -> int | None:
        """Give the size of the whole file, from an answer to a range or to none."""
        said = self.headers.get("content-range", "").rpartition("/")[2]
        said = said if self.status == 206 else self.headers.get("content-length", "")  # noqa: PLR2004 - Partial Content
        return int(said) if said.isdigit() else None


def ask(place: Location, start: int = 0) -> Answer | None:
    """Ask for one byte of a file; None: no answer at all."""
    import httpx

    headers = {**place.headers, "range": f"bytes={start}-{start}", "accept-encoding": "identity"}
    try:
        with httpx.stream(
            "GET", place.url, headers=headers, timeout=_ASK_TIMEOUT_S, follow_redirects=True
        ) as answer:
            body = b""
            for piece in answer.iter_raw(_BODY_BYTES):
                body += piece
                if len(body) >= _BODY_BYTES:
                    break
            text = body[:_BODY_BYTES].decode("utf-8", errors="replace")
            return Answer(answer.status_code, dict(answer.headers), text)
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return None
