"""The prompt formats by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llamactl_catalog.model import PromptFormatName
from llamactl_catalog.prompts import (
    chatml,
    codellama_70b,
    falcon,
    falcon_180b,
    llama2,
    llama3,
    llama_guard,
    mistral,
    mpt_instruct,
)
from llamactl_catalog.prompts.dialog import Message, refuse_control_strings


@dataclass(frozen=True, slots=True)
class _Format:
    family: str
    controls: tuple[str, ...]
    render: Callable[[Sequence[Message]], str]
    stops: tuple[str, ...] = ()


_FORMATS: Mapping[PromptFormatName, _Format] = {
    "llama-2": _Format(llama2.FAMILY, llama2.CONTROLS, llama2.render),
    "llama-3": _Format(llama3.FAMILY, llama3.CONTROLS, llama3.render),
    "codellama-70b": _Format(codellama_70b.FAMILY, codellama_70b.CONTROLS, codellama_70b.render),
    "llama-guard": _Format(llama_guard.FAMILY, llama_guard.CONTROLS, llama_guard.render),
    "chatml": _Format(chatml.FAMILY, chatml.CONTROLS, chatml.render),
    "mistral": _Format(mistral.FAMILY, mistral.CONTROLS, mistral.render),
    "mistral-v3": _Format(mistral.FAMILY, mistral.CONTROLS, mistral.render_v3),
    "falcon": _Format(falcon.FAMILY, falcon.CONTROLS, falcon.render, falcon.STOPS),
    "falcon-180b": _Format(falcon_180b.FAMILY, falcon_180b.CONTROLS, falcon_180b.render),
    "mpt-instruct": _Format(
        mpt_instruct.FAMILY, mpt_instruct.CONTROLS, mpt_instruct.render, mpt_instruct.STOPS
    ),
}


def render_prompt(name: PromptFormatName, messages: Sequence[Message]) -> str:
    """Render a conversation as the text whose continuation is the next answer.

    There is no leading BOS: the engine's tokenizer adds it. Text of a message appears as it is,
    but for the blanks that the family's own reference strips.

    Raises:
        InvalidInput: for an order of messages that the family does not allow, or for a text that
            contains a control string of the family.
    """
    chosen = _FORMATS[name]
    refuse_control_strings(messages, chosen.controls, chosen.family)
    return chosen.render(messages)


def control_strings(name: PromptFormatName) -> tuple[str, ...]:
    """The strings that structure a prompt of this format and that no message may contain."""
    return _FORMATS[name].controls


def stop_strings(name: PromptFormatName) -> tuple[str, ...]:
    """The strings that end an answer.

    Every control string is one: an answer that stops there can always be sent back as history.
    """
    chosen = _FORMATS[name]
    return (*chosen.controls, *chosen.stops)
