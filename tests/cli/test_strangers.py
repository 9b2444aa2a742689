"""Files of strangers: what another user left in a folder above is not obeyed, but named."""

import json
import os
import sys

import pytest

from llamactl.main import run

STRANGER = 12345
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other owners")


def owned_by_a_stranger(path):
    os.chown(path, STRANGER, STRANGER)


def writable_by_all(path):
    path.chmod(path.stat().st_mode | 0o002)


FOREIGN = [
    pytest.param(
        owned_by_a_stranger,
        marks=pytest.mark.skipif(
            not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root alone gives files away"
        ),
    ),
    writable_by_all,
]


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """A folder above the one that the command runs in; home and state are elsewhere."""
    folder = tmp_path / "shared"
    (folder / "work").mkdir(parents=True)
    folder.chmod(0o755)
    monkeypatch.chdir(folder / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home" / ".pulumi"))
    monkeypatch.setenv("LLAMACTL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("LLAMACTL_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", "LLAMACTL_SAFE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.mark.parametrize("make_foreign", FOREIGN)
def test_a_settings_file_of_a_stranger_above_is_refused(shared, capsys, make_foreign):
    path = shared / "llamactl.toml"
    path.write_text('state-dir = "trap"\n')
    make_foreign(path)

    assert run(["list"]) == 10
    told = capsys.readouterr()
    assert told.out == ""
    assert f"refusing to use {path}" in told.err
    assert "LLAMACTL_SAFE_DIRECTORY" in told.err


@pytest.mark.parametrize("make_foreign", FOREIGN)
@pytest.mark.parametrize("what", ["Pulumi.yaml", "infra"])
def test_a_project_of_a_stranger_above_is_refused(shared, capsys, make_foreign, what):
    (shared / "Pulumi.yaml").write_text("name: llamactl\nruntime: python\nmain: infra/\n")
    (shared / "infra").mkdir()
    make_foreign(shared / what)

    assert run(["status", "chat"]) == 10
    assert f"refusing to use {shared / what}" in capsys.readouterr().err


@pytest.mark.parametrize("make_foreign", FOREIGN)
def test_a_project_of_a_stranger_deploys_nothing(shared, capsys, make_foreign):
    (shared / "Pulumi.yaml").write_text("name: llamactl\nruntime: python\n")
    make_foreign(shared / "Pulumi.yaml")
    order = ["deploy", "mistral-7b-instruct-v0.2", "--cloud", "aws", "--region", "us-east-1"]

    assert run([*order, "--preview", "--yes"]) == 10
    assert f"refusing to use {shared / 'Pulumi.yaml'}" in capsys.readouterr().err


@pytest.mark.parametrize("make_foreign", FOREIGN)
@pytest.mark.parametrize("inner", ["", "deployments", "pulumi"])
@pytest.mark.parametrize("command", [["list"], ["destroy", "chat"], ["license", "status"]])
def test_a_state_folder_of_a_stranger_is_refused(shared, capsys, make_foreign, inner, command):
    state = shared.parent / "foreign"
    (state / inner).mkdir(parents=True)
    make_foreign(state / inner)

    assert run(["--state-dir", str(state), *command]) == 10
    assert f"refusing to use {state}" in capsys.readouterr().err


def test_doctor_names_a_state_folder_of_a_stranger(tmp_path, shared, capsys):
    state = tmp_path / "foreign"
    state.mkdir()
    writable_by_all(state)

    run(["--state-dir", str(state), "doctor", "--json"])
    found = {each["check"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["state"]["state"] == "failed"
    assert "every user may write" in found["state"]["text"]


@pytest.mark.parametrize("make_foreign", FOREIGN)
@pytest.mark.parametrize("setting", ["license-policy", "catalog-overlay", "cache-dir"])
def test_what_a_settings_file_names_must_be_ours_too(shared, capsys, make_foreign, setting):
    (shared / "llamactl.toml").write_text(f'{setting} = "named"\n')
    if setting == "license-policy":
        (shared / "named").write_text("")
    else:
        (shared / "named").mkdir()
    make_foreign(shared / "named")

    assert run(["models", "--json"]) == 10
    assert f"refusing to use {shared / 'named'}" in capsys.readouterr().err


def test_a_checkout_of_ones_own_works_with_its_policy_and_says_its_settings(shared, capsys):
    (shared / "llamactl.toml").write_text('license-policy = "policy.toml"\n')
    (shared / "policy.toml").write_text("")
    (shared / "Pulumi.yaml").write_text("name: llamactl\nruntime: python\n")

    assert run(["list", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == []
    assert told.err == f"settings: {shared / 'llamactl.toml'}\n"


def test_a_folder_that_the_environment_calls_safe_is_used(shared, capsys, monkeypatch):
    """As a container needs it that runs as root over the checkout of a runner's user."""
    (shared / "llamactl.toml").write_text("[list]\njson = true\n")
    writable_by_all(shared / "llamactl.toml")
    monkeypatch.setenv("LLAMACTL_SAFE_DIRECTORY", str(shared))

    assert run(["list"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_settings_file_that_is_named_is_used_whoever_owns_it(shared, capsys):
    path = shared / "llamactl.toml"
    path.write_text("[list]\njson = true\n")
    writable_by_all(path)

    assert run(["--config", str(path), "list"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root reads everything")
def test_a_project_that_is_closed_to_this_user_is_passed_over(shared, capsys):
    (shared / "Pulumi.yaml").write_text("name: llamactl\n")
    (shared / "Pulumi.yaml").chmod(0)

    assert run(["list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
