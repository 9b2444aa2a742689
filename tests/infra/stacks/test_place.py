"""Where stacks are kept, and whose a lock is: without the engine."""

import json
import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("pulumi", reason="needs the extra 'aws' or 'azure'")
from llamactl_catalog.errors import InvalidFile, ProgramMissing
from llamactl_catalog.progress import silent
from llamactl_infra.stacks.locks import locked
from llamactl_infra.stacks.place import stack_place

LOCKED = """error: the stack is currently locked by 1 lock(s). Either wait for the other process(es)
to end or delete the lock file with `pulumi cancel`.
  file:///x.json: created by jane@{host} (pid {pid}) at {at}"""
GONE = 2**22 + 1


def told_of(**of):
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return LOCKED.format(**({"host": socket.gethostname(), "at": now} | of))


def place(tmp_path, told=None, **environment):
    environment.setdefault("HOME", str(tmp_path / "home"))
    report = silent if told is None else lambda step: told.append(step.text)
    return stack_place(tmp_path / "state", tmp_path / "cwd", environment, report)


def test_without_a_login_stacks_are_kept_below_the_state_and_that_is_said(tmp_path):
    told = []

    found = place(tmp_path, told)

    assert found.backend == (tmp_path / "state" / "pulumi" / "backend").as_uri()
    assert str(tmp_path / "state") in told[0]
    assert (found.folder / "Pulumi.yaml").is_file()


def test_the_passphrase_is_made_once_for_this_user_alone(tmp_path):
    first = place(tmp_path).environment["PULUMI_CONFIG_PASSPHRASE_FILE"]
    text = (tmp_path / "state" / "pulumi" / "passphrase").read_text()

    assert place(tmp_path).environment["PULUMI_CONFIG_PASSPHRASE_FILE"] == first
    assert (tmp_path / "state" / "pulumi" / "passphrase").read_text() == text
    assert Path(first).stat().st_mode & 0o077 == 0


def test_its_own_project_names_its_toolchain_and_its_environment(tmp_path):
    settings = json.loads((place(tmp_path).folder / "Pulumi.yaml").read_text("utf-8"))

    assert settings["runtime"]["options"] == {"toolchain": "pip", "virtualenv": sys.prefix}


@pytest.mark.parametrize("name", ["PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"])
def test_a_backend_of_the_environment_is_used(tmp_path, name):
    found = place(tmp_path, **{name: "x"})

    assert found.backend is None
    assert "PULUMI_BACKEND_URL" not in found.environment


def test_a_login_of_the_engines_own_is_used(tmp_path):
    home = tmp_path / "home" / ".pulumi"
    home.mkdir(parents=True)
    (home / "credentials.json").write_text('{"current": "s3://states"}')

    assert place(tmp_path).backend is None


def test_broken_credentials_of_the_engine_are_named(tmp_path):
    home = tmp_path / "home" / ".pulumi"
    home.mkdir(parents=True)
    (home / "credentials.json").write_text("{")

    with pytest.raises(InvalidFile, match=r"credentials\.json"):
        place(tmp_path)


def test_a_project_above_is_used_as_it_is(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: llamactl\nruntime: python\n")

    assert place(tmp_path).folder == tmp_path


def test_a_project_of_another_name_is_not(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: other\n")

    assert place(tmp_path).folder != tmp_path


def test_a_lock_of_a_run_that_is_gone_says_so():
    error = locked("chat", told_of(pid=GONE))

    assert error.is_left_over
    assert "jane" in error.message
    assert "--unlock" in (error.hint or "")
    assert error.exit_code == 5


def test_a_lock_of_a_run_here_is_not_left_over():
    error = locked("chat", told_of(pid=os.getpid()))

    assert not error.is_left_over
    assert not error.may_be_cleared(forced=True)
    assert "unlock" not in (error.hint or "")


def test_another_process_that_has_the_number_now_is_not_the_run():
    error = locked("chat", told_of(pid=os.getpid(), at="2020-01-01T00:00:00Z"))

    assert error.is_left_over


def test_of_another_machine_nobody_can_tell():
    error = locked("chat", told_of(host="elsewhere", pid=1))

    assert error.owner is not None
    assert error.owner.runs is None
    assert "cannot be seen" in error.message
    assert "--force-unlock" in (error.hint or "")
    assert not error.may_be_cleared(forced=False)
    assert error.may_be_cleared(forced=True)


def test_a_missing_engine_says_how_to_get_it(tmp_path, monkeypatch):
    from llamactl_infra.stacks.command import engine_command

    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ProgramMissing) as error:
        engine_command(silent)

    assert error.value.exit_code == 11
    assert "--install-pulumi" in (error.value.hint or "")
