"""How the next token is chosen: the settings of an answer, their ranges and their words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

from llamactl_catalog.errors import InvalidInput

_MAX_SEED = 2**32 - 1  # llama.cpp's seed is 32 bits wide (include/llama.h, uint32_t seed)
MAX_STOPS = 4  # OpenAI's API reference, `stop`, and TGI's --max-stop-sequences default


@dataclass(frozen=True, slots=True)
class Sampling:
    """The settings of one answer. None leaves a setting to the engine."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    repetition_penalty: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] | None = None

    def given(self) -> dict[str, object]:
        """The settings that are not left to the engine, by the names of the OpenAI-style API."""
        pairs = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in pairs if value is not None}

    def over(self, defaults: "Sampling") -> "Sampling":
        """These settings, with `defaults` where these say nothing."""
        return replace(defaults, **self.given())  # type: ignore[arg-type]  # own fields


@dataclass(frozen=True, slots=True)
class Setting:
    """What a person may write for one field of `Sampling`."""

    accepts: str
    help: str
    read: Callable[[str], object | None]


def parse_setting(name: str, text: str) -> object:
    """Read the value of one setting as a person writes it.

    Raises:
        InvalidInput: for a name that is no setting, or a value out of range; the hint has the
            valid ones.
    """
    if name not in SETTINGS:
        raise InvalidInput(f"no setting '{name}'", hint=f"one of {', '.join(SETTINGS)}")
    value = SETTINGS[name].read(text)
    if value is None:
        raise InvalidInput(f"{name} cannot be '{text}'", hint=f"{name} is {SETTINGS[name].accepts}")
    return value


def _real(low: float, high: float, *, above: bool = False) -> Callable[[str], float | None]:
    def read(text: str) -> float | None:
        try:
            number = float(text)
        except ValueError:
            return None
        fits = (low < number if above else low <= number) and number <= high
        return number if fits else None

    return read


def _whole(low: int, high: int) -> Callable[[str], int | None]:
    def read(text: str) -> int | None:
        digits = text.replace("_", "")
        if not (digits.isascii() and digits.isdigit()):
            return None
        return int(digits) if low <= int(digits) <= high else None

    return read


def _strings(text: str) -> tuple[str, ...] | None:
    import shlex

    try:
        words = tuple(shlex.split(text))
    except ValueError:
        return None
    return words if 1 <= len(words) <= MAX_STOPS and all(words) else None


# The ranges are those that both engines accept. Source: TGI's router/src/validation.rs (v3.3) and
# llama.cpp's tools/server README, read 2026-11.
SETTINGS: Mapping[str, Setting] = {
    "temperature": Setting(
        "a number from 0 to 2; 0 always takes the likeliest token",
        "Randomness, 0 to 2.",
        _real(0, 2),
    ),
    "top_p": Setting(
        "a number above 0, up to 1",
        "Choose among the likeliest that sum to this.",
        _real(0, 1, above=True),
    ),
    "top_k": Setting(
        "a whole number from 1 to 100000", "Choose among this many tokens.", _whole(1, 100_000)
    ),
    "max_tokens": Setting(
        "a whole number from 1 to 1000000", "Stop after this many tokens.", _whole(1, 1_000_000)
    ),
    "repetition_penalty": Setting(
        "a number above 0, up to 2; 1 is none",
        "Above 1 discourages repeating, 1 is none.",
        _real(0, 2, above=True),
    ),
    "seed": Setting(
        f"a whole number from 0 to {_MAX_SEED}",
        "The same seed gives the same answer.",
        _whole(0, _MAX_SEED),
    ),
    "stop": Setting(
        f"one to {MAX_STOPS} texts, in quotes where they have blanks",
        "End the answer at this text.",
        _strings,
    ),
}
