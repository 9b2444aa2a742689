"""`llamactl image`: the container that is deployed; one module a command."""

from llamactl.commands.image.group import command

__all__ = ["command"]
