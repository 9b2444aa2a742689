"""Mistral 7B Instruct: v0.1 and v0.2 (tokenizer v1), and v0.3 (tokenizer v3).

Source: the Mistral cookbook, "Tokenization: templates" and "Chat templates", which quotes
mistral-common, read 2026-11.
"""

from collections.abc import Sequence

from llamactl_catalog.prompts.dialog import Dialog, Message, alternating

FAMILY = "Mistral"
CONTROLS = ("[INST]", "[/INST]", "<s>", "</s>")


def render(messages: Sequence[Message]) -> str:
    """Render `[INST] question [/INST] answer</s> [INST] … [/INST]`, texts untouched.

    There is no system block: a system message goes before the first question, with a blank line,
    as mistral-common does.
    """
    dialog = alternating(messages, FAMILY)
    *asked, last = _questions(dialog)
    answered = (
        f"[INST] {question} [/INST] {answer}</s> "
        for question, (_, answer) in zip(asked, dialog.exchanges, strict=True)
    )
    return "".join([*answered, f"[INST] {last} [/INST]"])


def render_v3(messages: Sequence[Message]) -> str:
    """Render `[INST] question[/INST] answer</s>[INST] …[/INST]`; answers are stripped.

    The two tags are control tokens here, so the blanks beside them that v1 has are gone.
    """
    dialog = alternating(messages, FAMILY)
    *asked, last = _questions(dialog)
    answered = (
        f"[INST] {question}[/INST] {answer.strip()}</s>"
        for question, (_, answer) in zip(asked, dialog.exchanges, strict=True)
    )
    return "".join([*answered, f"[INST] {last}[/INST]"])


def _questions(dialog: Dialog) -> list[str]:
    questions = [question for question, _ in dialog.exchanges] + [dialog.question]
    if dialog.system is not None:
        questions[0] = f"{dialog.system}\n\n{questions[0]}"
    return questions
