"""Compare how long `llamactl` takes to start with other command lines, in one run.

    python bench/startup.py [--runs 15] [--peers-venv DIR]...

Commands that are not installed are left out. The runs alternate, so that a busy machine is busy
for all alike; the smallest time of each is the one to compare, the median shows how busy it was.
First it proves that the everyday commands open no connection: they run with sockets that refuse.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

OWN = (("llamactl", "--help"), ("llamactl", "models"), ("llamactl", "list"))
PEERS = (
    ("aws", "--version"),
    ("hf", "--help"),
    ("dstack", "--help"),
    ("sky", "--help"),
)
# The bar: at most this share of the peer's time.
BARS = {"aws --version": 1 / 3, "sky --help": 1 / 15}
BARE_CLICK = """
import click
@click.group()
def cli(): ...
for name in "models deploy list status logs chat invoke destroy".split():
    cli.command(name)(lambda: None)
cli()
"""
NO_NETWORK = """
import socket
def refuse(*arguments, **options):
    raise SystemExit(f"a network call: {arguments}")
socket.socket.connect = socket.socket.connect_ex = refuse
socket.create_connection = socket.getaddrinfo = refuse
"""


def main() -> int:
    arguments = parse()
    own_bin = str(Path(sys.executable).parent)
    path = os.pathsep.join(
        [own_bin, *(str(venv / "bin") for venv in arguments.peers_venv), os.environ["PATH"]]
    )
    with tempfile.TemporaryDirectory(prefix="llamactl-bench-") as folder:
        environment = {name: text for name, text in os.environ.items() if name[:4] != "PYTH"}
        environment |= {
            "PATH": path,
            "LLAMACTL_STATE_DIR": str(Path(folder, "state")),
            "LLAMACTL_CACHE_DIR": str(Path(folder, "cache")),
        }
        for command in OWN:
            without_network(command, Path(folder), environment)
        print("no network call: " + ", ".join(map(" ".join, OWN)))
        return report(measure(commands(path), arguments.runs, environment))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=15, help="how often each command is run")
    parser.add_argument(
        "--peers-venv", type=Path, action="append", default=[], help="where peers are installed"
    )
    return parser.parse_args()


def without_network(command: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> None:
    """Run a command with sockets that refuse to connect; a failure ends the benchmark."""
    (folder / "sitecustomize.py").write_text(NO_NETWORK, "utf-8")
    guarded = {**environment, "PYTHONPATH": str(folder)}
    subprocess.run(command, env=guarded, check=True, stdout=subprocess.DEVNULL, stderr=2)


def commands(path: str) -> dict[str, tuple[str, ...]]:
    """Name the commands to measure: the bare program, our own, and the peers that are there."""
    bare = {"bare click program --help": (sys.executable, "-c", BARE_CLICK, "--help")}
    found = {
        " ".join(words): (program, *words[1:])
        for words in (*OWN, *PEERS)
        if (program := shutil.which(words[0], path=path)) is not None and runs(program, words[1:])
    }
    return bare | found


def runs(program: str, arguments: tuple[str, ...]) -> bool:
    """Tell whether a program works here, and warm the caches for it."""
    done = subprocess.run([program, *arguments], capture_output=True, check=False)
    return done.returncode == 0


def measure(
    named: Mapping[str, tuple[str, ...]], rounds: int, environment: Mapping[str, str]
) -> dict[str, list[float]]:
    """Run every command once a round; milliseconds of wall time by command."""
    times_ms: dict[str, list[float]] = {name: [] for name in named}
    for _ in range(rounds):
        for name, command in named.items():
            started = time.perf_counter()
            subprocess.run(command, env=environment, capture_output=True, check=True)
            times_ms[name].append(1000 * (time.perf_counter() - started))
    return times_ms


def report(times_ms: Mapping[str, list[float]]) -> int:
    """Print the table and the verdict; 1 where a bar is missed."""
    own_ms = max(min(times_ms[" ".join(words)]) for words in OWN)
    print(f"\n{'command':<28}{'min ms':>8}{'median ms':>11}{'of our slowest':>19}")
    for name, each in sorted(times_ms.items(), key=lambda item: min(item[1])):
        ratio = min(each) / own_ms
        print(f"{name:<28}{min(each):>8.0f}{statistics.median(each):>11.0f}{ratio:>19.2f}")
    missed = 0
    for name, bar in BARS.items():
        if name in times_ms:
            share = own_ms / min(times_ms[name])
            missed += share > bar
            verdict = "met" if share <= bar else "missed"
            print(f"\nbar of {bar:.3f} of {name}: {verdict}, at {share:.3f}", end="")
        else:
            print(f"\nbar of {bar:.3f} of {name}: not measured, it is not installed", end="")
    print()
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
