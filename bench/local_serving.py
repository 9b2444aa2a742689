"""Compares llamactl's engine process with the bare llama.cpp server, side by side in one run.

`python bench/local_serving.py` prints tokens a second, time to the first token and processor time a
token of both at several concurrencies, alternating between the two, and the medians of the paired
ratios. On a busy machine the processor times are the figures that hold.
`--neighbors` instead measures thread settings beside busy processes. Needs llamactl[local]; without
`--model` it takes the cached default model, or a tiny random one (dev dependencies).
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from llamactl_containers.llamacpp.launch import SPIN_COUNT, LaunchSettings, default_threads

SPEED_BAR = 0.97
FIRST_TOKEN_BAR_MS = 2.0
KEY = "bench"
OPENMP = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
# How threads wait for each other: asleep, spinning for a moment and then asleep, as OpenMP likes.
WAITING: Mapping[str, Mapping[str, str]] = {
    "asleep": {"OMP_WAIT_POLICY": "passive"},
    "briefly": {"GOMP_SPINCOUNT": SPIN_COUNT},
    "default": {},
}

# The bare server: xllamacpp's own HTTP port with the settings of `llama.py`, in its own process.
BARE = """
import os, sys, json, xllamacpp
settings = json.load(open(sys.argv[1]))
parameters = xllamacpp.CommonParams()
parameters.model.path = settings["model_path"]
parameters.model_alias = {settings["model_id"]}
parameters.hostnames = ["127.0.0.1"]
parameters.port = 0
parameters.api_keys = [settings["api_key"]]
parameters.n_ctx = settings["context_tokens"]
parameters.n_parallel = settings["parallel"]
parameters.kv_unified = True
parameters.cpuparams.n_threads = settings["threads"]
parameters.cpuparams_batch.n_threads = settings["threads_batch"]
parameters.cache_ram_mib = 0
parameters.ui = False
parameters.verbosity = 1
server = xllamacpp.Server(parameters)
print(json.dumps({"event": "listening", "port": int(server.listening_address.rpartition(":")[2])}))
sys.stdout.flush()
while os.read(0, 1):
    pass
os._exit(0)
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        """Processor time that it has taken so far."""
        import psutil

        times = psutil.Process(self.pid).cpu_times()
        return times.user + times.system


@dataclass(frozen=True, slots=True)
class Load:
    """What one round asks for: `concurrency` streams, each of them `requests` times in a row."""

    concurrency: int
    requests: int
    tokens: int
    route: str = "/v1/completions"


