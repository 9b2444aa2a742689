"""Settings: option, before environment, before llamactl.toml, before default."""

import json
import sys

import click
import pytest
from click.testing import CliRunner

from llamactl.app import App
from llamactl.commands.invoke import command as invoke
from llamactl.main import cli, run
from llamactl.settings import command_settings, read_settings
from llamactl_catalog.errors import InvalidFile, NotFound


@pytest.fixture
def seen_app(monkeypatch, tmp_path):
    """Run the group with a command that shows which settings it was given."""
    monkeypatch.chdir(tmp_path)

    @click.command()
    @click.pass_obj
    def show(app: App) -> None:
        click.echo(f"{app.state_dir.name} {app.non_interactive}")

    group = click.Group("llamactl", callback=cli.callback, params=cli.params)
    group.context_settings = cli.context_settings
    group.add_command(show)

    def run_show(*args, **environment):
        result = CliRunner(env=environment).invoke(group, [*args, "show"])
        assert result.exit_code == 0, result.output
        return result.output.split()

    return run_show


def test_an_option_wins_over_the_environment_and_the_file(seen_app, tmp_path):
    (tmp_path / "llamactl.toml").write_text('state-dir = "from-file"\n')

    assert seen_app("--state-dir", "from-option", LLAMACTL_STATE_DIR="from-env")[0] == "from-option"
    assert seen_app(LLAMACTL_STATE_DIR="from-env")[0] == "from-env"
    assert seen_app()[0] == "from-file"


def test_the_environment_sets_a_flag(seen_app):
    assert seen_app(LLAMACTL_NON_INTERACTIVE="1")[1] == "True"


def test_the_file_is_found_above_this_folder(tmp_path, monkeypatch):
    (tmp_path / "llamactl.toml").write_text("non-interactive = true\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)

    assert read_settings(None, ["non_interactive"]) == {"non_interactive": "True"}


def test_a_path_in_the_file_is_relative_to_the_file(tmp_path):
    path = tmp_path / "llamactl.toml"
    path.write_text('catalog-overlay = "ours"\n')

    settings = read_settings(path, ["catalog_overlay"])

    assert settings == {"catalog_overlay": str(tmp_path / "ours")}


def test_unknown_settings_are_all_told(tmp_path):
    path = tmp_path / "llamactl.toml"
    path.write_text("colour = 1\nsize = 2\n")

    with pytest.raises(InvalidFile) as error:
        read_settings(path, ["state_dir"])

    assert error.value.problems == (
        "colour: no such setting or command",
        "size: no such setting or command",
    )


def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path):
    path = tmp_path / "llamactl.toml"
    path.write_text("state-dir = \n")

    with pytest.raises(InvalidFile, match="at line 1"):
        read_settings(path, [])


def test_a_named_file_that_is_absent_is_told(tmp_path):
    with pytest.raises(NotFound, match="no settings file"):
        read_settings(tmp_path / "absent.toml", [])


def test_a_commands_table_sets_its_options(tmp_path, monkeypatch, capsys):
    (tmp_path / "llamactl.toml").write_text("[list]\njson = true\n")
    monkeypatch.chdir(tmp_path)

    code = run(["--state-dir", str(tmp_path / "state"), "list"])

    assert (code, capsys.readouterr().out) == (0, "[]\n")


def test_an_option_that_the_command_lacks_is_told(tmp_path, monkeypatch, capsys):
    (tmp_path / "llamactl.toml").write_text("[list]\nspeed = 3\n")
    monkeypatch.chdir(tmp_path)

    code = run(["list"])

    assert code == 2
    assert "list.speed: no such option" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("state-dir = 5", "state-dir: is not a path, which stands in quotes"),
        ('state-dir = ""', "state-dir: is not a path, which stands in quotes"),
        ('state-dir = ["a"]', "state-dir: takes one value"),
        ('state-dir = "a\\u0000b"', "state-dir: holds a null character"),
        ('state-dir = "~no-such-user/x"', "state-dir: '~no-such-user/x' is in no known home"),
    ],
)
def test_a_value_that_is_no_path_is_told(tmp_path, text, problem):
    path = tmp_path / "llamactl.toml"
    path.write_text(text)

    with pytest.raises(InvalidFile) as error:
        read_settings(path, ["state_dir"])

    assert error.value.problems == (problem,)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("[deploy]\nport = [1, 2]", "deploy.port: takes one value"),
        ("[deploy]\nport = {a = 1}", "deploy.port: takes one value"),
        ("[deploy]\nport = 1.5", "'1.5' is not a valid integer range"),
        ("[deploy]\nparallel = true", "'True' is not a valid integer range"),
        ("[models]\nlist = 3", "list: is not a table"),
        ("[models.list]\nspeed = 3", "list.speed: no such option"),
    ],
)
def test_a_value_of_another_kind_is_a_usage_error(tmp_path, monkeypatch, capsys, table, words):
    (tmp_path / "llamactl.toml").write_text(table)
    monkeypatch.chdir(tmp_path)

    code = run(["models", "list"] if "models" in table else ["deploy", "--cloud", "local"])

    assert code == 2
    assert words in capsys.readouterr().err


def test_the_table_of_a_command_below_a_command_sets_its_options(tmp_path, monkeypatch, capsys):
    (tmp_path / "llamactl.toml").write_text('[models.list]\nfamily = "mpt"\njson = true\n')
    monkeypatch.chdir(tmp_path)

    assert run(["models"]) == 0
    assert {each["family"] for each in json.loads(capsys.readouterr().out)} == {"mpt"}


def test_an_option_that_may_be_repeated_takes_one_value_or_a_list():
    assert command_settings(invoke, {"stop": "a"}) == {"stop": ["a"]}
    assert command_settings(invoke, {"stop": ["a", "b"]}) == {"stop": ["a", "b"]}


@pytest.mark.skipif(sys.platform == "win32", reason="no folder in use can be removed there")
def test_a_current_folder_that_is_gone_is_told(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    with pytest.raises(NotFound, match="the current folder is gone"):
        read_settings(None, [])


@pytest.mark.parametrize("option", ["--state-dir", "--cache-dir", "--catalog-overlay", "--config"])
def test_an_empty_path_is_told(option, capsys):
    assert run([option, "", "list"]) == 2
    assert "the path is empty" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="paths are text there")
def test_a_path_that_is_not_utf8_is_told(capsys):
    assert run(["deploy", "--cloud", "local", "--gguf", "bad\udcff.gguf"]) == 2
    assert "'bad\\udcff.gguf' is not UTF-8" in capsys.readouterr().err
