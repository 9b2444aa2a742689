"""Measure the commands that look after a deployment, and a `deploy` that changes nothing.

    python bench/operations.py [--runs 5] [--before CHECKOUT] [--deploys 1]

It needs `pulumi` on PATH. A deployment is made on the stand-in of AWS (this machine), then `list`,
`status` and `endpoint` run on it beside `--help`. The column "by Pulumi" is the same command with a
backend address that llamactl leaves to Pulumi, so that each stack is exported by Pulumi's command.
`--before` names another checkout, whose commands run in the same rounds. The smallest of each is
the one to compare; "cpu" is what the command and its children have used, whatever else was busy.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODEL, LICENSE = "llama-2-7b-chat", "llama-2@0629d729"
REPO = "meta-llama/Llama-2-7b-chat-hf"
PACKAGES = ("catalog", "containers", "infra", "gateway", "cli")
DOOR = "from llamactl.door import main; main()"
COMMANDS = (("--help",), ("list",), ("status", "{name}"), ("endpoint", "{name}"))
STAGE = re.compile(r"^✓ (?P<name>\w[\w ]*?)\s{2,}.*?(?P<seconds>[\d.]+) s\b", re.MULTILINE)


@dataclass
class Side:
    """One checkout with a state of its own, and what its commands took."""

    name: str
    root: Path
    folder: Path
    environment: Mapping[str, str]
    times: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    @property
    def deployment(self) -> str:
        """The name of its deployment: both sides share one account."""
        return f"chat-{self.name}"

    def run(self, what: str, *arguments: str, **more: str) -> str:
        """Run one command, keep its time under a name, and return what it said."""
        options = [f"--{each}={self.folder / each}" for each in ("state-dir", "cache-dir")]
        command = [sys.executable, "-c", DOOR, *options, *arguments]
        watch = self.folder / "watch"  # what a benchmark has Python run first
        roots = os.pathsep.join(map(str, [watch, *(self.root / each for each in PACKAGES)]))
        environment = {**self.environment, "PYTHONPATH": roots, **more}
        started = time.perf_counter()
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=said, stderr=said
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            wall_s = time.perf_counter() - started
            said.seek(0)
            text = said.read()
        if process.returncode != 0:
            raise SystemExit(f"{self.name}: {' '.join(arguments)} failed:\n{text}")
        self.times.setdefault(what, []).append((wall_s, used.ru_utime + used.ru_stime))
        return text


def main() -> int:
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="llamactl-bench-") as folder, account() as environment:
        roots = {"before": arguments.before} if arguments.before is not None else {}
        sides = [
            side(name, root, Path(folder, name), environment)
            for name, root in {**roots, "now": ROOT}.items()
        ]
        for each in sides:
            deploy(each, arguments.deploys)
        for _ in range(arguments.runs):
            for each in sides:
                look_after(each, COMMANDS)
            look_after(sides[-1], COMMANDS[1:], ", by Pulumi", **by_pulumi(sides[-1].folder))
    report(sides)
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5, help="how often each command is run")
    parser.add_argument("--deploys", type=int, default=1, help="how many deploys change nothing")
    parser.add_argument("--before", type=Path, help="another checkout to compare with")
    return parser.parse_args()


@contextmanager
def account() -> Iterator[dict[str, str]]:
    """Start the stand-ins: AWS, what answers behind its endpoints, and a Hub with small weights."""
    sys.path.insert(0, str(ROOT / "tests"))
    from standins.aws import Aws
    from standins.chat_server import ChatServer
    from standins.hub import TOKEN, HubStandIn

    with ChatServer() as chat, Aws(chat.url) as aws, HubStandIn(weights(), repo=REPO) as hub:
        yield {**aws.environment, "HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN}


def weights() -> dict[str, bytes]:
    """Give the files of a small model, as a Hub has them."""
    from standins.noise import noise

    return {
        "config.json": b"{}",
        "tokenizer.json": b"{}",
        "model.safetensors": noise(1, 1_200_000),
        "USE_POLICY.md": b"What the benchmark's Llama may be used for: benchmarks.\n",
    }


def side(name: str, root: Path, folder: Path, account: Mapping[str, str]) -> Side:
    """Make an empty home for a checkout's commands, with the stand-in of Pulumi's provider."""
    from standins.providers.plugins import engine_environment

    folder.mkdir()
    own = engine_environment(folder, aws=("aws",))
    inherited = {key: value for key, value in os.environ.items() if key[:4] not in {"AWS_", "PULU"}}
    home = {"HOME": str(folder), "HF_HOME": str(folder / "hub")}
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's Python keeps what it has compiled
    compiled = {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    return Side(name, root, folder, {**inherited, **home, **own, **compiled, **account})


def deploy(each: Side, again: int) -> None:
    """Create the deployment, and run the same command again, which has nothing to change."""
    each.run("license accept", "license", "accept", LICENSE, "--accepted-by", "Jane Doe")
    words = ("deploy", MODEL, "--cloud", "aws", "--yes", "--name", each.deployment)
    stages("deploy", each.name, each.run("deploy: creation", *words))
    for _ in range(again):
        stages("deploy again", each.name, each.run("deploy: no change", *words))
    each.times.pop("license accept")


def look_after(each: Side, commands: Sequence[Sequence[str]], how: str = "", **more: str) -> None:
    """Run the everyday commands once."""
    for command in commands:
        words = [word.format(name=each.deployment) for word in command]
        each.run(command[0] + how, *words, **more)


def stages(what: str, who: str, said: str) -> None:
    """Print what each stage of a deploy took, as the command says it."""
    print(f"\n{who}, {what}:")
    for line in said.splitlines():
        if line.startswith("✓"):
            print(f"  {line}")


def by_pulumi(folder: Path) -> dict[str, str]:
    """Name the backend by an address with a parameter: such a one is left to Pulumi."""
    home = folder / "state-dir" / "pulumi"
    return {
        "PULUMI_BACKEND_URL": f"{(home / 'backend').as_uri()}?no_tmp_dir=true",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(home / "passphrase"),
    }


def report(sides: Sequence[Side]) -> None:
    """Print one row for each command, with the smallest wall and CPU time of each side."""
    names = list(dict.fromkeys(name for each in sides for name in each.times))
    head = "".join(f"{f'{each.name}: wall s':>16}{'cpu s':>8}" for each in sides)
    print(f"\n{'command':<28}{head}")
    for name in names:
        cells = ""
        for each in sides:
            taken = each.times.get(name)
            best = [min(of) for of in zip(*taken, strict=True)] if taken else []
            cells += f"{best[0]:>16.2f}{best[1]:>8.2f}" if best else f"{'-':>16}{'-':>8}"
        print(f"{name:<28}{cells}")


if __name__ == "__main__":
    sys.exit(main())
