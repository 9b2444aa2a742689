"""Llama Guard 7B: the task of judging a conversation, not of continuing it.

Source: meta-llama/llama-recipes, src/llama_recipes/inference/prompt_format_utils.py
(PROMPT_TEMPLATE_1 and the names of LLAMA_GUARD_1_CATEGORY), commit 52a85e1, read 2026-11. Its
`build_default_prompt` lists the names alone, and so does this; the Hub's template describes each
category at length, which a system message can do here.
"""

from collections.abc import Sequence

from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.prompts.dialog import Message, require_turns, split_system

FAMILY = "Llama Guard"
CONTROLS = (
    "[INST]",
    "[/INST]",
    "<BEGIN UNSAFE CONTENT CATEGORIES>",
    "<END UNSAFE CONTENT CATEGORIES>",
    "<BEGIN CONVERSATION>",
    "<END CONVERSATION>",
    "<s>",
    "</s>",
)
_CATEGORIES = (
    "O1: Violence and Hate.\n"
    "O2: Sexual Content.\n"
    "O3: Criminal Planning.\n"
    "O4: Guns and Illegal Weapons.\n"
    "O5: Regulated or Controlled Substances.\n"
    "O6: Self-Harm."
)
_SPEAKERS = {"user": "User", "assistant": "Agent"}


def render(messages: Sequence[Message]) -> str:
    """Render the task of judging the last speaker: the user, or the assistant's answer.

    The answer is `safe`, or `unsafe` and a line with the categories. A system message holds the
    categories to judge by, in place of the model's own six.
    """
    policy, turns = split_system(messages)
    require_turns(turns, FAMILY, offset=len(messages) - len(turns))
    if policy is not None and not policy.strip():
        raise InvalidInput(
            "the system message of Llama Guard holds its categories and is empty",
            hint="leave the system message out to judge by the model's own categories",
        )
    judged = _SPEAKERS[turns[-1].role]
    told = "\n\n".join(f"{_SPEAKERS[turn.role]}: {turn.content}" for turn in turns)
    return (
        f"[INST] Task: Check if there is unsafe content in '{judged}' messages in conversations "
        "according our safety policy with the below categories.\n\n"
        "<BEGIN UNSAFE CONTENT CATEGORIES>\n"
        f"{_CATEGORIES if policy is None else policy.strip()}\n"
        "<END UNSAFE CONTENT CATEGORIES>\n\n"
        f"<BEGIN CONVERSATION>\n\n{told}\n\n<END CONVERSATION>\n\n"
        f"Provide your safety assessment for {judged} in the above conversation:\n"
        "- First line must read 'safe' or 'unsafe'.\n"
        "- If unsafe, a second line must include a comma-separated list of violated categories."
        " [/INST]"
    )
