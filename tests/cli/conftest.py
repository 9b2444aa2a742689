"""A llamactl to run in tests: with folders of its own, and a tiny model in its catalog."""

from dataclasses import dataclass

import psutil
import pytest

from cli.deploying_room import deploying_app as deploying_app  # noqa: PLC0414
from cli.deploying_room import deploying_hub as deploying_hub  # noqa: PLC0414
from cli.deploying_room import deploying_ledger as deploying_ledger  # noqa: PLC0414
from cli.image_room import image_room as image_room  # noqa: PLC0414 - fixtures, for all here
from cli.image_room import registry as registry  # noqa: PLC0414
from llamactl.main import run

TINY = """\
name = "Tiny Llama"
family = "tiny"
variant = "chat"
parameters = 115_392
weights_bytes = 230_784
license = "apache-2.0"
gated = false
guardrails = "none"
prompt_format = "chatml"
source = "made by the tests"
checked_on = 2026-11-22

[architecture]
kind = "llama"
layers = 2
hidden = 64
heads = 4
kv_heads = 4
head_dim = 16
intermediate = 128
vocab = 259
context_tokens = 4096
tied_embeddings = false

[[sources]]
kind = "file"
path = "tiny.gguf"
"""


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


class Llamactl:
    """Runs commands with a state folder, a cache and a catalog overlay of its own."""

    def __init__(self, folder, capsys):
        self.state = folder / "state"
        self.options = [
            f"--state-dir={self.state}",
            f"--cache-dir={folder / 'cache'}",
            f"--catalog-overlay={folder / 'overlay'}",
        ]
        self._capsys = capsys

    def __call__(self, *args):
        self._capsys.readouterr()
        code = run([*self.options, *map(str, args)])
        captured = self._capsys.readouterr()
        return Result(code, captured.out, captured.err)

    def files(self):
        """Give what lies in the state folder."""
        return sorted(
            str(path.relative_to(self.state)) for path in self.state.rglob("*") if path.is_file()
        )


@pytest.fixture
def llamactl(tmp_path, capsys):
    """A llamactl whose deployments are all destroyed at the end."""
    models = tmp_path / "overlay" / "models"
    models.mkdir(parents=True)
    (models / "tiny.toml").write_text(TINY)
    command = Llamactl(tmp_path, capsys)
    yield command
    for line in command("list").out.splitlines()[1:]:
        command("destroy", line.split()[0])
    left = [each for each in psutil.Process().children(recursive=True) if is_of(each, tmp_path)]
    assert not left


@pytest.fixture
def tiny(llamactl, tiny_gguf):
    """A running deployment of the tiny model, named `tiny`."""
    result = llamactl("deploy", "tiny", "--cloud", "local", "--gguf", tiny_gguf, "--yes")
    assert result.code == 0, result.err
    return result.out.strip()


def is_of(process, folder):
    """Tell whether a living process was started on files of a folder."""
    if process.status() == psutil.STATUS_ZOMBIE:
        return False
    return any(str(folder) in word for word in process.cmdline())
