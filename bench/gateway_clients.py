"""Compares what a streamed answer costs the caller: llamactl's clients beside boto3 and openai.

`python bench/gateway_clients.py` prints a Markdown table of processor time a chunk and a request.
One process sends answers of `--chunks` pieces that it made beforehand, each piece in a write of its
own, once as server-sent events and once in event-stream frames around the same bytes; the other
reads them with each client in turn. Processor time of the reader alone counts, and the medians of
`--rounds` rounds are shown. boto3 gives bytes: `boto3, read` takes the text out of them as well.
"""

import argparse
import json
import os
import socket
import statistics
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from llamactl_catalog.prompts import Message
from llamactl_gateway.azure_endpoint import AzureEndpoint
from llamactl_gateway.openai_answers import answered, chat_question
from llamactl_gateway.openai_endpoint import OpenAIEndpoint
from llamactl_gateway.sagemaker_endpoint import SageMakerEndpoint
from llamactl_gateway.sampling import Sampling

QUESTION = [Message("user", "Hi")]
REGION = "us-east-1"
ROUTE = "/endpoints/bench/invocations"
KEY = "of-the-bench"
Read = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time of the reader, in us."""

    chunk_us: float
    request_us: float


def main() -> None:
    arguments = _arguments()
    if arguments.serve is not None:
        serve(arguments.serve)
        return
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"{arguments.chunks} chunks an answer, {os.cpu_count()} cores, {load}\n")
    print("| client | CPU us a chunk | CPU us a request |\n|---|---:|---:|")
    with _Sender(arguments.chunks) as many, _Sender(1) as one:
        pairs = {
            name: (_readers(many.port)[name], read) for name, read in _readers(one.port).items()
        }
        rounds = {name: [] for name in pairs}
        for _ in range(arguments.rounds):
            for name, (long, short) in pairs.items():
                rounds[name].append(_cost(long, short, arguments.chunks))
    for name, costs in rounds.items():
        chunk_us = statistics.median(cost.chunk_us for cost in costs)
        request_us = statistics.median(cost.request_us for cost in costs)
        print(f"| {name} | {chunk_us:.1f} | {request_us:.0f} |")


def serve(chunks: int) -> None:
    """Answer every request with the answer that its path asks for, and say the port first."""
    pieces = _pieces(chunks)
    plain = _response("text/event-stream", pieces)
    framed = _response("application/vnd.amazon.eventstream", map(_frame, pieces))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                head = _request(connection)
                for part in framed if ROUTE.encode() in head else plain:
                    connection.sendall(part)


def _readers(port: int) -> Mapping[str, Read]:
    base = f"http://127.0.0.1:{port}"
    ours = {
        "llamactl, OpenAI's routes": OpenAIEndpoint("bench", base, "m"),
        "llamactl, Azure ML": AzureEndpoint("bench", f"{base}/score", "m", KEY),
        "llamactl, SageMaker": SageMakerEndpoint("bench", base + ROUTE, REGION, "m", _Signer()),
    }
    found: dict[str, Read] = {name: partial(_ours, each) for name, each in ours.items()}
    found |= {"boto3, bytes": partial(_boto3, _boto3_client(base), read=False)}
    found |= {"boto3, read": partial(_boto3, _boto3_client(base), read=True)}
    return found | {"openai": partial(_openai, _openai_client(base))}


def _cost(long: Read, short: Read, chunks: int) -> Cost:
    """A request is what an answer of one chunk takes; the rest of a long one is its chunks'."""
    request_s, long_s = _cpu_s(short, times=10), _cpu_s(long, times=3)
    return Cost((long_s - request_s) / (chunks - 1) * 1e6, request_s * 1e6)


def _cpu_s(read: Read, *, times: int) -> float:
    read()
    start = time.process_time()
    for _ in range(times):
        if read() == 0:
            raise RuntimeError("an answer without text")
    return (time.process_time() - start) / times


def _ours(endpoint: OpenAIEndpoint | AzureEndpoint | SageMakerEndpoint) -> int:
    return sum(len(delta.text) for delta in endpoint.chat(QUESTION, Sampling()))


def _boto3(client: Any, *, read: bool) -> int:
    question = chat_question("m", QUESTION, Sampling())
    answer = client.invoke_endpoint_with_response_stream(
        EndpointName="bench", Body=question.content(), ContentType="application/json"
    )
    payloads = (event["PayloadPart"]["Bytes"] for event in answer["Body"])
    if not read:
        return sum(map(len, payloads))
    return sum(len(delta.text) for delta in answered(payloads, question, "bench"))


def _openai(client: Any) -> int:
    told = [{"role": "user", "content": "Hi"}]
    stream = client.chat.completions.create(model="m", messages=told, stream=True)
    return sum(len(chunk.choices[0].delta.content or "") for chunk in stream)


def _boto3_client(base: str) -> Any:
    import boto3

    return boto3.client(
        "sagemaker-runtime",
        region_name=REGION,
        endpoint_url=base,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key=KEY,
        aws_session_token=KEY,
    )


def _openai_client(base: str) -> Any:
    import openai

    return openai.OpenAI(base_url=f"{base}/v1", api_key=KEY)


class _Signer:
    def credentials(self) -> Any:
        from botocore.credentials import ReadOnlyCredentials

        return ReadOnlyCredentials("AKIDEXAMPLE", KEY, KEY, None)


class _Sender:
    """The sending process; it ends with the block."""

    def __init__(self, chunks: int) -> None:
        self._chunks = chunks

    def __enter__(self) -> Self:
        command = [sys.executable, __file__, "--serve", str(self._chunks)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(next(iter(self._process.stdout or ())))
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.kill()
        self._process.communicate()


def _pieces(chunks: int) -> list[bytes]:
    head = {"id": "chatcmpl-0123456789abcdef", "object": "chat.completion.chunk", "model": "m"}
    events = []
    for number in range(chunks):
        reason = "length" if number == chunks - 1 else None
        choice = {"index": 0, "delta": {"content": " token"}, "finish_reason": reason}
        events.append(json.dumps({**head, "created": 1, "choices": [choice]}))
    return [f"data: {each}\n\n".encode() for each in events] + [b"data: [DONE]\n\n"]


def _frame(payload: bytes) -> bytes:
    headers = b"".join(
        struct.pack(f">B{len(name)}sBH{len(value)}s", len(name), name, 7, len(value), value)
        for name, value in (
            (b":event-type", b"PayloadPart"),
            (b":content-type", b"application/octet-stream"),
            (b":message-type", b"event"),
        )
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    checked = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return checked + struct.pack(">I", zlib.crc32(checked))


def _response(kind: str, parts: Iterable[bytes]) -> list[bytes]:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n"
    chunks = [f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts]
    return [f"{head}connection: close\r\n\r\n".encode(), *chunks, b"0\r\n\r\n"]


def _request(connection: socket.socket) -> bytes:
    """Read a whole request: its head, and the body that it tells the length of."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < length:
        body += connection.recv(65536)
    return head


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--chunks", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", type=int, metavar="CHUNKS", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
