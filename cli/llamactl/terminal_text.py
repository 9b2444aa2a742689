"""Foreign text on a terminal: shown, never acted on."""

import unicodedata

# Controls, formats that reorder or hide text, and halves of characters.
_ACTED_ON = frozenset({"Cc", "Cf", "Cs"})


def for_terminal(text: str) -> str:
    """Leave out what a terminal would act on instead of showing it."""
    return "".join(
        each for each in text if each in "\n\t" or unicodedata.category(each) not in _ACTED_ON
    )
