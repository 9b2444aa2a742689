"""ChatML: SmolLM2 Instruct and MPT Chat.

Source: the chat template in SmolLM2-135M-Instruct's own GGUF metadata, and the system, user and
assistant formats of mosaicml's MPT-7B-Chat and MPT-30B-Chat demos, read 2026-11. Both demos and
SmolLM2's template put in a system message of their own where there is none; that text belongs to
a model, not to the format, so it is in the catalog (`ChatDefaults.system`).
"""

from collections.abc import Sequence

from llamactl_catalog.prompts.dialog import Message, require_open

FAMILY = "ChatML"
CONTROLS = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")


def render(messages: Sequence[Message]) -> str:
    """Render each message between `<|im_start|>ROLE` and `<|im_end|>`, text untouched."""
    require_open(messages, FAMILY)
    told = "".join(
        f"<|im_start|>{message.role}\n{message.content}<|im_end|>\n" for message in messages
    )
    return f"{told}<|im_start|>assistant\n"
