"""Running the engine's program: a stand-in that is interrupted while it is at something small."""

import os
import signal
import threading
import time

import pytest

pytest.importorskip("pulumi", reason="needs the extra 'aws' or 'azure'")
from llamactl_catalog.progress import silent
from llamactl_infra.stacks.command import EngineCommand

PROGRAM = """#!/bin/sh
[ "$1" = version ] && echo v3.200.0 && exit
trap 'exit {code}' INT
touch {started}
while :; do sleep 0.05; done
"""


@pytest.mark.parametrize("code", [0, 1])
def test_an_interrupt_is_heard_however_the_engine_ends_what_it_is_at(tmp_path, monkeypatch, code):
    started = tmp_path / "started"
    program = tmp_path / "pulumi"
    program.write_text(PROGRAM.format(code=code, started=started))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    command = EngineCommand(silent)

    threading.Thread(target=interrupt_when, args=(started,)).start()

    with pytest.raises(KeyboardInterrupt):
        command.run(["config"], str(tmp_path), {})


def interrupt_when(started):
    while not started.exists():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)
