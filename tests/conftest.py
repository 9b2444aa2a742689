"""Fixtures that every package's tests may use, and the tests that need the Pulumi engine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from standins.object_storage import S3, Blob, azurite, running_blob, running_s3
from tiny_llama import make_tiny_llama


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama model file of 435 KB with random weights."""
    return make_tiny_llama(tmp_path_factory.mktemp("tiny") / "tiny-llama.gguf")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    """S3's protocol, by moto's server."""
    with running_s3() as server:
        yield server


@pytest.fixture
def s3(s3_server: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    """An S3 that this process's environment leads to."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture(scope="session")
def blob_server() -> Iterator[Blob]:
    """Blob Storage's protocol, by Azurite."""
    program = azurite()
    if program is None:
        pytest.skip("azurite is not on PATH: npm install --global azurite")
    with running_blob(program) as server:
        yield server


@pytest.fixture
def blob(blob_server: Blob, monkeypatch: pytest.MonkeyPatch) -> Blob:
    """A Blob Storage that this process's environment leads to."""
    for name, value in blob_server.environment.items():
        monkeypatch.setenv(name, value)
    return blob_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what drives the real pulumi command where there is none."""
    if shutil.which("pulumi") is None:
        for item in items:
            if item.get_closest_marker("engine") is not None:
                item.add_marker(pytest.mark.skip(reason="pulumi is not on PATH"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the skipped tests of each such kind aloud, so that nobody takes them for passed."""
    stats = terminalreporter.stats
    for mark in ("engine", "packaging"):
        # A module that skips itself has a report without them.
        skipped = sum(mark in getattr(each, "keywords", ()) for each in stats.get("skipped", []))
        left_out = sum(
            each.get_closest_marker(mark) is not None
            and each.get_closest_marker("slow") is not None
            for each in stats.get("deselected", [])
        )
        more = f", left to `make installs`: {left_out}" if left_out else ""
        terminalreporter.write_line(f"{mark} tests skipped: {skipped}{more}")
