"""SageMaker's runtime on 127.0.0.1, in front of an engine: signatures checked, frames real.

Signatures are made again by botocore's own signer. Shapes of errors and frames: botocore 1.43,
sagemaker-runtime 2017-05-13; botocore's documentation of the event-stream encoding.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from standins.front import Call, EngineGone, Front, Refusal

ACCOUNT = "111122223333"
REGION = "us-west-2"
KEY_ID = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI+K7MDENG/very-secret"  # noqa: S105 - opens nothing
SESSION_TOKEN = "session-token-very-secret"  # noqa: S105 - opens nothing
CREDENTIALS = ReadOnlyCredentials(KEY_ID, SECRET_KEY, SESSION_TOKEN, None)
_STRING = 7  # the type of a header's value
_STREAM = "-response-stream"
_BROKEN = {"Message": "The connection was closed.", "ErrorCode": "StreamBroken"}


@dataclass(frozen=True)
class Signer:
    """Whoever signs with these credentials."""

    found: ReadOnlyCredentials = CREDENTIALS

    def credentials(self) -> ReadOnlyCredentials:
        return self.found


class SageMakerRuntime(Front):
    """One endpoint, `mine-1`. A frame holds `frame_bytes`, and `empty_frames` stand between.

    `at_a_break` is the frame that tells that the engine is gone; None: it goes without a word.
    `damage` turns a bit of each frame.
    """

    endpoint = "mine-1"

    def __init__(
        self, engine_url: str, *, frame_bytes: int = 4096, empty_frames: bool = False
    ) -> None:
        super().__init__(engine_url)
        self.frame_bytes = frame_bytes
        self.empty_frames = empty_frames
        self.at_a_break: bytes | None = exception_frame("ModelStreamError", _BROKEN)
        self.damage = False

    @property
    def url(self) -> str:
        return f"{self.base}/endpoints/{self.endpoint}/invocations"

    def refusal(self, call: Call) -> Refusal | None:
        wrong = _wrong_signature(self.base, call)
        if wrong is not None:
            return wrong
        name = call.path.split("/")[2]
        if name != self.endpoint:
            said = f"Endpoint {name} of account {ACCOUNT} not found."
            return aws_error(400, "ValidationError", said)
        return None

    def inner_path(self, call: Call) -> str:
        return "/invocations"

    def refused_by_engine(self, status: int, body: bytes) -> Refusal:
        who = "client" if status < 500 else "server"
        text = body.decode()
        return model_error(
            f'Received {who} error ({status}) from primary with message "{text}". See the logs.',
            OriginalStatusCode=status,
            OriginalMessage=text,
        )

    def content_type(self, call: Call, inner: str) -> str:
        return "application/vnd.amazon.eventstream" if call.path.endswith(_STREAM) else inner

    def wrapped(self, call: Call, chunks: Iterator[bytes]) -> Iterator[bytes]:
        if not call.path.endswith(_STREAM):
            yield from chunks
            return
        try:
            for part in chain.from_iterable(map(self._parts, chunks)):
                yield self._damaged(frame(part))
                if self.empty_frames:
                    yield frame(b"")
        except EngineGone:
            if self.at_a_break is None:
                raise
            yield self.at_a_break

    def _parts(self, chunk: bytes) -> Iterator[bytes]:
        for start in range(0, len(chunk), self.frame_bytes):
            yield chunk[start : start + self.frame_bytes]

    def _damaged(self, whole: bytes) -> bytes:
        return whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:] if self.damage else whole


def frame(payload: bytes) -> bytes:
    """One part of an answer."""
    names = {":event-type": "PayloadPart", ":content-type": "application/octet-stream"}
    return _frame({**names, ":message-type": "event"}, payload)


def exception_frame(kind: str, said: dict[str, str]) -> bytes:
    """An error in the middle of an answer."""
    names = {":exception-type": kind, ":content-type": "application/json"}
    return _frame({**names, ":message-type": "exception"}, json.dumps(said).encode())


def error_frame(code: str, message: str) -> bytes:
    """An error that no shape of the service names."""
    return _frame({":message-type": "error", ":error-code": code, ":error-message": message}, b"")


def aws_error(status: int, kind: str, message: str) -> Refusal:
    """A refusal as services with JSON over REST tell it."""
    body = json.dumps({"message": message}).encode()
    return Refusal(status, body, {"x-amzn-errortype": f"{kind}:http://internal.amazon.com/x/"})


def model_error(message: str, **others: object) -> Refusal:
    """The container's refusal, or its silence."""
    log = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/mine-1"
    body = {"ErrorCode": "CLIENT_ERROR_FROM_MODEL", "LogStreamArn": log, "Message": message}
    headers = {"x-amzn-errortype": "ModelError"}
    return Refusal(424, json.dumps({**body, **others}).encode(), headers)


def _frame(headers: dict[str, str], payload: bytes) -> bytes:
    named = b"".join(
        struct.pack(f">B{len(name)}sBH", len(name), name.encode(), _STRING, len(value.encode()))
        + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack(">II", 16 + len(named) + len(payload), len(named))
    checked = prelude + struct.pack(">I", zlib.crc32(prelude)) + named + payload
    return checked + struct.pack(">I", zlib.crc32(checked))


def _wrong_signature(base: str, call: Call) -> Refusal | None:
    """Sign what came in once more, over the headers that it says are signed."""
    told = call.headers.get("authorization", "")
    if not told.startswith("AWS4-HMAC-SHA256 "):
        return aws_error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    parts = dict(each.split("=", 1) for each in told.partition(" ")[2].split(", "))
    if not parts["Credential"].startswith(f"{KEY_ID}/"):
        said = "The security token included in the request is invalid."
        return aws_error(403, "UnrecognizedClientException", said)
    names = parts["SignedHeaders"].split(";")
    if not {"host", "x-amz-date", "x-amz-security-token"} <= set(names):
        return aws_error(403, "IncompleteSignatureException", "a header is not signed")
    headers = {name: call.headers[name] for name in names}
    request = AWSRequest("POST", base + call.path, headers=headers, data=call.body)
    request.context["timestamp"] = call.headers["x-amz-date"]
    signer = SigV4Auth(CREDENTIALS, "sagemaker", REGION)
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    scope = f"{KEY_ID}/{signer.credential_scope(request)}"
    if (scope, signature) == (parts["Credential"], parts["Signature"]):
        return None
    said = (
        "The request signature we calculated does not match the signature you provided.\n\n"
        f"The Canonical String for this request should have been\n'{canonical}'"
    )
    return aws_error(403, "InvalidSignatureException", said)
