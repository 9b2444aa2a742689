"""Settings: option, before environment, before llamactl.toml, before default."""

import click
import pytest
from click.testing import CliRunner

from llamactl.app import App
from llamactl.main import cli, run
from llamactl.settings import read_settings
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

    assert read_settings(None, {"non_interactive": None}) == {"non_interactive": True}


def test_a_path_in_the_file_is_relative_to_the_file(tmp_path):
    path = tmp_path / "llamactl.toml"
    path.write_text('catalog-overlay = "ours"\n')

    settings = read_settings(path, {"catalog_overlay": None})

    assert settings == {"catalog_overlay": str(tmp_path / "ours")}


def test_unknown_settings_are_all_told(tmp_path):
    path = tmp_path / "llamactl.toml"
    path.write_text("colour = 1\nsize = 2\n")

    with pytest.raises(InvalidFile) as error:
        read_settings(path, {"state_dir": None})

    assert error.value.problems == (
        "colour: no such setting or command",
        "size: no such setting or command",
    )


def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path):
    path = tmp_path / "llamactl.toml"
    path.write_text("state-dir = \n")

    with pytest.raises(InvalidFile, match="at line 1"):
        read_settings(path, {})


def test_a_named_file_that_is_absent_is_told(tmp_path):
    with pytest.raises(NotFound, match="no settings file"):
        read_settings(tmp_path / "absent.toml", {})


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
