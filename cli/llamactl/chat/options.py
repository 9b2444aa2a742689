"""The options that `chat` and `invoke` share: the settings of an answer."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from llamactl.chat.partner import Partner
from llamactl.chat.session import Session, require_utf8
from llamactl_catalog.errors import InvalidInput
from llamactl_gateway.endpoint import Sampling
from llamactl_gateway.sampling import MAX_STOPS, SETTINGS, parse_setting

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _SettingType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """A value of one setting, by the same rules as `/set`."""

    def __init__(self, setting: str) -> None:
        self.name = setting

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        """Read the value, or fail with the valid range."""
        try:
            return parse_setting(self.name, str(value))
        except InvalidInput as error:
            self.fail(f"{error.message}; {error.hint}", param, ctx)


def sampling_options(function: _Function) -> _Function:
    """Give a command one option for each setting, named as `/set` names it."""
    for name, setting in reversed(list(SETTINGS.items())):
        if name != "stop":
            flag = f"--{name.replace('_', '-')}"
            option = click.option(flag, type=_SettingType(name), metavar="N", help=setting.help)
            function = option(function)
    stop = click.option("--stop", multiple=True, metavar="TEXT", help=SETTINGS["stop"].help)
    return stop(function)


def opening(partner: Partner, system: str | None, settings: dict[str, Any]) -> Session:
    """Begin a conversation: the options where given, else the model's chat defaults.

    An empty `system` takes the model's own system message away.

    Raises:
        InvalidInput: more texts to stop at than engines take, or an empty one, or a text that is
            not UTF-8.
    """
    stop = settings.pop("stop")
    if len(stop) > MAX_STOPS or not all(stop):
        raise InvalidInput(
            "cannot stop at these texts", hint=f"--stop is {SETTINGS['stop'].accepts}"
        )
    for text in (*stop, *([system] if system is not None else [])):
        require_utf8(text)
    asked = Sampling(**settings, stop=tuple(stop) if stop else None)
    sampling = asked.over(partner.sampling())
    said = system if system is not None else partner.system()
    return Session(said or None, sampling, sampling)
