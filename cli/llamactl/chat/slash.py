"""What a line at the prompt means: a question, or a command that begins with a slash."""

from dataclasses import dataclass

from llamactl_catalog.errors import InvalidInput
from llamactl_gateway.sampling import SETTINGS, parse_setting

QUOTE = '"""'
DEFAULT = "default"

HELP = f"""\
/system [TEXT]       show or set the system message; "" takes it away
/set [NAME VALUE]    show or change a setting: {", ".join(SETTINGS)};
                     VALUE default sets it back
/clear               forget the conversation
/show                the model, its license, the settings, the length so far
/help, /?            this
/bye                 leave (or Ctrl-D)
{QUOTE}                  begin and end a text of several lines
Ctrl-C               stop an answer; what was said so far is kept"""


@dataclass(frozen=True, slots=True)
class Say:
    """Send a text to the model."""

    text: str


@dataclass(frozen=True, slots=True)
class SetSystem:
    """Set the system message; None takes it away."""

    text: str | None


@dataclass(frozen=True, slots=True)
class SetSetting:
    """Change a setting; None sets it back."""

    name: str
    value: object


@dataclass(frozen=True, slots=True)
class Command:
    """A command without arguments, by its first name in `/help`."""

    name: str


Meaning = Say | SetSystem | SetSetting | Command

_PLAIN = {
    "/clear": "clear",
    "/show": "show",
    "/help": "help",
    "/?": "help",
    "/bye": "bye",
    "/exit": "bye",
    "/quit": "bye",
}
WORDS = ("/system", "/set", *_PLAIN)


def is_open(text: str) -> bool:
    """Tell whether a text begun with triple quotes still waits for its end."""
    return text.count(QUOTE) % 2 == 1


def parse(text: str) -> Meaning | None:
    """Read what was typed; None for nothing at all.

    A text that begins with a blank or with triple quotes is never a command.

    Raises:
        InvalidInput: for a command that there is not, or one with a wrong argument.
    """
    if not text.startswith("/"):
        said = _unquoted(text.strip())
        return Say(said) if said.strip() else None
    word, _, rest = text.strip().partition(" ")
    argument = rest.strip()
    match word:
        case "/system":
            return _system(argument)
        case "/set":
            return _setting(argument)
        case _ if word in _PLAIN and argument:
            raise InvalidInput(f"{word} takes no argument", hint="/help lists the commands")
        case _ if word in _PLAIN:
            return Command(_PLAIN[word])
        case _:
            raise InvalidInput(
                f"no command {word}",
                hint="/help lists them; begin with a blank to send a text with a slash",
            )


def _system(argument: str) -> Meaning:
    if not argument:
        return Command("system")
    text = _unquoted(argument)
    if text in ('""', "''"):
        text = ""
    return SetSystem(text if text.strip() else None)


def _setting(argument: str) -> Meaning:
    if not argument:
        return Command("settings")
    name, _, value = argument.partition(" ")
    name = name.replace("-", "_")
    if name in SETTINGS and not value.strip():
        raise InvalidInput(f"/set {name} needs a value", hint=f"{name} is {SETTINGS[name].accepts}")
    if name in SETTINGS and value.strip() == DEFAULT:
        return SetSetting(name, None)
    return SetSetting(name, parse_setting(name, value.strip()))


def _unquoted(text: str) -> str:
    if text.startswith(QUOTE):
        return text.removeprefix(QUOTE).removesuffix(QUOTE).strip("\n")
    return text
