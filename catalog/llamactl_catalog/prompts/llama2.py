"""Llama 2 chat, and Code Llama Instruct 7B, 13B and 34B.

Source: meta-llama/llama and meta-llama/codellama, llama/generation.py (`chat_completion`), read
2026-11; the Hub's tokenizer_config.json of Llama-2-7b-chat-hf renders the same text.
"""

from collections.abc import Sequence

from llamactl_catalog.prompts.dialog import Message, alternating

FAMILY = "Llama 2"
# The four tags are Meta's SPECIAL_TAGS; the other two are the tokenizer's own control tokens,
# which the reference code cannot meet in a text because it encodes turn by turn.
CONTROLS = ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<s>", "</s>")


def render(messages: Sequence[Message]) -> str:
    """Render `[INST] <<SYS>>…<</SYS>> question [/INST] answer </s><s>[INST] … [/INST]`.

    Every turn is stripped of surrounding blanks, the system block as a part of the first turn, and
    every turn but the first begins with its own BOS.
    """
    dialog = alternating(messages, FAMILY)
    block = "" if dialog.system is None else f"<<SYS>>\n{dialog.system}\n<</SYS>>\n\n"
    questions = [question for question, _ in dialog.exchanges] + [dialog.question]
    questions[0] = block + questions[0]
    *asked, last = questions
    answered = (
        f"[INST] {question.strip()} [/INST] {answer.strip()} </s><s>"
        for question, (_, answer) in zip(asked, dialog.exchanges, strict=True)
    )
    return "".join([*answered, f"[INST] {last.strip()} [/INST]"])
