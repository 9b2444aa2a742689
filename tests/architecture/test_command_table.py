"""The lazy table of commands says what the commands themselves say."""

import click
import pytest

from llamactl.main import COMMANDS, cli

NO_LIMIT = 1000


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_repeats_the_first_line_of_the_commands_own_help(name):
    command = cli.get_command(click.Context(cli), name)

    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(NO_LIMIT) == COMMANDS[name].help
