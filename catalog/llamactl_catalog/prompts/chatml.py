"""ChatML: SmolLM2 Instruct and MPT Chat.

Source: the chat template in SmolLM2-135M-Instruct's own GGUF metadata, and the system, user and
assistant formats of mosaicml's MPT-7B-Chat and MPT-30B-Chat demos, read 2026-11. Both demos and
SmolLM2's template introduce the assistant in a system message where there is none. That text is no
part of the format: nothing is put in here. What `chat` says first is in the catalog, where a model
has it (`ChatDefaults.system`); another caller's messages are sent as they are.
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
