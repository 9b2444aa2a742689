"""`doctor`: this installation, line by line; and the engine, fetched by its own installer."""

import json
import os
import stat

import pytest

from llamactl_catalog.progress import silent
from llamactl_infra.stacks.installed import install_engine, installed_engine


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """Nothing on PATH, no login, and a network that leads nowhere."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    for name in ("PULUMI_HOME", "PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def lines(result):
    return {each["check"]: each for each in json.loads(result.out)}


def test_every_part_has_a_line(llamactl, alone):
    found = lines(llamactl("doctor", "--json"))

    assert list(found) == [
        "llamactl", "python", "extras", "engine", "environment", "backend", "state", "cache",
        "ledger", "catalog", "docker", "builder", "gpu",
    ]  # fmt: skip


def test_a_missing_engine_has_its_exit_code_and_the_fix(llamactl, alone):
    pytest.importorskip("pulumi")

    result = llamactl("doctor")

    assert result.code == 11
    assert "fix: llamactl doctor --install-pulumi" in result.out


def test_it_makes_nothing(llamactl, alone):
    llamactl("doctor")

    assert not llamactl.state.exists() or llamactl.files() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_state_folder_that_cannot_be_written_fails(llamactl, alone):
    llamactl.state.mkdir(parents=True)
    llamactl.state.chmod(stat.S_IRUSR | stat.S_IXUSR)

    state = lines(llamactl("doctor", "--json"))["state"]

    assert (state["state"], state["exit_code"]) == ("failed", 10)


def test_a_broken_ledger_fails(llamactl, alone):
    llamactl.options.append("--license-ledger=http://nowhere")

    ledger = lines(llamactl("doctor", "--json"))["ledger"]

    assert ledger["state"] == "failed"
    assert ledger["exit_code"] > 0


def test_a_broken_overlay_fails(llamactl, alone, tmp_path):
    (tmp_path / "overlay" / "models" / "broken.toml").write_text("name = ")

    catalog = lines(llamactl("doctor", "--json"))["catalog"]

    assert (catalog["state"], catalog["exit_code"]) == ("failed", 2)


def test_an_engine_that_cannot_be_fetched_is_one_clear_error(llamactl, alone):
    pytest.importorskip("pulumi")

    result = llamactl("doctor", "--install-pulumi")

    assert result.code == 11
    assert "error: pulumi could not be installed" in result.err
    assert "pulumi.com/docs/install" in result.err
    assert "Traceback" not in result.err
    assert not list(alone.rglob("pulumi"))


def put_engine(home):
    """An engine where the installer puts it, which tells its version alone."""
    from importlib.metadata import version

    folder = home / ".pulumi" / "versions" / version("pulumi") / "bin"
    folder.mkdir(parents=True)
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\necho v{version('pulumi')}\n")
    program.chmod(0o755)
    return program


def test_an_engine_that_was_fetched_is_found_without_path(llamactl, alone, monkeypatch):
    pytest.importorskip("pulumi")
    monkeypatch.setenv("PATH", os.defpath)
    program = put_engine(alone)

    engine = lines(llamactl("doctor", "--json"))["engine"]

    assert engine["state"] == "ok", engine
    assert str(program) in engine["text"]


def test_an_engine_that_is_there_is_not_fetched_again(alone):
    pytest.importorskip("pulumi")
    program = put_engine(alone)
    environment = {"HOME": str(alone)}

    root = install_engine(environment, silent)

    assert root == installed_engine(environment)
    assert program.is_relative_to(root)
