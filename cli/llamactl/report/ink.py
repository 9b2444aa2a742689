"""The inks of a chart: drawn in stand-in colors, which become the page's own CSS variables.

So a chart is light or dark with the page around it, and needs no drawing for each.
"""

# Named as in templates/style.css.
_NAMES = (
    "ink",
    "muted",
    "line",
    "grid",
    "page",
    "good",
    "series-1",
    "series-2",
    "series-3",
    "series-4",
    "series-5",
    "series-6",
    "part-1",
    "part-2",
    "part-3",
    "part-4",
)
# Nearly black, and nothing that matplotlib draws of itself.
_STAND_INS = {name: f"#0102{number:02x}" for number, name in enumerate(_NAMES, start=1)}
_SERIES = 6
# By matplotlib's names.
_MARKS = ("o", "s", "^", "D", "v", "P")


def ink(name: str) -> str:
    """Give the color to draw with, by the CSS variable that it stands for."""
    return _STAND_INS[name]


def series(number: int) -> str:
    """Give the name of the ink of a series, counted from 0; the seventh has that of the first."""
    return f"series-{number % _SERIES + 1}"


def mark(number: int) -> str:
    """Give the shape of a series' marks: color alone is not for everybody."""
    return _MARKS[number % _SERIES]


def with_variables(style: str) -> str:
    """Put the page's variables where the stand-ins are."""
    for name, color in _STAND_INS.items():
        style = style.replace(color, f"var(--{name})")
    return style
