"""How tests run a command, and get its result or its error."""

import json

from click.testing import CliRunner


def asking(command):
    """Give two functions: one runs the command, the other reads the JSON that it prints."""

    def invoke(app, *arguments):
        """Run the command; its result, or the error that it raised."""
        result = CliRunner().invoke(command, arguments, obj=app)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def as_json(app, *arguments):
        return json.loads(invoke(app, *arguments, "--json").stdout)

    return invoke, as_json
