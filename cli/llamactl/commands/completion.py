"""`llamactl completion SHELL`: the script that makes a shell complete llamactl's words."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command(name="completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    bash and zsh: eval "$(llamactl completion bash)" in your shell's start file.
    fish: llamactl completion fish > ~/.config/fish/completions/llamactl.fish
    """
    completion = get_completion_class(shell)
    assert completion is not None  # noqa: S101 - click.Choice has let nothing else in
    root = ctx.find_root().command
    click.echo(completion(root, {}, "llamactl", "_LLAMACTL_COMPLETE").source())
