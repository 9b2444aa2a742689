"""`llamactl license`: terms, what was accepted, and the ledger; one module a command."""

from llamactl.commands.license.group import command

__all__ = ["command"]
