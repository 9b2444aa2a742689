"""Fixtures that every package's tests may use, and the tests that need the Pulumi engine."""

import shutil
from pathlib import Path

import pytest

from tiny_llama import make_tiny_llama


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama model file of 435 KB with random weights."""
    return make_tiny_llama(tmp_path_factory.mktemp("tiny") / "tiny-llama.gguf")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what drives the real pulumi command where there is none."""
    if shutil.which("pulumi") is None:
        for item in items:
            if item.get_closest_marker("engine") is not None:
                item.add_marker(pytest.mark.skip(reason="pulumi is not on PATH"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the skipped engine tests aloud, so that nobody takes them for passed."""
    skipped = terminalreporter.stats.get("skipped", [])
    engine = sum("engine" in report.keywords for report in skipped)
    terminalreporter.write_line(f"engine tests skipped: {engine}")
