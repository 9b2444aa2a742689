"""Measure `endpoint`, `list` and `status` on clouds' deployments, less the clouds' own answers.

    python bench/lookups.py [--runs 5]

It needs `pulumi` on PATH. One deployment is made on the stand-in of AWS and one on that of Azure
(this machine), in a folder; then the same stacks are put in a bucket and in a stand-in of Pulumi
Cloud, and the commands run on each. "answers" is how long a command had threads that waited for a
cloud, or for Pulumi Cloud: the union of the times that they were in `recv` and `connect`. "own" is
the rest, with what obstore takes to read a bucket. The smallest of each is the one to compare.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from operations import LICENSE, MODEL, REPO, ROOT, Side, weights

NAMES = {"aws": "chat-aws", "azure": "chat-azure"}
IMAGE = f"ghcr.io/huggingface/text-generation-inference:3.3.5@sha256:{'d' * 64}"
OPTIONS: Mapping[str, tuple[str, ...]] = {"aws": (), "azure": ("--image", IMAGE)}
COMMANDS = (
    ("endpoint", NAMES["aws"]),
    ("endpoint", NAMES["azure"]),
    ("status", NAMES["aws"], "--json"),
    ("status", NAMES["azure"], "--json"),
    ("list", "--json"),
)
BUCKET = "llamactl-bench-states"
# Put where Python imports it first: it notes when the process waits for an answer.
WATCH = """
import atexit, os, socket, threading, time
_times, _lock = [], threading.Lock()
def _watched(method):
    def call(self, *arguments, **options):
        begun = time.perf_counter()
        try:
            return method(self, *arguments, **options)
        finally:
            with _lock:
                _times.append((begun, time.perf_counter()))
    return call
for _name in ("recv", "recv_into", "connect"):
    setattr(socket.socket, _name, _watched(getattr(socket.socket, _name)))
def _tell():
    total, until = 0.0, 0.0
    for begun, ended in sorted(_times):
        total += max(0.0, ended - max(begun, until))
        until = max(until, ended)
    with open(os.environ["BENCH_WAITED"], "w") as file:
        file.write(str(total))
atexit.register(_tell)
_exit = os._exit
def _leave(code):
    _tell()
    _exit(code)
os._exit = _leave
"""


def main() -> int:
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="llamactl-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        environment = stack.enter_context(clouds(folder))
        side = Side("now", ROOT, folder, environment)
        side.run("license", "license", "accept", LICENSE, "--accepted-by", "Jane Doe")
        for cloud, deployment in NAMES.items():
            words = ("deploy", MODEL, "--cloud", cloud, "--yes", "--name", deployment)
            side.run(f"deploy {cloud}", *words, *OPTIONS[cloud])
        backends = {"a folder": {}, "S3": in_bucket(folder, environment)}
        backends["Pulumi Cloud"] = stack.enter_context(in_service(folder))
        for backend, more in backends.items():
            measure(backend, side, more, arguments.runs)
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5, help="how often each command is run")
    return parser.parse_args()


@contextmanager
def clouds(folder: Path) -> Iterator[dict[str, str]]:
    """Start the stand-ins of both clouds and of a Hub, and give a user's environment."""
    sys.path.insert(0, str(ROOT / "tests"))
    from standins.aws import Aws
    from standins.azure import SUBSCRIPTION, Azure
    from standins.chat_server import ChatServer
    from standins.hub import TOKEN, HubStandIn
    from standins.providers.plugins import engine_environment

    plugins = engine_environment(folder, aws=("aws",), azure_native=("azure_native",))
    kept = {key: text for key, text in os.environ.items() if key[:4] not in {"AWS_", "PULU"}}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's Python keeps what it has compiled
    own = {
        "HOME": str(folder),
        "HF_HOME": str(folder / "hub"),
        "HF_TOKEN": TOKEN,
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        "ARM_SUBSCRIPTION_ID": SUBSCRIPTION,
    }
    with (
        ChatServer() as chat,
        Aws(chat.url) as aws,
        Azure(chat.url) as azure,
        HubStandIn(weights(), repo=REPO) as hub,
    ):
        there = {**azure.environment, **aws.environment, "HF_ENDPOINT": hub.url}
        yield {**kept, **plugins, **own, **there}


def in_bucket(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Copy the stacks to a bucket, and give what leads there."""
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    client.create_bucket(Bucket=BUCKET)
    backend = home_of(folder) / "backend"
    for path in backend.rglob("*"):
        if path.is_file():
            key = path.relative_to(backend).as_posix()
            client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
    return {"PULUMI_BACKEND_URL": f"s3://{BUCKET}?region=us-east-1"}


@contextmanager
def in_service(folder: Path) -> Iterator[dict[str, str]]:
    """Give the stacks to a stand-in of Pulumi Cloud, and what leads there."""
    from standins.pulumi_service import ORGANIZATION, PulumiService, Stack

    stacks = home_of(folder) / "backend" / ".pulumi" / "stacks" / "llamactl"
    with PulumiService() as service:
        for name in NAMES.values():
            state = json.loads((stacks / f"{name}.json").read_text())["checkpoint"]["latest"]
            service.stacks[ORGANIZATION, "llamactl", name] = Stack([state])
        yield service.environment


def home_of(folder: Path) -> Path:
    """Where llamactl keeps its own project, backend and passphrase."""
    return folder / "state-dir" / "pulumi"


def measure(backend: str, side: Side, more: Mapping[str, str], runs: int) -> None:
    """Print one row for each command: whole, answers, own, and what Python and Pulumi computed."""
    watched = side.folder / "watch"
    watched.mkdir(exist_ok=True)
    (watched / "sitecustomize.py").write_text(WATCH, "utf-8")
    waited = side.folder / "waited"
    passphrase = {"PULUMI_CONFIG_PASSPHRASE_FILE": str(home_of(side.folder) / "passphrase")}
    print(f"\n{backend:<34}{'whole s':>9}{'answers s':>11}{'own s':>8}{'cpu s':>8}")
    for command in COMMANDS:
        rows = []
        for run in range(runs + 1):
            what = f"{backend}: {' '.join(command)}"
            side.run(what, *command, BENCH_WAITED=str(waited), **passphrase, **more)
            wall_s, cpu_s = side.times[what][-1]
            if run:  # the first one compiles
                rows.append((wall_s, float(waited.read_text()), cpu_s))
        wall_s, answers_s, cpu_s = min(rows)
        own_s = wall_s - answers_s
        print(f"{' '.join(command):<34}{wall_s:>9.2f}{answers_s:>11.2f}{own_s:>8.2f}{cpu_s:>8.2f}")


if __name__ == "__main__":
    sys.exit(main())
