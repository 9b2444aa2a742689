"""A tool's end when we are ended, and its output when it is none of ours."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from llamactl_catalog.errors import ProgramMissing, Unhealthy
from llamactl_containers.builders.running import answer_of, run_tool

# A buildah that hangs in a step, with a child of its own.
HANGING = "#!/bin/sh\necho STEP 2/3: RUN wait\nsleep 7654321 & wait\n"
PROGRAM = """
import os, sys
from pathlib import Path
from containers.builders.recipes import small_context
from llamactl_containers.builders.buildah import Buildah
from llamactl_containers.builders.builder import Room
from llamactl_containers.builders.store import ImageStore

folder = Path(sys.argv[1])
room = Room(ImageStore(folder / "images"), folder / "log", os.environ)
try:
    Buildah().build(small_context(), "tag", room, lambda step: print(step.text, flush=True))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_an_interrupt_ends_the_tool_with_its_children_and_leaves_nothing(tmp_path):
    """In a process of its own, that gets what Ctrl-C sends."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "buildah").write_text(HANGING)
    (tmp_path / "bin" / "buildah").chmod(0o755)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "step 2 of 3: RUN wait\n"

    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=30)[0]

    assert "interrupted" in rest
    assert list((tmp_path / "images").glob(".scratch-*")) == []
    assert not [each for each in psutil.process_iter() if "7654321" in command_line(each)]


def command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_output_that_is_no_text_is_no_failure(tmp_path):
    lines: list[str] = []
    print_bytes = "import sys; sys.stdout.buffer.write(bytes([255, 10]))"

    run_tool([sys.executable, "-c", print_bytes], os.environ, tmp_path / "log", lines.append)

    assert lines == ["\ufffd"]


def test_a_tool_that_fails_without_a_word_says_its_exit_code(tmp_path):
    fail = [sys.executable, "-c", "raise SystemExit(7)"]

    with pytest.raises(Unhealthy, match="exit code 7: without a word"):
        run_tool(fail, os.environ, tmp_path / "log", lambda _line: None)


def test_a_tool_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(ProgramMissing, match="cannot be started"):
        run_tool(["no-such-tool"], os.environ, tmp_path / "log", lambda _line: None)
    with pytest.raises(ProgramMissing, match="does not answer"):
        answer_of(["no-such-tool", "--version"], os.environ)
