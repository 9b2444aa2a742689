"""The prompt: a line or a quoted block, with history, completion and the usual keys."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from llamactl.chat.slash import WORDS, is_open
from llamactl.output import talk
from llamactl_gateway.sampling import SETTINGS

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import History

HISTORY_FILE = "chat-history"
_PROMPT = ">>> "
_MORE = "... "
_PRIVATE_MODE = 0o600


def terminal_reader(state_dir: Path) -> Callable[[], str | None]:
    """Give the function that reads what a person types; it gives None when the person leaves.

    What is typed is kept in the state folder's history file, readable by its owner alone.
    """
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import NestedCompleter
    from prompt_toolkit.output import create_output

    words = dict.fromkeys(WORDS) | {"/set": dict.fromkeys(SETTINGS)}
    session: PromptSession[str] = PromptSession(
        history=_history(state_dir / HISTORY_FILE),
        completer=NestedCompleter.from_nested_dict(words),
        complete_while_typing=False,
        output=create_output(always_prefer_tty=True),
    )

    def read() -> str | None:
        while True:
            try:
                return _read_block(session)
            except EOFError:
                return None
            except KeyboardInterrupt:
                if not session.default_buffer.text:
                    talk("Ctrl-D or /bye leaves.")

    return read


def _read_block(session: "PromptSession[str]") -> str:
    text = session.prompt(_PROMPT, placeholder="Ask something (/? for help)")
    while is_open(text):
        text += "\n" + session.prompt(_MORE, placeholder="")
    return text


def _history(path: Path) -> "History":
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, _PRIVATE_MODE))
        path.chmod(_PRIVATE_MODE)
    except OSError as error:
        talk(f"what you type is not kept: {error}")
        return InMemoryHistory()

    class ForgivingHistory(FileHistory):
        def store_string(self, string: str) -> None:
            # Keys that are not UTF-8 arrive as lone surrogates, which no file takes.
            try:
                super().store_string(string.encode("utf-8", "replace").decode())
            except OSError as error:
                talk(f"what you type is not kept: {error}")

    return ForgivingHistory(path)
