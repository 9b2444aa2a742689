"""Compares `weights stage` with the fastest tools at hand: HTTP in, object storage out.

`python bench/staging.py` prints GB/s of the best round (neighbors only take away), processor
seconds and the largest memory of each, alternating between them, and our ratio to the fastest; the
bar is 0.8, though we alone hash every byte, which takes as long as all else on this side. Source
and sink run here: a server of one file with ranges, and an S3 that throws away what it gets. Each
tool is a process of its own. `--limit-mib-s 100` holds each connection of the source to that, as a
CDN does. Needs the extra `weights`, and boto3 for its row.
"""

import argparse
import asyncio
import hashlib
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NoReturn

BAR = 0.8
MIB = 2**20
PART_BYTES = 16 * MIB
PARTS_AT_ONCE = 8
NAME = "model.safetensors"
TOOLS = {
    "ours": "llamactl weights, verified",
    "obstore": "obstore, one stream",
    "obstore-sha256": "obstore, one stream, SHA-256",
    "boto3": "boto3, tuned",
}
# What each loads before its time is taken.
_LOADED = {
    "ours": (
        "obstore.store",
        "httpx",
        "llamactl_containers.buckets.s3",
        "llamactl_containers.weights.bucket_target",
        "llamactl_containers.weights.ranges",
        "llamactl_containers.weights.staging",
    ),
    "boto3": ("boto3", "urllib3"),
}
_EMPTY = b"<Error><Code>NoSuchKey</Code></Error>"
_BEGUN = b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
_ENDED = b'<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>'
_DELETED = b"<DeleteResult><Deleted><Key>prefix/any</Key></Deleted></DeleteResult>"


def main() -> int:
    """Measure, print the table, and fail below the bar."""
    options = _options()
    if options.role is not None:
        _run_role(options)
    print(f"{options.size_mib} MiB, {options.rounds} rounds, {os.cpu_count()} cores", flush=True)
    with _server("source", options) as source, _server("sink", options) as sink:
        rows = _measure(options, source, sink)
    best = max(each["gb_per_s"] for runs in rows.values() for each in runs)
    print(f"{'tool':<30}{'GB/s':>7}{'of best':>9}{'CPU s':>8}{'MiB':>6}")
    ratio = 0.0
    for name, runs in rows.items():
        median = {key: statistics.median(each[key] for each in runs) for key in runs[0]}
        gb_per_s = max(each["gb_per_s"] for each in runs)
        of_best = gb_per_s / best
        ratio = of_best if name == "ours" else ratio
        figures = f"{gb_per_s:>7.2f}{of_best:>9.2f}{median['cpu_s']:>8.1f}"
        print(f"{TOOLS[name]:<30}{figures}{median['rss_mib']:>6.0f}")
    print(f"ours: {ratio:.2f} of the fastest, the bar is {BAR}")
    return 0 if ratio >= BAR else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size-mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit-mib-s", type=float, help="bytes a connection of the source gets")
    parser.add_argument("--tool", choices=TOOLS, action="append", help="only these")
    parser.add_argument("--role", help=argparse.SUPPRESS)
    parser.add_argument("--source", help=argparse.SUPPRESS)
    parser.add_argument("--sink", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(
    options: argparse.Namespace, source: str, sink: str
) -> dict[str, list[dict[str, float]]]:
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in options.tool or TOOLS}
    environment = _environment(sink, _sha256_of_zeros(options.size_mib * MIB))
    for number in range(options.rounds):
        names = list(rows) if number % 2 == 0 else list(rows)[::-1]
        for name in names:
            command = [*_command(name, options), "--source", source, "--sink", sink]
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                why = [f"exit code {done.returncode}", *done.stderr.splitlines()][-1]
                print(f"{name} cannot run here: {why}", flush=True)
                rows.pop(name)
                continue
            seconds, cpu_s, rss_mib = map(float, done.stdout.split()[-3:])
            gb_per_s = options.size_mib * MIB / seconds / 1e9
            rows[name].append({"gb_per_s": gb_per_s, "cpu_s": cpu_s, "rss_mib": rss_mib})
    return rows


def _command(role: str, options: argparse.Namespace) -> list[str]:
    command = [sys.executable, __file__, "--role", role, "--size-mib", str(options.size_mib)]
    limit = options.limit_mib_s
    return command if limit is None else [*command, "--limit-mib-s", str(limit)]


