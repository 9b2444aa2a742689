"""One choice of an OpenAI answer: its deltas as JSON while it comes in, and the whole of it."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson

from llamactl_containers.llamacpp.generation import Finish, Piece
from llamactl_containers.llamacpp.openai_request import OpenAIRequest
from llamactl_containers.llamacpp.tools import CallDelta, CallReader


class Choice(Protocol):
    """What writes one choice."""

    def deltas(self, batch: Sequence[Piece]) -> list[bytes]:
        """Write the JSON of what has come, an object for each delta."""

    def last(self, finish: Finish) -> list[bytes]:
        """Write what is still held, and how the answer ended."""

    def whole(self, pieces: Sequence[Piece], finish: Finish) -> dict[str, Any]:
        """Give the choice of an answer that is not streamed."""


def new_choice(request: OpenAIRequest, index: int) -> Choice:
    """Give the writer of a request's choice."""
    if not request.is_chat:
        return TextChoice(index, request.top_logprobs)
    if request.has_tools:
        return ToolChoice(index, request.top_logprobs)
    return ChatChoice(index, request.top_logprobs)


class TextChoice:
    """A choice of `/v1/completions`."""

    def __init__(self, index: int, top_logprobs: int | None) -> None:
        self._index = index
        self._top_logprobs = top_logprobs
        self._characters = 0

    def deltas(self, batch: Sequence[Piece]) -> list[bytes]:
        """Write each piece as a `text_completion` choice."""
        return [self._delta(piece) for piece in batch if piece.text or piece.token]

    def last(self, finish: Finish) -> list[bytes]:
        """Write the finish reason."""
        return [
            b'{"index":%d,"text":"","logprobs":null,"finish_reason":"%b"}'
            % (self._index, _reason(finish).encode())
        ]

    def whole(self, pieces: Sequence[Piece], finish: Finish) -> dict[str, Any]:
        """Give text and logprobs."""
        return {
            "index": self._index,
            "text": "".join([piece.text for piece in pieces]),
            "logprobs": self._logprobs(pieces),
            "finish_reason": _reason(finish),
        }

    def _delta(self, piece: Piece) -> bytes:
        return b'{"index":%d,"text":%b,"logprobs":%b,"finish_reason":null}' % (
            self._index,
            orjson.dumps(piece.text),
            b"null" if self._top_logprobs is None else orjson.dumps(self._logprobs([piece])),
        )

    def _logprobs(self, pieces: Sequence[Piece]) -> dict[str, Any] | None:
        if self._top_logprobs is None:
            return None
        out: dict[str, Any] = {
            "tokens": [], "token_logprobs": [], "top_logprobs": [], "text_offset": [],
        }  # fmt: skip
        for piece in pieces:
            if piece.token is not None:
                tops = piece.token["top_logprobs"][: self._top_logprobs]
                out["tokens"].append(piece.text)
                out["token_logprobs"].append(piece.token["logprob"])
                out["top_logprobs"].append({top["token"]: top["logprob"] for top in tops})
                out["text_offset"].append(self._characters)
            self._characters += len(piece.text)
        return out


class ChatChoice:
    """A choice of `/v1/chat/completions` without tools."""

    def __init__(self, index: int, top_logprobs: int | None) -> None:
        self._index = index
        self._top_logprobs = top_logprobs
        self._head = b'"role":"assistant",'

    def deltas(self, batch: Sequence[Piece]) -> list[bytes]:
        """Write each piece as a delta of content; the first one tells the role."""
        return [self._delta(piece) for piece in batch if piece.text or piece.token]

    def last(self, finish: Finish) -> list[bytes]:
        """Write the finish reason; and the role, where nothing was said at all."""
        return [_chat_delta(self._index, self._taken_head() + b'"content":""', None, finish)]

    def whole(self, pieces: Sequence[Piece], finish: Finish) -> dict[str, Any]:
        """Give the message and its logprobs."""
        text = "".join([piece.text for piece in pieces])
        return {
            "index": self._index,
            "message": {"role": "assistant", "content": text},
            "logprobs": _chat_logprobs(pieces, self._top_logprobs),
            "finish_reason": _reason(finish),
        }

    def _delta(self, piece: Piece) -> bytes:
        content = self._taken_head() + b'"content":%b' % orjson.dumps(piece.text)
        logprobs = _chat_logprobs([piece], self._top_logprobs)
        return _chat_delta(self._index, content, logprobs, None)

    def _taken_head(self) -> bytes:
        head, self._head = self._head, b""
        return head


