"""Mistral 7B Instruct: v0.1 and v0.2 (tokenizer v1), and v0.3 (tokenizer v3).

There is no system block. mistral-common puts a system message before a question, with a blank line
between: before the first question with tokenizer v1, before the last with v3.

Source: mistralai/mistral-common, tokens/tokenizers/instruct.py (`encode_user_message` of
InstructTokenizerV1 and V2, which V3 inherits) and its tests' chat templates v1_spm and v3_spm,
commit bc022b9; the Mistral cookbook, "Tokenization: templates", read 2026-11.
"""

from collections.abc import Sequence

from llamactl_catalog.prompts.dialog import Dialog, Message, alternating

FAMILY = "Mistral"
CONTROLS = ("[INST]", "[/INST]", "<s>", "</s>")


def render(messages: Sequence[Message]) -> str:
    """Render `[INST] question [/INST] answer</s> [INST] … [/INST]`, texts untouched."""
    dialog = alternating(messages, FAMILY)
    *asked, last = _questions(dialog, told_before=0)
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
    *asked, last = _questions(dialog, told_before=-1)
    answered = (
        f"[INST] {question}[/INST] {answer.strip()}</s>"
        for question, (_, answer) in zip(asked, dialog.exchanges, strict=True)
    )
    return "".join([*answered, f"[INST] {last}[/INST]"])


def _questions(dialog: Dialog, *, told_before: int) -> list[str]:
    questions = [question for question, _ in dialog.exchanges] + [dialog.question]
    if dialog.system is not None:
        questions[told_before] = f"{dialog.system}\n\n{questions[told_before]}"
    return questions