@dataclass(frozen=True, slots=True)
class Result:
    """What one round gave."""

    tokens_per_s: float
    first_token_ms: float
    cpu_ms_per_token: float


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        model = arguments.model or _default_model(Path(folder))
        print(f"model {model.name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        if arguments.neighbors:
            compare_threads(model, Path(folder), arguments)
        else:
            compare_servers(model, Path(folder), arguments)


def compare_servers(model: Path, folder: Path, arguments: argparse.Namespace) -> None:
    """Print both servers' numbers, and the ratios that the bars are set on."""
    threads = default_threads(os.cpu_count() or 1)
    launch = _launch_file(folder, model, threads)
    ours = [sys.executable, "-m", "llamactl_containers.llamacpp", str(launch)]
    bare = [sys.executable, "-c", BARE, str(launch)]
    print(
        "streams  tok/s: bare  ours  ratio  first token ms: bare  ours  added  CPU ms: bare  ours"
    )
    with _server(ours) as our_server, _server(bare) as bare_server:
        for concurrency in arguments.concurrency:
            load = Load(concurrency, arguments.requests, arguments.tokens, arguments.route)
            asyncio.run(_compare(bare_server, our_server, load, arguments.rounds))
    print(f"bars: ratio >= {SPEED_BAR}; at 1 stream at most {FIRST_TOKEN_BAR_MS} ms added")


def compare_threads(model: Path, folder: Path, arguments: argparse.Namespace) -> None:
    """Print tokens a second of thread settings beside 0, 1 and 2 busy processes."""
    cores = os.cpu_count() or 1
    settings = [(max(1, cores - 1), cores), (cores, cores), (max(1, cores - 1),) * 2]
    print("busy  threads  batch  waiting   1 stream  4 streams  (tok/s)")
    for busy in range(3):
        with _busy(busy):
            for threads in dict.fromkeys(settings):
                launch = _launch_file(folder, model, threads)
                for waiting, environment in WAITING.items():
                    one, four = _speeds(launch, environment, arguments)
                    print(
                        f"{busy:4}  {threads[0]:7}  {threads[1]:5}  {waiting:8}"
                        f"  {one:8.1f}  {four:9.1f}",
                        flush=True,
                    )


def _speeds(
    launch: Path, environment: Mapping[str, str], arguments: argparse.Namespace
) -> list[float]:
    speeds = []
    with _server([sys.executable, "-c", BARE, str(launch)], environment) as server:
        for concurrency in (1, 4):
            load = Load(concurrency, 1, arguments.tokens)
            rounds = [asyncio.run(_round(server, load, seed)) for seed in range(arguments.rounds)]
            speeds.append(statistics.median(each.tokens_per_s for each in rounds))
    return speeds


async def _compare(bare: Server, ours: Server, load: Load, rounds: int) -> None:
    for server in (bare, ours):
        await _round(server, load, seed=-1)
    pairs = []
    for seed in range(rounds):
        # Who goes first changes, so that a machine that gets busier does not favor one of them.
        order = (bare, ours) if seed % 2 else (ours, bare)
        results = {server.port: await _round(server, load, seed) for server in order}
        pairs.append((results[bare.port], results[ours.port]))
    median = statistics.median
    left, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    ratio = median(our.tokens_per_s / other.tokens_per_s for other, our in pairs)
    added_ms = median(our.first_token_ms - other.first_token_ms for other, our in pairs)
    print(
        f"{load.concurrency:7}  {median(each.tokens_per_s for each in left):11.1f}"
        f"  {median(each.tokens_per_s for each in right):4.1f}  {ratio:5.3f}"
        f"  {median(each.first_token_ms for each in left):20.1f}"
        f"  {median(each.first_token_ms for each in right):5.1f}  {added_ms:+5.1f}"
        f"  {median(each.cpu_ms_per_token for each in left):16.2f}"
        f"  {median(each.cpu_ms_per_token for each in right):5.2f}",
        flush=True,
    )


async def _round(server: Server, load: Load, seed: int) -> Result:
    """Run the load once; each prompt is new to the server, and the same for both servers."""
    cpu_s, start = server.cpu_s(), time.perf_counter()
    streams = [_stream(server.port, load, f"{seed} {index}") for index in range(load.concurrency)]
    answers = [answer for answers in await asyncio.gather(*streams) for answer in answers]
    elapsed_s = time.perf_counter() - start
    tokens = sum(count for count, _ in answers)
    return Result(
        tokens / elapsed_s,
        statistics.median(first for _, first in answers) * 1000,
        (server.cpu_s() - cpu_s) * 1000 / tokens,
    )


async def _stream(port: int, load: Load, name: str) -> list[tuple[int, float]]:
    return [
        await _ask(port, load, f"Story {name} {number}. Once upon a time there was a")
        for number in range(load.requests)
    ]


async def _ask(port: int, load: Load, prompt: str) -> tuple[int, float]:
    """Ask for one streamed answer; give its tokens and the seconds to the first of them.

    Written against the socket, so that the client leaves the cores to the servers.
    """
    body: dict[str, object] = {
        "max_tokens": load.tokens,
        "stream": True,
        "temperature": 0,
        "seed": 1,
    }
    if load.route.endswith("chat/completions"):
        body["messages"] = [{"role": "user", "content": prompt}]
    else:
        body["prompt"] = prompt
    payload = json.dumps(body).encode()
    start = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST {load.route} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n".encode()
        + payload
    )
    first_s, tokens = 0.0, 0
    async for part in _parts(reader):
        if not first_s and b"data: " in part:
            first_s = time.perf_counter() - start
        tokens += part.count(b'"finish_reason":null')
    writer.close()
    if not tokens:
        raise SystemExit(f"port {port} gave no tokens")
    return tokens, first_s


async def _parts(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while part := await reader.read(65536):
        yield part
        if b"data: [DONE]" in part:
            return


@contextlib.contextmanager
def _server(command: list[str], environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    given = WAITING["briefly"] if environment is None else environment
    base = {name: value for name, value in os.environ.items() if name not in OPENMP}
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**base, **given},
    )
    assert process.stdin is not None  # noqa: S101 - piped above
    assert process.stdout is not None  # noqa: S101 - piped above
    try:
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "failed":
                raise SystemExit(event["message"])
            if event["event"] == "listening":
                yield Server(process.pid, event["port"])
                return
        raise SystemExit(f"{command[1]} ended before it listened")
    finally:
        process.stdin.close()
        process.wait(30)


@contextlib.contextmanager
def _busy(count: int) -> Iterator[None]:
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def _launch_file(folder: Path, model: Path, threads: tuple[int, int]) -> Path:
    settings = LaunchSettings(
        instance_id="bench",
        model_id="bench",
        model_path=str(model),
        prompt_format="chatml",
        threads=threads[0],
        threads_batch=threads[1],
        api_key=KEY,
    )
    path = folder / "launch.json"
    path.write_text(settings.to_json(), encoding="utf-8")
    return path


def _default_model(folder: Path) -> Path:
    import platformdirs

    cached = sorted(Path(platformdirs.user_cache_dir("llamactl")).rglob("*.gguf"))
    if cached:
        return cached[0]
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from tiny_llama import make_tiny_llama

    return make_tiny_llama(folder / "tiny-llama.gguf")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, help="a GGUF file")
    parser.add_argument("--rounds", type=int, default=9, help="pairs a concurrency (default 9)")
    parser.add_argument("--requests", type=int, default=1, help="answers a stream in a round")
    parser.add_argument("--tokens", type=int, default=64, help="tokens an answer (default 64)")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--route", default="/v1/completions")
    parser.add_argument("--neighbors", action="store_true", help="thread settings, busy machine")
    return parser.parse_args()


if __name__ == "__main__":
    main()
