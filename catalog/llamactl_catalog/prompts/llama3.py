"""Llama 3, 3.1, 3.2 and 3.3 Instruct.

Source: meta-llama/llama3, llama/tokenizer.py (`ChatFormat`), 2024-04; the same headers in the
"Model cards and prompt formats" pages of 3.1 to 3.3, read 2026-11. The Hub's template of 3.1 and
later also writes a knowledge cut-off and a date into the system message; Meta's own formatter
does not, and neither does this.
"""

from collections.abc import Sequence

from llamactl_catalog.prompts.dialog import Message, require_open

FAMILY = "Llama 3"
CONTROLS = (
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|python_tag|>",
)


def render(messages: Sequence[Message]) -> str:
    """Render a header and a stripped text for each message, then the assistant's header."""
    require_open(messages, FAMILY)
    told = "".join(
        f"{_header(message.role)}{message.content.strip()}<|eot_id|>" for message in messages
    )
    return told + _header("assistant")


def _header(role: str) -> str:
    return f"<|start_header_id|>{role}<|end_header_id|>\n\n"
