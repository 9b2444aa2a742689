"""A stack that another run holds: whose lock it is, and clearing one that was left."""

from collections.abc import Callable
from typing import TypeVar

import click

from llamactl.app import App
from llamactl.interview import can_ask
from llamactl.output import talk
from llamactl.pipeline.ground import Stack
from llamactl_infra.stacks.locks import StackLocked

_Result = TypeVar("_Result")


def on_stack(
    app: App, stack: Stack, act: Callable[[], _Result], *, unlock: bool, force: bool = False
) -> _Result:
    """Do something on a stack; a lock is cleared by `unlock`, or where a person says so.

    Only a lock whose run is known to be gone; with `force`, also one whose run cannot be seen.

    Raises:
        StackLocked: the lock is another's, and is left to it.
    """
    try:
        return act()
    except StackLocked as locked:
        is_asked = (unlock or force) and locked.may_be_cleared(forced=force)
        if not (is_asked or _may_clear(app, locked)):
            raise
        talk(locked.message)
    stack.unlock()
    talk("the lock is cleared: going on")
    return act()


def _may_clear(app: App, locked: StackLocked) -> bool:
    if not locked.is_left_over or not can_ask(app):
        return False
    talk(locked.message)
    return click.confirm("Clear the lock and go on?", err=True)
