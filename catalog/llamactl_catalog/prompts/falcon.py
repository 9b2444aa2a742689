r"""Falcon 7B and 40B Instruct.

Source: chat_template in tokenizer_config.json of tiiuae/falcon-7b-instruct, commit 0b9684d, read
2026-11. Falcon-180B-Chat has a format of its own.
"""

from collections.abc import Sequence

from llamactl_catalog.prompts.dialog import Message, alternating

FAMILY = "Falcon"
# `>>…<<` and the like are in the tokenizer too, but no part of this format.
CONTROLS = ("<|endoftext|>",)
STOPS = ("\nUser:", "\nAssistant:")


def render(messages: Sequence[Message]) -> str:
    r"""Render `system\n\nUser: question\n\nAssistant: answer … \n\nAssistant:`.

    A blank line parts the turns, so blank lines inside a text are made single line ends: that is
    the template's own guard against a text that fakes a turn. The template replaces once, which
    three line ends in a row get around; here no blank line is left.
    """
    dialog = alternating(messages, FAMILY)
    told = [dialog.system.strip() if dialog.system is not None else ""]
    for question, answer in dialog.exchanges:
        told += [f"\n\nUser: {_squeezed(question)}", f"\n\nAssistant: {_squeezed(answer)}"]
    return "".join([*told, f"\n\nUser: {_squeezed(dialog.question)}", "\n\nAssistant:"])


def _squeezed(content: str) -> str:
    text = content.strip().replace("\r\n", "\n")
    while "\n\n" in text:
        text = text.replace("\n\n", "\n")
    return text
