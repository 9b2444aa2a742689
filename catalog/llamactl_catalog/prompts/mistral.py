"""Mistral 7B Instruct.

Source: the Mistral cookbook, "Tokenization: chat templates" (mistral-common's tokenizer v1, which
v0.1 and v0.2 were trained with), read 2026-11. v0.3 leaves out the blank before `[/INST]`.
"""

from collections.abc import Sequence

from llamactl_catalog.prompts.dialog import Message, alternating

FAMILY = "Mistral"
CONTROLS = ("[INST]", "[/INST]", "<s>", "</s>")


def render(messages: Sequence[Message]) -> str:
    """Render `[INST] question [/INST] answer</s> [INST] … [/INST]`, texts untouched.

    There is no system block: a system message goes before the first question, with a blank line,
    as mistral-common does.
    """
    dialog = alternating(messages, FAMILY)
    system = "" if dialog.system is None else f"{dialog.system}\n\n"
    questions = [question for question, _ in dialog.exchanges] + [dialog.question]
    questions[0] = system + questions[0]
    answered = (
        f"[INST] {question} [/INST] {answer}</s> "
        for question, (_, answer) in zip(questions, dialog.exchanges, strict=False)
    )
    return "".join([*answered, f"[INST] {questions[-1]} [/INST]"])
