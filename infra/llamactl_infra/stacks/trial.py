"""A stack to try something on: what is tried leaves neither settings nor a stack behind."""

from collections.abc import Iterator
from contextlib import contextmanager

from llamactl_catalog.progress import Report
from llamactl_infra.stacks.place import StackPlace
from llamactl_infra.stacks.settings_file import kept_settings, restore
from llamactl_infra.stacks.stack import DeploymentStack, open_stack, stack_names


@contextmanager
def trial(name: str, place: StackPlace, report: Report) -> Iterator[DeploymentStack]:
    """Open the stack of a deployment; afterwards all of it is as it was.

    Its file of settings has the same bytes again, and a stack that was not there is gone.

    Raises:
        ProgramMissing: the engine is not installed.
        LlamactlError: its backend does not let it be opened.
    """
    kept = kept_settings(place, name)
    is_new = name not in stack_names(place, report)
    try:
        stack = open_stack(name, place, report)
        try:
            yield stack
        finally:
            if is_new:
                stack.forget()
    finally:
        for path, content in kept.items():
            restore(path, content)