def _environment(sink: str, sha256: str) -> dict[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    own = {"AWS_ENDPOINT_URL": sink, "AWS_REGION": "us-east-1", "AWS_UNSIGNED_PAYLOAD": "true"}
    return {**os.environ, **keys, **own, "BENCH_SHA256": sha256}


@contextmanager
def _server(role: str, options: argparse.Namespace) -> Iterator[str]:
    command = _command(role, options)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout is not None else ""
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _run_role(options: argparse.Namespace) -> NoReturn:
    size = options.size_mib * MIB
    if options.role in {"source", "sink"}:
        _serve(options.role, size, options.limit_mib_s)
    url = f"{options.source}/{NAME}?Signature=x"
    run = {"ours": _ours, "boto3": _boto3}.get(options.role)
    for name in _LOADED.get(options.role, ("obstore.store",)):
        import_module(name)
    spent, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    if run is not None:
        run(url, options.sink, size)
    else:
        asyncio.run(_obstore(url, options.sink, hashes=options.role.endswith("sha256")))
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = used.ru_utime + used.ru_stime - spent.ru_utime - spent.ru_stime
    print(time.perf_counter() - began, cpu_s, used.ru_maxrss / 1024, flush=True)
    os._exit(0)  # as llamactl leaves: threads of Rust may not meet the interpreter's own end


def _ours(url: str, _sink: str, size: int) -> None:
    from llamactl_containers.weights.answers import Location
    from llamactl_containers.weights.digests import Digest
    from llamactl_containers.weights.files import Listing, WeightFile
    from llamactl_containers.weights.ranges import HttpReader, Patience
    from llamactl_containers.weights.staging import StagingOrder, stage
    from llamactl_containers.weights.targets import open_target

    class Bench:
        def locate(self, _file: WeightFile) -> Location:
            return Location(url)

        def refusal(self, file: WeightFile, answer: Any) -> Any:
            raise AssertionError(file, answer)

    content = Digest("sha256", os.environ["BENCH_SHA256"])
    listing = Listing((WeightFile(NAME, size, content),), (), {"kind": "bench"})
    order = StagingOrder("bench", "apache-2.0", None, listing)

    async def move() -> None:
        target = open_target("s3://bench/prefix")
        patience = Patience()
        await stage(
            order, target, lambda told: HttpReader(Bench(), told, patience).pieces, lambda _: None
        )

    asyncio.run(move())


def _sha256_of_zeros(size: int) -> str:
    """Give what the source's bytes must hash to."""
    digest, piece = hashlib.sha256(), bytes(MIB)
    for _ in range(size // MIB):
        digest.update(piece)
    return digest.hexdigest()


async def _obstore(url: str, sink: str, *, hashes: bool) -> None:
    import obstore
    from obstore.store import HTTPStore, S3Store

    source = HTTPStore.from_url(url, client_options={"allow_http": True, "timeout": "1h"})
    target = S3Store(
        "bench",
        endpoint=sink,
        unsigned_payload=True,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True, "timeout": "1h"},
    )
    digest = hashlib.sha256()

    async def pieces() -> AsyncIterator[Any]:
        answer = await obstore.get_async(source, "")
        async for piece in answer.stream(min_chunk_size=PART_BYTES):
            if hashes:
                await asyncio.to_thread(digest.update, piece)
            yield piece

    await obstore.put_async(
        target, NAME, pieces(), chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
    )


def _boto3(url: str, sink: str, _size: int) -> None:
    import boto3
    import urllib3
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config

    settings = Config(
        request_checksum_calculation="when_required",
        s3={"payload_signing_enabled": False, "addressing_style": "path"},
        max_pool_connections=PARTS_AT_ONCE,
    )
    client = boto3.client("s3", endpoint_url=sink, config=settings)
    transfer = TransferConfig(
        multipart_threshold=PART_BYTES,
        multipart_chunksize=PART_BYTES,
        max_concurrency=PARTS_AT_ONCE,
    )
    body = urllib3.PoolManager().request("GET", url, preload_content=False)
    client.upload_fileobj(body, "bench", NAME, Config=transfer)


def _serve(role: str, size: int, limit_mib_s: float | None) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        talk = (
            (lambda c=connection: _give(c, size, limit_mib_s))
            if role == "source"
            else (lambda c=connection: _take(c))
        )
        threading.Thread(target=talk, daemon=True).start()


def _heads(connection: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    """Give each request's head, and what came of its body with it."""
    buffer = b""
    while True:
        while b"\r\n\r\n" not in buffer:
            try:
                more = connection.recv(65536)
            except ConnectionError:
                return
            if not more:
                return
            buffer += more
        head, _, rest = buffer.partition(b"\r\n\r\n")
        buffer = b""
        yield head, rest


def _give(connection: socket.socket, size: int, limit_mib_s: float | None) -> None:
    piece = memoryview(bytes(4 * MIB if limit_mib_s is None else MIB))
    for head, _ in _heads(connection):
        asked = re.search(rb"(?i)range: bytes=(\d+)-(\d+)", head)
        start, end = (int(asked[1]), min(int(asked[2]), size - 1)) if asked else (0, size - 1)
        left = end - start + 1
        status = f"206 Partial\r\ncontent-range: bytes {start}-{end}/{size}" if asked else "200 OK"
        answer = f'HTTP/1.1 {status}\r\ncontent-length: {left}\r\netag: "1"\r\n\r\n'
        try:
            connection.sendall(answer.encode())
            while left:
                began = time.monotonic()
                some = piece[: min(left, len(piece))]
                connection.sendall(some)
                left -= len(some)
                if limit_mib_s is not None:
                    wait = len(some) / MIB / limit_mib_s - (time.monotonic() - began)
                    time.sleep(max(0.0, wait))
        except ConnectionError:
            return


def _take(connection: socket.socket) -> None:
    room = memoryview(bytearray(MIB))
    for head, rest in _heads(connection):
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if b"100-continue" in head:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        left = (int(length[1]) if length else 0) - len(rest)
        while left > 0:
            left -= connection.recv_into(room, min(left, len(room)))
        line = head.partition(b"\r\n")[0]
        status, body = b"200 OK", b""
        if line.startswith((b"GET", b"HEAD")):
            status, body = b"404 Not Found", b"" if line.startswith(b"HEAD") else _EMPTY
        elif line.startswith(b"POST"):
            body = _BEGUN if b"uploads" in line else _DELETED if b"?delete" in line else _ENDED
        length_line = b'\r\netag: "1"\r\ncontent-length: %d\r\n\r\n' % len(body)
        connection.sendall(b"HTTP/1.1 " + status + length_line + body)


if __name__ == "__main__":
    sys.exit(main())