class ToolChoice:
    """A choice that is a tool call, or plain text where the request leaves it open."""

    def __init__(self, index: int, top_logprobs: int | None) -> None:
        self._index = index
        self._top_logprobs = top_logprobs
        self._reader = CallReader()
        self._call_id = f"call_{secrets.token_hex(12)}"
        self._text = ChatChoice(index, top_logprobs)

    def deltas(self, batch: Sequence[Piece]) -> list[bytes]:
        """Write the call's name once, then its arguments bit by bit; or the text."""
        out = []
        for piece in batch:
            match self._reader.feed(piece.text):
                case CallDelta(name, arguments) if name is not None:
                    out.append(self._opening(name, arguments))
                case CallDelta(_, arguments) if arguments:
                    function = orjson.dumps({"arguments": arguments})
                    call = b'"tool_calls":[{"index":0,"function":%b}]' % function
                    out.append(_chat_delta(self._index, call, None, None))
                case str(text) if text:
                    out += self._text.deltas([Piece(text, piece.token)])
        return out

    def last(self, finish: Finish) -> list[bytes]:
        """Write the finish reason: `tool_calls` for a call that is whole."""
        if self._reader.kind != "call":
            return self._text.last(finish)
        return [_chat_delta(self._index, b"", None, finish, is_call=True)]

    def whole(self, pieces: Sequence[Piece], finish: Finish) -> dict[str, Any]:
        """Give the message with its call, or with its text."""
        name, arguments = None, []
        for piece in pieces:
            delta = self._reader.feed(piece.text)
            if isinstance(delta, CallDelta):
                name = delta.name if delta.name is not None else name
                arguments.append(delta.arguments)
        if name is None:
            return self._text.whole(pieces, finish)
        function = {"name": name, "arguments": "".join(arguments)}
        call = {"id": self._call_id, "type": "function", "function": function}
        return {
            "index": self._index,
            "message": {"role": "assistant", "content": None, "tool_calls": [call]},
            "logprobs": _chat_logprobs(pieces, self._top_logprobs),
            "finish_reason": _reason(finish, is_call=True),
        }

    def _opening(self, name: str, arguments: str) -> bytes:
        function = {"name": name, "arguments": arguments}
        call = {"index": 0, "id": self._call_id, "type": "function", "function": function}
        delta = {"role": "assistant", "content": None, "tool_calls": [call]}
        return _chat_delta(self._index, orjson.dumps(delta)[1:-1], None, None)


def _chat_delta(
    index: int,
    delta: bytes,
    logprobs: Mapping[str, Any] | None,
    finish: Finish | None,
    *,
    is_call: bool = False,
) -> bytes:
    return b'{"index":%d,"delta":{%b},"logprobs":%b,"finish_reason":%b}' % (
        index,
        delta,
        b"null" if logprobs is None else orjson.dumps(logprobs),
        b"null" if finish is None else b'"%b"' % _reason(finish, is_call=is_call).encode(),
    )


def _reason(finish: Finish, *, is_call: bool = False) -> str:
    if finish.reason == "length":
        return "length"
    return "tool_calls" if is_call else "stop"


def _chat_logprobs(pieces: Sequence[Piece], top: int | None) -> dict[str, Any] | None:
    if top is None:
        return None
    tokens = [piece.token for piece in pieces if piece.token is not None]
    return {"content": [_chat_logprob(token, top) for token in tokens], "refusal": None}


def _chat_logprob(token: Mapping[str, Any], top: int) -> dict[str, Any]:
    tops = [_plain(each) for each in token["top_logprobs"][:top]]
    return {**_plain(token), "top_logprobs": tops}


def _plain(token: Mapping[str, Any]) -> dict[str, Any]:
    return {"token": token["token"], "logprob": token["logprob"], "bytes": token["bytes"]}
