"""Foreign text on a terminal: shown, never acted on."""

import unicodedata

# Controls, formats that reorder or hide text, and halves of characters.
_ACTED_ON = frozenset({"Cc", "Cf", "Cs"})


def on_one_line(text: str) -> str:
    """Give a name or an answer as one line that a terminal only shows."""
    return " ".join(for_terminal(text).split())


def for_terminal(text: str) -> str:
    """Leave out what a terminal would act on instead of showing it."""
    return "".join(
        each for each in text if each in "\n\t" or unicodedata.category(each) not in _ACTED_ON
    )
