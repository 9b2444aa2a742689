"""Code Llama 70B Instruct, which has a format of its own.

Source: "Meta Code Llama 70B" in llama.com's model cards and prompt formats, read 2026-11, and
meta-llama/codellama, llama/generation.py (`dialog_prompt_tokens`), 2024-01.
"""

from collections.abc import Sequence

from llamactl_catalog.prompts.dialog import Message, alternating

FAMILY = "Code Llama 70B"
CONTROLS = ("<step>", "<s>", "</s>")


def render(messages: Sequence[Message]) -> str:
    """Render `Source: ROLE`, a blank line and the text for each message, parted by `<step>`.

    The system part is required and may be empty, so it is there without a system message too. The
    prompt ends with a blank line and one space.
    """
    dialog = alternating(messages, FAMILY)
    parts = [("system", dialog.system if dialog.system is not None else "")]
    for question, answer in dialog.exchanges:
        parts += [("user", question), ("assistant", answer)]
    parts.append(("user", dialog.question))
    told = "".join(f"Source: {role}\n\n {content.strip()} <step> " for role, content in parts)
    return f"{told}Source: assistant\nDestination: user\n\n "
