"""MPT-7B-Instruct and MPT-30B-Instruct: the format of the dolly-15k data.

Source: the "Formatting" section of mosaicml/mpt-7b-instruct's model card (INTRO_BLURB,
INSTRUCTION_KEY, RESPONSE_KEY), read 2026-11.
"""

from collections.abc import Sequence

from llamactl_catalog.prompts.dialog import Message, alternating

FAMILY = "MPT Instruct"
CONTROLS = ("### Instruction:", "### Response:", "<|endoftext|>")
STOPS = ("### End",)
_INTRO = (
    "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request."
)


def render(messages: Sequence[Message]) -> str:
    """Render the introduction, then an instruction and a response for each turn.

    The model was trained on single turns; further ones repeat the two blocks. A system message
    stands in place of the introduction.
    """
    dialog = alternating(messages, FAMILY)
    told = [dialog.system if dialog.system is not None else _INTRO]
    for question, answer in dialog.exchanges:
        told += ["### Instruction:", question, "### Response:", answer]
    return "\n".join([*told, "### Instruction:", dialog.question, "### Response:", ""])
