"""Chat messages as the one text that each model family was trained to continue."""

from llamactl_catalog.prompts.dialog import Message, Role
from llamactl_catalog.prompts.formats import control_strings, render_prompt, stop_strings

__all__ = ["Message", "Role", "control_strings", "render_prompt", "stop_strings"]
