r"""Falcon-180B-Chat, which names its speakers `User:` and `Falcon:`, one a line.

Source: `format_prompt` in the app.py of TII's own demo (Hub space tiiuae/falcon-180b-demo), which
huggingface/blog, falcon-180b.md, commit 04b7bec, quotes; `\nUser:` and `<|endoftext|>` are among
the demo's stops too. Read 2026-11.
"""

from collections.abc import Sequence

from llamactl_catalog.prompts.dialog import Message, alternating

FAMILY = "Falcon 180B"
# Turns are parted by nothing but these line beginnings, so a text with one would fake a turn.
CONTROLS = ("\nSystem:", "\nUser:", "\nFalcon:", "<|endoftext|>")


def render(messages: Sequence[Message]) -> str:
    r"""Render `System: system\nUser: question\nFalcon: answer … \nFalcon:`.

    There is no system line without a system text. Answers are stripped: the model begins each with
    the blank that stands behind `Falcon:`.
    """
    dialog = alternating(messages, FAMILY)
    told = [f"System: {dialog.system}\n"] if dialog.system else []
    for question, answer in dialog.exchanges:
        told.append(f"User: {question}\nFalcon: {answer.strip()}\n")
    return "".join([*told, f"User: {dialog.question}\nFalcon:"])
