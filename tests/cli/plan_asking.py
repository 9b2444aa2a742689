"""How tests ask `llamactl plan`, and get its result or its error."""

import json

from click.testing import CliRunner

from llamactl.commands.plan import command


def invoke(app, *arguments):
    """Run the command; its result, or the error that it raised."""
    result = CliRunner().invoke(command, arguments, obj=app)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def as_json(app, *arguments):
    return json.loads(invoke(app, *arguments, "--json").stdout)
