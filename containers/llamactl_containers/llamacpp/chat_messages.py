"""Reads OpenAI's chat messages into a prompt of the model's own format."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson

from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.model import PromptFormatName
from llamactl_catalog.prompts import Message, Role, render_prompt
from llamactl_containers.llamacpp.refusal import Refused

_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "user",  # no family of the catalog has a role for it: a result is told by the user
}


def read_messages(values: Any) -> list[Message]:
    """Read and check `messages`; those of one role in a row become one.

    Raises:
        Refused: naming the message and what is wrong with it.
    """
    if not isinstance(values, list):
        raise Refused("validation", "`messages` must be an array", param="messages")
    if not values:
        raise Refused("validation", "`messages` must not be empty", param="messages")
    merged: list[Message] = []
    for index, value in enumerate(values):
        message = _message(value, f"messages[{index}]")
        came_from_tool = value["role"] == "tool"
        if came_from_tool and merged and merged[-1].role == message.role:
            message = Message(message.role, f"{merged.pop().content}\n{message.content}")
        merged.append(message)
    return merged


def chat_prompt(
    prompt_format: PromptFormatName | None, messages: Sequence[Message], instruction: str = ""
) -> str:
    """Render a conversation, with an instruction behind its last message, as TGI puts tools.

    Raises:
        Refused: the model has no chat format, or its format does not allow these messages.
    """
    if prompt_format is None:
        raise Refused("template_error", "template not found: this is a base model without chat")
    if instruction:
        last = messages[-1]
        messages = [*messages[:-1], Message(last.role, f"{last.content}\n---\n{instruction}")]
    try:
        return render_prompt(prompt_format, messages)
    except InvalidInput as error:
        hint = f" ({error.hint})" if error.hint else ""
        raise Refused("template_error", f"{error.message}{hint}", param="messages") from error


def call_text(name: str, arguments: str) -> str:
    """Write a tool call the way the model is made to write one."""
    return f'{{"name": {orjson.dumps(name).decode()}, "parameters": {arguments}}}'


def _message(value: Any, where: str) -> Message:
    if not isinstance(value, dict):
        raise Refused("validation", f"`{where}` must be an object", param=where)
    role = value.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        message = f"`{where}.role` must be one of {', '.join(_ROLES)}. Given: {role!r}"
        raise Refused("validation", message, param=f"{where}.role")
    content, calls = value.get("content"), value.get("tool_calls")
    if role == "assistant" and calls:
        return Message("assistant", _text(content, where) + _calls_text(calls, where))
    if content is None:
        raise Refused("validation", f"`{where}.content` is missing", param=f"{where}.content")
    return Message(_ROLES[role], _text(content, where))


def _text(content: Any, where: str) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise Refused("validation", f"`{where}.content` must be a string or an array of parts")
    return "".join(_part(part, f"{where}.content[{i}]") for i, part in enumerate(content))


def _part(part: Any, where: str) -> str:
    kind: str | Literal[False] = isinstance(part, dict) and str(part.get("type"))
    if kind == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    if kind and kind != "text":
        message = f"`{where}` is of type {kind}: this model reads text only"
        raise Refused("validation", message, param=where)
    raise Refused("validation", f"`{where}` must be an object with `type` and `text`", param=where)


def _calls_text(calls: Any, where: str) -> str:
    try:
        functions = [call["function"] for call in calls]
        texts = [call_text(each["name"], _arguments(each)) for each in functions]
    except (KeyError, TypeError) as error:
        where = f"{where}.tool_calls"
        message = f"`{where}` must be an array of calls, each with its function's name"
        raise Refused("validation", message, param=where) from error
    return "\n".join(texts)


def _arguments(function: Mapping[str, Any]) -> str:
    arguments = function.get("arguments", "{}")
    return arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
