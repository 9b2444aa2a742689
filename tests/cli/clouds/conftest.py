"""A user with an account, and all that a whole `deploy` to a cloud needs, on this machine.

    def test_…(on_aws):
        done = on_aws("deploy", "llama-2-7b-chat", "--cloud", "aws", "--yes")

`on_aws` and `on_azure` are users whose environment leads to the cloud's stand-in (`.cloud`: its
faults, what is in it), to a Hub with small files of the gated Llama 2 7B Chat (`.hub`), and to the
engine's plug-ins over the stand-ins. The license of Llama 2 is accepted in their ledger.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from standins.aws import Aws
from standins.azure import SUBSCRIPTION, Azure
from standins.chat_server import ChatServer
from standins.hub import TOKEN, HubStandIn
from standins.noise import noise
from standins.providers.plugins import engine_environment

MODEL = "llama-2-7b-chat"
REPO = "meta-llama/Llama-2-7b-chat-hf"
LLAMA_2 = "llama-2@0629d729"
FILES = {
    "config.json": b"{}",
    "tokenizer.json": b"{}",
    "model.safetensors": noise(1, 1_200_000),
    "USE_POLICY.md": b"What the tests' Llama may be used for: tests.\n",
}
# By its digest, so that no registry is asked for it.
AZURE_IMAGE = f"ghcr.io/huggingface/text-generation-inference:3.3.5@sha256:{'d' * 64}"
_DEPLOY = ("deploy", MODEL, "--name", "chat", "--yes", "--cloud")
IMAGE = {"aws": (), "azure": ("--image", AZURE_IMAGE)}
DEPLOY = {cloud: (*_DEPLOY, cloud, *image) for cloud, image in IMAGE.items()}
_KINDS = ("endpoint", "configuration", "model", "role", "log group", "dashboard")
_TIMEOUT_S = 300.0
_ROOT = Path(__file__).parents[3]
_DOOR = "from llamactl.door import main; main()"
_OTHERS = ("AWS_", "AZURE_", "ARM_", "HF_", "PULUMI_", "LLAMACTL_")


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass
class User:
    """Someone who runs the real command, in an empty folder; `remains` names all in the account.

    `program` is another llamactl than that of the sources, `place` another folder to be in.
    """

    name: str
    folder: Path
    environment: dict[str, str]
    cloud: Any
    hub: HubStandIn
    chat: ChatServer
    remains: Callable[[], list[str]]
    program: tuple[str, ...] = (sys.executable, "-c", _DOOR)
    place: Path | None = None

    def command(self, *arguments: object) -> list[str]:
        options = [f"--{name}={self.folder / name}" for name in ("state-dir", "cache-dir")]
        return [*self.program, *options, *map(str, arguments)]

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Begin a command."""
        return self._started(self.command(*arguments))

    def __call__(self, *arguments: object) -> Done:
        return _done(self.start(*arguments))

    def start_until(self, operation: str, *arguments: object) -> subprocess.Popen[str]:
        """Begin a command, and wait until the cloud was asked for an operation."""
        process = self.start(*arguments)
        deadline = time.monotonic() + _TIMEOUT_S
        while operation not in self.cloud.operations():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return process

    @staticmethod
    def kill(process: subprocess.Popen[str]) -> None:
        """End a command and all that it has begun, as the end of a machine does."""
        begun = psutil.Process(process.pid).children(recursive=True)
        for each in [*begun, process]:
            each.kill()
        psutil.wait_procs(begun, timeout=10)
        process.communicate(timeout=20)

    def checkout(self) -> None:
        """Make the folder where commands run a project of the engine's, as the sources are."""
        for name in ("Pulumi.yaml", "uv.lock"):
            shutil.copy(_ROOT / name, self.here / name)
        (self.here / "infra").mkdir()
        shutil.copy(_ROOT / "infra" / "__main__.py", self.here / "infra" / "__main__.py")
        shutil.copy(_ROOT / "infra" / ".venv", self.here / "infra" / ".venv", follow_symlinks=False)
        (self.here / ".venv").symlink_to(sys.prefix)

    def pulumi(self, *arguments: object) -> Done:
        """Run the engine's own command, where llamactl keeps its stacks, in this environment."""
        home = self.folder / "state-dir" / "pulumi"
        backend = {
            "PULUMI_BACKEND_URL": (home / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(home / "passphrase"),
        }
        command = ["pulumi", *map(str, arguments), "--stack", MODEL, "--non-interactive"]
        return _done(self._started(command, **backend))

    @property
    def here(self) -> Path:
        folder = self.folder / "here" if self.place is None else self.place
        folder.mkdir(exist_ok=True)
        return folder

    def _started(self, command: list[str], **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self.here,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    """What answers behind every endpoint."""
    with ChatServer() as server:
        yield server


@pytest.fixture
def hub() -> Iterator[HubStandIn]:
    with HubStandIn(FILES, repo=REPO) as server:
        yield server


@pytest.fixture
def aws(chat: ChatServer) -> Iterator[Aws]:
    with Aws(chat.url) as account:
        yield account
        assert account.problems == []


@pytest.fixture
def azure(chat: ChatServer) -> Iterator[Azure]:
    with Azure(chat.url) as account:
        yield account
        assert account.problems == []


@pytest.fixture
def on_aws(
    tmp_path: Path, aws: Aws, hub: HubStandIn, chat: ChatServer, accepted: Path
) -> Iterator[User]:
    """Whoever has an account of AWS."""
    folder = tmp_path / "aws"
    own = {**engine_environment(folder, aws=("aws",)), **aws.environment}
    yield from _user(User("aws", folder, own, aws, hub, chat, aws.everything), accepted)


@pytest.fixture
def on_azure(
    tmp_path: Path, azure: Azure, hub: HubStandIn, chat: ChatServer, accepted: Path
) -> Iterator[User]:
    """Whoever has a subscription of Azure."""
    folder = tmp_path / "azure"
    plugins = engine_environment(folder, azure_native=("azure_native",))
    own = {"AZURE_SUBSCRIPTION_ID": SUBSCRIPTION, "ARM_SUBSCRIPTION_ID": SUBSCRIPTION}
    own = {**plugins, **azure.environment, **own}
    remains = partial(sorted, azure.store.resources)
    yield from _user(User("azure", folder, own, azure, hub, chat, remains), accepted)


@pytest.fixture
def on_both(on_aws: User, azure: Azure) -> User:
    """Whoever has an account of AWS and a subscription of Azure."""
    plugins = engine_environment(on_aws.folder / "azure", azure_native=("azure_native",))
    first = plugins["PATH"].partition(os.pathsep)[0]
    own = {
        **azure.environment,
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        "ARM_SUBSCRIPTION_ID": SUBSCRIPTION,
        "PATH": f"{first}{os.pathsep}{on_aws.environment['PATH']}",
    }

    def remains() -> list[str]:
        return [*on_aws.remains(), *sorted(azure.store.resources)]

    return replace(on_aws, name="any", environment=on_aws.environment | own, remains=remains)


@pytest.fixture(params=["aws", "azure"])
def user(request: pytest.FixtureRequest) -> User:
    """Whoever has an account of that cloud."""
    found: User = request.getfixturevalue(f"on_{request.param}")
    return found


def whole_deployment(user: User) -> str:
    """Assert that there is exactly one deployment, whole and serving; return its content's name."""
    if user.name == "aws":
        there = user.remains()
        counts = [sum(each.startswith(f"{kind} ") for each in there) for kind in _KINDS]
        assert counts == [1] * len(_KINDS)
        seen = user.cloud.client("sagemaker").describe_endpoint(EndpointName="chat")
        assert seen["EndpointStatus"] == "InService"
        assert f"configuration {seen['EndpointConfigName']}" in there
        return str(seen["EndpointConfigName"])
    cloud = user.cloud
    (endpoint,) = cloud.endpoints()
    (name,) = cloud.deployments(endpoint["id"])
    assert cloud.traffic(endpoint["id"]) == {name: 100}
    made = cloud.store.need(f"{endpoint['id']}/deployments/{name}")
    assert made["properties"]["provisioningState"] == "Succeeded"
    return str(name)


@pytest.fixture(scope="session")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the state of someone who has accepted the license of Llama 2."""
    folder = tmp_path_factory.mktemp("accepted")
    with HubStandIn(FILES, repo=REPO) as hub, ChatServer() as chat:
        user = User("nowhere", folder, {}, None, hub, chat, list)
        user.environment = _environment(user)
        done = user("license", "accept", LLAMA_2, "--accepted-by", "Jane Doe")
        assert done.code == 0, done.err
    return folder


def _environment(user: User) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    (user.folder / "home").mkdir()
    shared = {
        "HOME": str(user.folder / "home"),
        "HF_ENDPOINT": user.hub.url,
        "HF_TOKEN": TOKEN,
        "HF_HOME": str(user.folder / "hf"),
        # Whatever is on no stand-in is not reached, at once and wherever the tests run.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    return {**inherited, **shared, **user.environment}


def _user(user: User, accepted: Path) -> Iterator[User]:
    user.environment = _environment(user)
    shutil.copytree(accepted / "state-dir", user.folder / "state-dir")
    yield user
    left = [each for each in psutil.process_iter() if _is_of(each, user.folder)]
    assert not left


def _done(process: subprocess.Popen[str]) -> Done:
    with process:
        out, err = process.communicate(timeout=_TIMEOUT_S)
    return Done(process.returncode, out, err)


def _is_of(process: psutil.Process, folder: Path) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    return process.status() != psutil.STATUS_ZOMBIE and any(str(folder) in each for each in words)
