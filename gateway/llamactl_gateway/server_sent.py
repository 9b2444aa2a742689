"""Server-sent events as OpenAI-style endpoints use them: a JSON object a line.

Source: WHATWG HTML, "Server-sent events", 9.2.6 (a line that begins with a colon is a comment, one
blank after the field's colon is dropped); OpenAI's API reference, `stream` (`[DONE]` ends it), read
2026-11.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

_FIELD = b"data:"
_END = b"[DONE]"


def events(chunks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Give the JSON object of each event, up to `[DONE]`; what is no object is passed over."""
    for line in _lines(chunks):
        if not line.startswith(_FIELD):
            continue
        data = line.removeprefix(_FIELD).strip()
        if data == _END:
            return
        event = _parsed(data)
        if isinstance(event, dict):
            yield event


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    # Not str.splitlines (nor httpx's iter_lines): it also cuts at U+2028, which JSON may hold.
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    yield rest


def _parsed(data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError:
        return None
