"""Engine processes to ask: one tiny and fast for the whole run, others as a test wants them."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from llamactl_containers.llamacpp.launch import LaunchSettings
from tiny_llama import make_tiny_llama


@dataclass
class RunningEngine:
    """An engine process, and a client for it."""

    process: subprocess.Popen[str]
    events: list[dict[str, Any]]
    log: list[str] = field(default_factory=list)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.events[-1]['port']}"

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(self.url + path, **options)

    def post(self, path: str, body: Any, **options: Any) -> httpx.Response:
        return self.client.post(self.url + path, json=body, **options)

    def events_of(self, path: str, body: Any) -> list[Any]:
        """Post and give the JSON of each server-sent event, but for `[DONE]`."""
        text = self.post(path, body).raise_for_status().text
        lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
        return [json.loads(line) for line in lines if line != "[DONE]"]

    def running(self) -> int:
        """How many answers are being generated, as `/metrics` tells."""
        return int(self.metric("tgi_batch_current_size"))

    def metric(self, name: str) -> float:
        lines = self.get("/metrics").text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.split()[0] == name)


StartEngine = Callable[..., RunningEngine]


@contextlib.contextmanager
def engine_process(folder: Path, settings: LaunchSettings) -> Iterator[RunningEngine]:
    """Start an engine process, wait for its last starting event, and end it in the end."""
    launch = folder / f"{settings.instance_id}.json"
    launch.write_text(settings.to_json(), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "llamactl_containers.llamacpp", str(launch)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        engine = RunningEngine(process, [])
        reader = threading.Thread(target=lambda: engine.log.extend(process.stderr))
        reader.start()
        try:
            for line in process.stdout:
                engine.events.append(json.loads(line))
                if engine.events[-1]["event"] != "loading":
                    break
            yield engine
        finally:
            engine.client.close()
            if not process.stdin.closed:
                process.stdin.close()
            try:
                process.wait(10)
            finally:
                process.kill()
                reader.join()


@contextlib.contextmanager
def listening_process(folder: Path, settings: LaunchSettings) -> Iterator[RunningEngine]:
    """Start an engine process that comes to listen, and end it in the end."""
    with engine_process(folder, settings) as engine:
        assert engine.events[-1]["event"] == "listening", engine.events
        yield engine


def tiny_launch(model: Path) -> LaunchSettings:
    """How the tiny model is served: on one thread, and gone soon."""
    return LaunchSettings(
        instance_id="tiny-1",
        model_id="tiny-llama",
        model_path=str(model),
        prompt_format="chatml",
        threads=1,
        threads_batch=1,
        drain_s=1.0,
    )


@pytest.fixture(scope="session")
def tiny_settings(tiny_gguf: Path) -> LaunchSettings:
    return tiny_launch(tiny_gguf)


@pytest.fixture(scope="session")
def engine(
    tiny_settings: LaunchSettings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningEngine]:
    """The engine that most tests ask; it is fast, and its answers are noise."""
    with listening_process(tmp_path_factory.mktemp("engine"), tiny_settings) as running:
        yield running


@pytest.fixture(scope="session")
def prefixing_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    """An engine whose vocabulary puts a space before every text, as Llama 2's does."""
    folder = tmp_path_factory.mktemp("prefixing")
    words = (" a", " the", " dark", " {", "  ", " 1")
    model = make_tiny_llama(folder / "prefixing.gguf", words=words)
    with listening_process(folder, tiny_launch(model)) as running:
        yield running


@pytest.fixture(scope="session")
def slow_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 17 million parameters: slow enough to be met at work."""
    path = tmp_path_factory.mktemp("slow") / "slow-llama.gguf"
    return make_tiny_llama(path, layers=20, width=256, heads=8, kv_heads=8, intermediate=768)


@pytest.fixture
def start_engine(tmp_path: Path) -> Iterator[StartEngine]:
    """Start engines of one's own; they end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda settings: stack.enter_context(engine_process(tmp_path, settings))
