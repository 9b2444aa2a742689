"""Draws a chart twice, as wide as a page and as wide as a phone; the page shows the one that fits.

matplotlib's settings are set for the drawing alone and are as before after it; a user's own do not
count. What is drawn twice is the same to the byte.
"""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

from llamactl.report.ink import ink
from llamactl.report.svg import page_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# In points, which the page shows as pixels, or a little larger.
WIDE, NARROW = 760, 340
_POINTS_PER_INCH = 72
_FONT_SIZE = 12
_ONE_TWO_FIVE = (1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as SVG in two widths, with the words for those who do not see it.

    `legend` names the marks: each with its shape (templates/parts.html.j2) and its ink.
    """

    name: str
    title: str
    description: str
    wide: str
    narrow: str
    legend: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is to be drawn: `draw` fills a figure, whether wide or not; heights are in points."""

    name: str
    title: str
    description: str
    draw: "Callable[[Figure, bool], None]"
    wide_height: float
    narrow_height: float
    legend: tuple[tuple[str, str, str], ...] = ()


def drawn(drawing: Drawing) -> Chart:
    """Draw it in both widths."""
    with _quiet():
        wide = _svg(drawing, (WIDE, drawing.wide_height), wide=True)
        narrow = _svg(drawing, (NARROW, drawing.narrow_height), wide=False)
    return Chart(
        drawing.name, drawing.title, drawing.description, wide, narrow, legend=drawing.legend
    )


def plain_axes(axes: "Axes", *, x: bool, y: bool) -> None:
    """Draw no frame, and faint lines across from the marks of `x` and `y`."""
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0, pad=6)
    axes.set_axisbelow(True)
    if x:
        axes.grid(axis="x", which="major")
    if y:
        axes.grid(axis="y", which="major")


def log_ticks(axis: "Axis", write: Callable[[float], str], *, sparse: bool = False) -> None:
    """Mark 1, 2, 5, 10 and so on, or every power of ten alone, in plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    axis.set_major_locator(LogLocator(subs=(1.0,) if sparse else _ONE_TWO_FIVE, numticks=20))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
    axis.set_minor_formatter(NullFormatter())


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Move places apart, so that none is nearer to the next than `gap`; their order stays."""
    order = sorted(range(len(places)), key=places.__getitem__)
    groups: list[list[float]] = []  # of each: its center, and how many it holds
    for at in order:
        groups.append([places[at], 1])
        while len(groups) > 1 and _touch(groups[-2], groups[-1], gap):
            (one, many), (other, more) = groups[-2:]
            groups[-2:] = [[(one * many + other * more) / (many + more), many + more]]
    centers = [
        center + (step - (count - 1) / 2) * gap
        for center, count in groups
        for step in range(int(count))
    ]
    moved = dict(zip(order, centers, strict=True))
    return [moved[at] for at in range(len(places))]


def _touch(lower: Sequence[float], upper: Sequence[float], gap: float) -> bool:
    return upper[0] - lower[0] < gap * (lower[1] + upper[1]) / 2


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep from the user what only matplotlib cares for: where its cache is, what its font lacks.

    The reader's own fonts have the letters; the one here only measures.
    """
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            yield
    finally:
        log.setLevel(level)


def _svg(drawing: Drawing, size: tuple[float, float], *, wide: bool) -> str:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    name = f"{drawing.name}-{'wide' if wide else 'narrow'}"
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_settings(name))
        figure = Figure(figsize=(size[0] / _POINTS_PER_INCH, size[1] / _POINTS_PER_INCH))
        FigureCanvasSVG(figure)
        drawing.draw(figure, wide)
        file = StringIO()
        unnamed = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(file, format="svg", transparent=True, metadata=unnamed)
    return page_svg(file.getvalue(), name, drawing.title, drawing.description)


def _settings(name: str) -> dict[Any, Any]:
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "figure.dpi": _POINTS_PER_INCH,
        "savefig.dpi": _POINTS_PER_INCH,
        "font.size": _FONT_SIZE,
        "text.color": ink("ink"),
        "text.parse_math": False,  # a dollar is a dollar
        "axes.labelcolor": ink("muted"),
        "axes.edgecolor": ink("line"),
        "axes.labelsize": _FONT_SIZE,
        "xtick.labelsize": _FONT_SIZE,
        "ytick.labelsize": _FONT_SIZE,
        "xtick.labelcolor": ink("muted"),
        "ytick.labelcolor": ink("muted"),
        "xtick.color": ink("line"),
        "ytick.color": ink("line"),
        "grid.color": ink("grid"),
        "grid.linewidth": 1.0,
        "lines.solid_capstyle": "butt",
    }
