"""The charts of a comparison: what the load costs, how long one waits, what growth changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llamactl.plan_words import instances
from llamactl.report.drawing import WIDE, Chart, Drawing, drawn, plain_axes
from llamactl.report.figures import around, milliseconds, round_usd, shortened, whole_usd
from llamactl.report.ink import ink, mark, series
from llamactl.report.svg import TIP
from llamactl_catalog.comparing.comparison import Comparison, ModelComparison, Side
from llamactl_catalog.placement import Speed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 30  # points that a bar and its label take
_NAME_ROW = 26  # and the name of a model above its bars
_FRAME = 52  # and the axis below
_PANEL_GAP = 34
_LEFT, _RIGHT = 0.14, 0.98  # where the bars begin and end, as shares of the width
_LETTER = 7.4  # points that a letter takes at most
_LONGEST = 11  # characters that there is room for beside a bar


@dataclass(frozen=True, slots=True)
class _Bar:
    """A row of a chart: a heading alone where `value` is None and `text` is empty."""

    name: str
    value: float | None
    text: str
    ink: str
    mark: str = ""
    speed: Speed | None = None
    slow: float | None = None

    @property
    def is_heading(self) -> bool:
        return self.value is None and not self.text


def monthly_costs(comparison: Comparison) -> Chart:
    """Draw $ per month at the load: a bar for each model on each cloud, and one an API."""
    bars: list[_Bar] = []
    for model in comparison.models:
        bars += [_heading(model.model.id), *_cost_bars(model)]
    if comparison.apis:
        bars.append(_heading("Prices per token"))
    for number, api in enumerate(comparison.apis, start=len(comparison.clouds)):
        cost = api.usd_per_month(comparison.load)
        bars.append(_Bar(api.name, cost, whole_usd(cost), series(number)))

    def draw(figure: "Figure", wide: bool) -> None:
        axes = figure.subplots()
        places = _rows(axes, bars)
        for each, place in zip(bars, places, strict=True):
            _cost_row(axes, each, place, wide=wide)
        axes.set_xlim(0, _room(bars, wide=wide))
        axes.xaxis.set_major_formatter(lambda value, _: round_usd(value))
        axes.locator_params(axis="x", nbins=6 if wide else 3)
        height = figure.get_figheight() * 72
        left, right = (_LEFT, _RIGHT) if wide else (0.02, 0.96)
        figure.subplots_adjust(left, 30 / height, right, 1 - 4 / height)

    height = _height(bars)
    return drawn(
        Drawing(
            "monthly-costs",
            "Dollars per month at the load",
            _described(bars),
            draw,
            wide_height=height,
            narrow_height=height + 14 * sum(not each.is_heading for each in bars),
        )
    )


def latencies(comparison: Comparison) -> Chart | None:
    """Draw how long one waits, with the typical error; None: nothing carries the load."""
    bars: list[_Bar] = []
    for model in comparison.models:
        speeds = [_speed_bar(number, each) for number, each in enumerate(model.sides)]
        bars += [_heading(model.model.id), *(each for each in speeds if each is not None)]
    if all(each.speed is None for each in bars):
        return None

    def draw(figure: "Figure", wide: bool) -> None:
        left, right = figure.subplots(*((1, 2) if wide else (2, 1)))
        _waits(left, bars, lambda speed: speed.time_to_first_token_ms, "to the first token")
        _waits(right, bars, lambda speed: speed.ms_per_token, "per token after it")
        if wide:
            right.set_yticklabels([])
        height = figure.get_figheight() * 72
        figure.subplots_adjust(
            *(
                (0.14, 44 / height, 0.98, 1 - 4 / height)
                if wide
                else (0.2, 44 / height, 0.95, 0.99)
            ),
            wspace=0.1,
            hspace=2.2 * _FRAME / height,
        )

    height = _height(bars) + 10
    return drawn(
        Drawing(
            "latencies",
            "Milliseconds to the first token, and per token after it",
            _described(bars),
            draw,
            wide_height=height,
            narrow_height=2 * height + _PANEL_GAP,
            legend=(
                *(
                    (mark(number), series(number), each.name)
                    for number, each in enumerate(comparison.clouds)
                ),
                ("-", "muted", "typical error"),
            ),
        )
    )


def _room(bars: Sequence[_Bar], *, wide: bool) -> float:
    """Give the amount at the right edge: every bar has room for its words behind it."""
    points = WIDE * (_RIGHT - _LEFT)
    ends = [(max(each.value or 0, each.slow or 0), each.text if wide else "") for each in bars]
    return max(end * points / (points - 12 - _LETTER * len(text)) for end, text in ends) or 1


def _heading(name: str) -> _Bar:
    return _Bar(name, None, "", "ink")


def _cost_bars(model: ModelComparison) -> list[_Bar]:
    bars = []
    for number, each in enumerate(model.sides):
        if each.at_load is None:
            bars.append(_Bar(each.cloud.name, None, each.absence, "muted"))
        else:
            cost = each.at_load.usd_per_month
            text = f"{whole_usd(cost)} · {instances(each.at_load.placement)}"
            slow = each.at_load.slow_usd_per_month
            bars.append(_Bar(each.cloud.name, cost, text, series(number), slow=slow))
    return bars


def _speed_bar(number: int, each: Side) -> _Bar | None:
    if each.at_load is None:
        return None
    speed = each.at_load.placement.speed
    text = (
        f"{milliseconds(speed.time_to_first_token_ms)} to the first token, "
        f"{milliseconds(speed.ms_per_token)} per token"
    )
    return _Bar(each.cloud.name, None, text, series(number), mark(number), speed)


def _height(bars: Sequence[_Bar]) -> float:
    return _FRAME + sum(_NAME_ROW if each.is_heading else _ROW for each in bars)


def _described(bars: Sequence[_Bar]) -> str:
    """Say in words what the bars say."""
    words = [f"{each.name}:" if each.is_heading else f"{each.name} {each.text};" for each in bars]
    return f"{' '.join(words).rstrip(';')}. The figures are in the table below."


def _rows(axes: "Axes", bars: Sequence[_Bar]) -> list[float]:
    """Give each row its place from the top, in points, and write the headings."""
    places = []
    at = 0.0
    for each in bars:
        height = _NAME_ROW if each.is_heading else _ROW
        places.append(at + height / 2)
        at += height
    axes.set_ylim(at, 0)
    plain_axes(axes, x=True, y=False)
    axes.set_yticks([])
    for each, place in zip(bars, places, strict=True):
        if each.is_heading:
            axes.text(
                0, place + 3, each.name,
                transform=axes.get_yaxis_transform(), fontweight="bold", va="center",
            )  # fmt: skip
    return places


def _cost_row(axes: "Axes", each: _Bar, place: float, *, wide: bool) -> None:
    if each.is_heading:
        return
    if each.value is not None:
        at = place if wide else place + 7
        (bar,) = axes.barh(at, each.value, height=18 if wide else 11, color=ink(each.ink))
        bar.set_gid(f"{TIP}{each.name}: {each.text}")
        if each.slow is not None and each.slow > each.value:
            (line,) = axes.plot([each.value, each.slow], [at, at], color=ink(each.ink), linewidth=2)
            axes.plot([each.slow, each.slow], [at - 5, at + 5], color=ink(each.ink), linewidth=2)
            line.set_gid(f"{TIP}{each.name}, if that slow: {whole_usd(each.slow)}")
    if wide:
        axes.annotate(
            shortened(each.name, _LONGEST), (0, place), (-8, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", va="center", color=ink("muted"),
        )  # fmt: skip
        axes.annotate(
            each.text,
            (max(each.value or 0, each.slow or 0), place),
            (8, 0),
            textcoords="offset points",
            va="center",
        )
    else:
        axes.text(
            0, place - 7, f"{shortened(each.name, 2 * _LONGEST)}  {each.text}",
            transform=axes.get_yaxis_transform(), va="center", fontsize=11.5,
        )  # fmt: skip


def _waits(
    axes: "Axes", bars: Sequence[_Bar], value_of: Callable[[Speed], float], label: str
) -> None:
    places = _rows(axes, bars)
    highest = 0.0
    names = []
    for each, place in zip(bars, places, strict=True):
        if each.speed is None:
            continue
        value = value_of(each.speed)
        low, high = around(value, each.speed.error_factor)
        highest = max(highest, high)
        axes.plot([low, high], [place, place], color=ink(each.ink), linewidth=2, alpha=0.6)
        for end in (low, high):
            axes.plot([end, end], [place - 4, place + 4], color=ink(each.ink), linewidth=1.5)
        (point,) = axes.plot(
            [value], [place], each.mark, color=ink(each.ink), markersize=8.5,
            markeredgecolor=ink("page"), zorder=4,
        )  # fmt: skip
        point.set_gid(f"{TIP}{each.name}: {value:.1f} ms {label} ({low:.0f} to {high:.0f})")
        names.append((place, each.name))
    axes.set_yticks([place for place, _ in names], [name for _, name in names])
    axes.set_xlim(0, highest * 1.06)
    axes.set_xlabel(f"ms {label}")
    axes.locator_params(axis="x", nbins=5)
