"""Tools: the grammar that makes the model write a call, and the call read back from its text.

llama.cpp ignores `tools` without a word (xllamacpp 2026.10.11549), so this does what TGI does:
the tools are told in the prompt, and the answer is held to their schemas.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from llamactl_containers.llamacpp.fields import Fields
from llamactl_containers.llamacpp.grammar import Constraint, constraint, json_rule, quoted
from llamactl_containers.llamacpp.refusal import Refused

# Source: TGI 3.3.7 router/src/lib.rs, `default_tool_prompt`.
DEFAULT_TOOL_PROMPT = (
    "Given the functions available, please respond with a JSON for a function call with its proper "
    "arguments that best answers the given prompt. Respond in the format {name: function name, "
    "parameters: dictionary of argument name and its value}.Do not use variables."
)
_CALL_START = re.compile(r'\{"name": ("(?:[^"\\]|\\.)*"), "parameters": ')
_MOST_TOOLS = 128  # Source: OpenAI's API reference, chat completions, `tools`, 2026-10
_LONGEST_NAME = 256
_NO_PARAMETERS: Mapping[str, Any] = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class ToolUse:
    """What the tools of a request make of it: words for the prompt, and a constraint."""

    instruction: str
    constraint: Constraint


def read_tools(fields: Fields) -> ToolUse | None:
    """Read `tools`, `tool_choice` and TGI's `tool_prompt`; None where no tool is to be used.

    Raises:
        Refused: a tool is malformed, or the one that is named is not among them.
    """
    given = fields.array("tools") or ()
    if len(given) > _MOST_TOOLS:
        message = f"`tools` may hold at most {_MOST_TOOLS}. Given: {len(given)}"
        raise Refused("validation", message, param="tools")
    tools = [_function(tool, index) for index, tool in enumerate(given)]
    choice = _choice(fields.values.get("tool_choice"))
    if choice in (None, "none") and not tools:
        return None
    if choice == "none":
        return None
    if not tools:
        raise Refused("tool_error", "`tool_choice` needs `tools`", param="tool_choice")
    chosen = tools
    if choice not in (None, "auto", "required"):
        chosen = [tool for tool in tools if tool["name"] == choice]
        if not chosen:
            message = f"Tool with name {choice} not found"
            raise Refused("tool_error", message, param="tool_choice")
    prompt = fields.text("tool_prompt") or DEFAULT_TOOL_PROMPT
    instruction = f"{prompt}\n{orjson.dumps(chosen).decode()}"
    return ToolUse(instruction, _constraint(chosen, may_talk=choice in (None, "auto")))


@dataclass(frozen=True, slots=True)
class CallDelta:
    """A part of a tool call: its name first, then its arguments' JSON bit by bit."""

    name: str | None
    arguments: str


class CallReader:
    """Reads an answer that is either a call or plain text, while it comes in."""

    def __init__(self) -> None:
        self.kind: Literal["unknown", "call", "text"] = "unknown"
        self._start = ""
        self._held = ""

    def feed(self, text: str) -> CallDelta | str | None:
        """Take more of the answer; give what may be passed on: a bit of a call, or of a text."""
        if self.kind == "text":
            return text
        if self.kind == "call":
            return CallDelta(None, self._without_last_brace(text))
        self._start += text
        if self._start and not self._start.startswith("{"):
            self.kind = "text"
            return self._start
        match = _CALL_START.match(self._start)
        if match is None:
            return None
        self.kind = "call"
        arguments = self._without_last_brace(self._start[match.end() :])
        return CallDelta(orjson.loads(match[1]), arguments)

    def _without_last_brace(self, text: str) -> str:
        # The call's own closing brace is the answer's last character: it is never passed on.
        text = self._held + text
        self._held = text[-1:]
        return text[:-1]


def _function(tool: Any, index: int) -> Mapping[str, Any]:
    where = f"tools[{index}]"
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or tool.get("type") != "function":
        message = f"`{where}` must be of type function, with its function"
        raise Refused("validation", message, param=where)
    parameters = function.get("parameters", function.get("arguments"))
    name = function.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        message = f"`{where}.function.name` must be a string of up to {_LONGEST_NAME} characters"
        raise Refused("validation", message, param=where)
    if not isinstance(parameters, dict | None):
        message = f"`{where}.function.parameters` must be a JSON schema"
        raise Refused("validation", message, param=where)
    return {
        "name": name,
        "description": function.get("description") or "",
        "parameters": parameters or _NO_PARAMETERS,
    }


def _choice(value: Any) -> str | None:
    """Give `none`, `auto`, `required` or the name of a function; None where nothing is said."""
    if value is None or isinstance(value, str):
        return value
    function = value.get("function") if isinstance(value, dict) else None
    if isinstance(function, dict) and isinstance(function.get("name"), str):
        return str(function["name"])
    raise Refused(
        "validation",
        "`tool_choice` must be none, auto, required or a function by its name",
        param="tool_choice",
    )


def _constraint(tools: Sequence[Mapping[str, Any]], *, may_talk: bool) -> Constraint:
    calls = " | ".join(f"call_{index}" for index in range(len(tools)))
    rules = [f"start: {calls} | text" if may_talk else f"start: {calls}"]
    totals: dict[str, int] = {}
    for index, tool in enumerate(tools):
        opening = quoted(f'{{"name": {quoted(tool["name"])}, "parameters": ')
        rules.append(f'call_{index}: {opening} arguments_{index} "}}"')
        arguments = json_rule(tool["parameters"], "tools", totals)
        rules.append(f"arguments_{index}: {arguments}")
    if may_talk:
        rules.append("text: /[^\\s{](.|\\n)*/")
    return constraint("\n".join(rules) + "\n", "tools")
