"""The door: help, unknown commands, errors as text, and exit codes."""

import subprocess
import sys
from importlib import import_module

import pytest
from click.testing import CliRunner

from llamactl.main import COMMANDS, cli, run


def test_help_names_every_command_by_panel():
    result = CliRunner().invoke(cli, ["--help"])

    assert result.exit_code == 0
    for name, entry in COMMANDS.items():
        assert f"{entry.panel}:" in result.output
        assert name in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name):
    result = CliRunner().invoke(cli, [name, "--help"])

    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_fits_eighty_columns(name):
    result = CliRunner().invoke(cli, [name, "--help"], terminal_width=80)

    assert max(map(len, result.output.splitlines())) <= 80


def test_a_misspelt_command_names_the_close_one(capsys):
    code = run(["depoly"])

    assert code == 2
    assert "Did you mean deploy?" in capsys.readouterr().err


def test_a_missing_argument_is_a_usage_error(capsys):
    assert run(["status"]) == 2
    assert "Missing argument 'NAME'" in capsys.readouterr().err


def test_an_error_is_one_sentence_and_a_hint(capsys, tmp_path):
    code = run(["--state-dir", str(tmp_path), "status", "absent"])

    error = capsys.readouterr().err
    assert code == 12
    assert error == "error: no deployment 'absent'\n hint: llamactl deploy makes one\n"


def test_an_error_shows_what_a_terminal_would_act_on_as_text(capsys):
    code = run(["plan", "llama-2-7b", "--region", "us-east-1\x1b[2J\u202e"])

    told = capsys.readouterr().err
    assert code == 2
    assert "there is no 'us-east-1[2J'" in told


def test_nothing_is_said_on_stdout_when_it_fails(capsys, tmp_path):
    run(["--state-dir", str(tmp_path), "endpoint", "absent"])

    assert capsys.readouterr().out == ""


def test_a_broken_pipe_is_no_error():
    command = (
        f"{sys.executable} -c 'from llamactl.door import main; main()' models --json | head -1"
    )

    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602 - a pipe is the point

    assert result.stdout == "[\n"
    assert result.stderr == ""


def test_the_version_is_the_distributions(capsys):
    from importlib.metadata import version

    run(["--version"])

    assert capsys.readouterr().out.strip() == f"llamactl, version {version('llamactl')}"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell, capsys):
    assert run(["completion", shell]) == 0
    assert "_LLAMACTL_COMPLETE" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_names_a_module_with_that_command(name):
    module = import_module(f"llamactl.commands.{COMMANDS[name].module}")

    assert module.command.name == name
