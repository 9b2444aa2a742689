"""The passphrase of llamactl's own backend: whole, its own, and named where something is wrong."""

import errno
import os
import subprocess
import sys

import pytest

pytest.importorskip("pulumi", reason="needs the extra 'aws' or 'azure'")
from infra.stacks.conftest import spec_of
from llamactl_catalog.errors import InvalidFile, NoPermission
from llamactl_catalog.progress import silent
from llamactl_infra.stacks.command import EngineCommand
from llamactl_infra.stacks.place import StackPlace, stack_place
from llamactl_infra.stacks.stack import open_stack

FOREIGN = [
    {"PULUMI_CONFIG_PASSPHRASE": ""},
    {"PULUMI_CONFIG_PASSPHRASE": "another"},
    {"PULUMI_CONFIG_PASSPHRASE_FILE": "/dev/null"},
]


def place(tmp_path, **environment):
    environment.setdefault("HOME", str(tmp_path / "home"))
    return stack_place(tmp_path / "state", tmp_path / "cwd", environment, silent)


def kept_at(tmp_path):
    return tmp_path / "state" / "pulumi" / "passphrase"


@pytest.mark.parametrize("foreign", FOREIGN)
def test_the_own_backend_has_its_own_passphrase(tmp_path, foreign):
    found = place(tmp_path, **foreign)

    assert found.environment["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(kept_at(tmp_path))
    assert len(kept_at(tmp_path).read_text()) > 20


def test_an_empty_passphrase_is_refused_and_its_file_named(tmp_path):
    kept_at(tmp_path).parent.mkdir(parents=True)
    kept_at(tmp_path).write_text("\n")

    with pytest.raises(InvalidFile, match="the passphrase is empty") as error:
        place(tmp_path)

    assert str(kept_at(tmp_path)) in error.value.hint


FULL = """
import resource, sys
from pathlib import Path
from llamactl_infra.stacks.place import own_passphrase
home = Path(sys.argv[1])
home.mkdir(parents=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    own_passphrase(home, {})
except OSError as error:
    sys.exit(error.errno)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_disk_without_room_leaves_no_passphrase_behind(tmp_path):
    """A limit on a file's size stands for the full disk: half of the text would fit."""
    home = kept_at(tmp_path).parent

    done = subprocess.run([sys.executable, "-c", FULL, str(home)], check=False)

    assert done.returncode == errno.EFBIG
    assert [each.name for each in home.iterdir() if each.name != "passphrase.lock"] == []


def test_stacks_of_an_earlier_llamactl_keep_the_passphrase_of_the_environment(tmp_path):
    stacks = tmp_path / "state" / "pulumi" / "backend" / ".pulumi" / "stacks" / "llamactl"
    stacks.mkdir(parents=True)
    (stacks / "chat.json").write_text("{}")

    found = place(tmp_path, PULUMI_CONFIG_PASSPHRASE="mine")  # noqa: S106 - made up

    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in found.environment
    assert not kept_at(tmp_path).exists()


def test_an_error_about_the_passphrase_names_the_file(tmp_path):
    found = place(tmp_path)
    error = NoPermission("incorrect passphrase", hint="set it")

    assert str(kept_at(tmp_path)) in found.explained(error).hint
    assert StackPlace(tmp_path, None).explained(NoPermission("no", hint="x")).hint == "x"


@pytest.mark.engine
@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_foreign_passphrase_blocks_no_stack_of_the_own_backend(
    engine, tmp_path, monkeypatch, foreign
):
    spec = spec_of(hub_token="hf_" + "token")  # a secret, which is decrypted with the passphrase
    before = stack_place(tmp_path / "state", tmp_path, os.environ, silent)
    open_stack("chat", before).configure(spec)
    for name, value in foreign.items():
        monkeypatch.setenv(name, value)

    after = stack_place(tmp_path / "state", tmp_path, os.environ, silent)

    assert open_stack("chat", after).spec() == spec


@pytest.mark.engine
def test_another_passphrase_is_told_with_the_file_it_belongs_in(engine, tmp_path):
    found = stack_place(tmp_path / "state", tmp_path, os.environ, silent)
    open_stack("chat", found).configure(spec_of(hub_token="hf_" + "token"))
    kept_at(tmp_path).write_text("another")

    with pytest.raises(NoPermission) as error:
        open_stack("chat", found).spec()

    assert str(kept_at(tmp_path)) in error.value.hint


@pytest.mark.engine
def test_a_phrase_of_the_environment_stays_where_no_file_is_named(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "mine")
    command = EngineCommand(silent)
    (tmp_path / "Pulumi.yaml").write_text("name: llamactl\nruntime: python\n")
    backend = {"PULUMI_BACKEND_URL": tmp_path.as_uri()}

    assert command.run(["stack", "init", "chat"], str(tmp_path), backend).code == 0
