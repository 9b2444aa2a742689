"""The client of a SageMaker endpoint: signed requests, answers in event-stream frames.

What is inside the frames is what the container's /invocations says, server-sent events in OpenAI's
words: TGI takes chat, completion and generate bodies there, told apart by their shape, since 2.4.
Sources: botocore 1.43, sagemaker-runtime 2017-05-13 (routes, errors, limits); TGI 3.3.7,
router/src/sagemaker.rs; read 2026-11-22.
"""

import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llamactl_catalog.errors import LlamactlError
from llamactl_catalog.prompts import Message
from llamactl_gateway.aws_identity import AwsIdentity, FoundAwsIdentity, quiet_botocore
from llamactl_gateway.line import Line
from llamactl_gateway.openai_answers import Question, chat_question, completion_question
from llamactl_gateway.protocol import SILENCE_TIMEOUT_S, Delta
from llamactl_gateway.sagemaker_refusals import LIMIT_S, STREAM_LIMIT_S, frame_error, refusal_of
from llamactl_gateway.sampling import Sampling

if TYPE_CHECKING:
    import httpx

_SERVICE = "sagemaker"  # the signing name of sagemaker-runtime
_GRACE_S = 10.0  # the platform speaks first: botocore asks for 70 s where the limit is 60
# Where AWS's tools are told to ask instead, the first that is set.
_ELSEWHERE = ("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "AWS_ENDPOINT_URL")


@dataclass(frozen=True, slots=True)
class SageMakerEndpoint:
    """`url` is that of InvokeEndpoint: https://runtime.sagemaker.…/endpoints/NAME/invocations.

    `identity` gives the credentials that sign; by itself those that AWS's tools would find.
    """

    name: str
    url: str
    region: str
    model: str
    identity: AwsIdentity = field(default_factory=FoundAwsIdentity, repr=False, compare=False)
    silence_timeout_s: float = SILENCE_TIMEOUT_S
    streamed: bool = True

    def chat(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Delta, None, None]:
        """Give the assistant's next message."""
        return self._ask(chat_question(self.model, messages, sampling, streamed=self.streamed))

    def complete(self, prompt: str, sampling: Sampling) -> Generator[Delta, None, None]:
        """Give the continuation of a text."""
        return self._ask(completion_question(self.model, prompt, sampling, streamed=self.streamed))

    def _ask(self, question: Question) -> Generator[Delta, None, None]:
        limit_s = STREAM_LIMIT_S if self.streamed else LIMIT_S
        silence_s = min(self.silence_timeout_s, limit_s + _GRACE_S)
        line = Line(self.name, self._base(), silence_s, private=True)
        route = urlsplit(self.url).path + ("-response-stream" if self.streamed else "")
        unpacked = self._payloads if self.streamed else iter

        def headers(content: bytes) -> Mapping[str, str]:
            return self._signed(line.base + route, content)

        return line.ask(route, question, headers, self._refused, unpacked)

    def _base(self) -> str:
        elsewhere = (os.environ.get(name) for name in _ELSEWHERE)
        parts = urlsplit(next((url for url in elsewhere if url), self.url))
        return f"{parts.scheme}://{parts.netloc}"

    def _signed(self, url: str, content: bytes) -> Mapping[str, str]:
        credentials = self.identity.credentials()
        from botocore.auth import SigV4Auth  # type: ignore[import-untyped]  # ships no types
        from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]  # as above

        quiet_botocore()
        headers = {"content-type": "application/json"}
        request = AWSRequest("POST", url, headers=headers, data=content)
        SigV4Auth(credentials, _SERVICE, self.region).add_auth(request)
        return dict(request.headers.items())

    def _payloads(self, chunks: Iterable[bytes]) -> Generator[bytes, None, None]:
        """Give what the frames hold, which may begin and end anywhere in the answer."""
        from botocore.eventstream import (  # type: ignore[import-untyped]  # ships no types
            EventStreamBuffer,
            ParserError,
        )

        frames = EventStreamBuffer()
        try:
            for chunk in chunks:
                frames.add_data(chunk)
                for frame in frames:
                    if frame.headers.get(":message-type") != "event":
                        raise frame_error(frame.headers, frame.payload, self.name)
                    if frame.headers.get(":event-type") == "PayloadPart":
                        yield frame.payload
        except ParserError as error:  # a checksum does not fit, or it is no frame at all
            raise Line(self.name, self.url, self.silence_timeout_s).broken_off() from error

    def _refused(self, response: "httpx.Response") -> LlamactlError:
        kind = response.headers.get("x-amzn-errortype", "")
        return refusal_of(response.status_code, kind, response.text, self.name, self.region)
