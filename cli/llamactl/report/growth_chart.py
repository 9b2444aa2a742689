"""The chart of growth: what a million tokens cost as the load grows, against prices per token."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from llamactl.report.drawing import Chart, Drawing, drawn, log_ticks, plain_axes, spread
from llamactl.report.figures import count, round_usd, shortened, usd
from llamactl.report.ink import ink, mark, series
from llamactl.report.svg import TIP
from llamactl_catalog.comparing.comparison import ApiPrice, Comparison, ModelComparison, Side

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LABEL_GAP = 15  # points between two lines of labels
_LINES = ("-", (0, (6, 2)), (0, (1, 1)))  # of the clouds, in their order
_MARGIN = 1.6
_LONGEST = 24  # characters of a name on a line


def growth_chart(model: ModelComparison, comparison: Comparison, number: int) -> Chart | None:
    """Draw $ per million tokens by load; None: nothing carries any load that is drawn."""
    sides = [(at, each) for at, each in enumerate(model.sides) if each.growth]
    if not sides:
        return None

    per_token = comparison.apis_of(model)

    def draw(figure: "Figure", wide: bool) -> None:
        axes = figure.subplots()
        axes.set_xscale("log")
        axes.set_yscale("log")
        plain_axes(axes, x=True, y=True)
        for at, each in sides:
            _curve(axes, at, each)
        prices = [each.usd_per_million_tokens(comparison.load) for each in per_token]
        _limits(axes, sides, prices)
        log_ticks(axes.xaxis, count, sparse=True)
        log_ticks(axes.yaxis, round_usd, sparse=not wide)
        axes.set_xlabel("tokens a month, prompts and answers")
        axes.set_ylabel("$ per 1M tokens" if wide else "")
        figure.subplots_adjust(*((0.085, 0.125, 0.965, 0.98) if wide else (0.13, 0.14, 0.94, 0.98)))
        _load_line(axes, comparison)
        _api_lines(axes, model, comparison)
        _break_evens(axes, model, comparison)

    return drawn(
        Drawing(
            f"growth-{number}",
            f"{model.model.id}: dollars per million tokens as the load grows",
            " ".join(_described(model, comparison)),
            draw,
            wide_height=400,
            narrow_height=360,
            legend=tuple(_legend(model, comparison)),
        )
    )


def _legend(model: ModelComparison, comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    for at, each in enumerate(model.sides):
        yield ("-" if at == 0 else "--", series(at), each.cloud.name)
    if any(_shown(model)):
        yield "ring", "ink", "break-even"
    if comparison.apis_of(model):
        yield ":", series(len(comparison.clouds)), "price per token"


def _shown(model: ModelComparison) -> Iterator[float]:
    for side in model.sides:
        for each in side.break_evens:
            first = each.first_monthly_tokens
            if first is not None and _is_drawn(side, first):
                yield first


def _is_drawn(side: Side, monthly_tokens: float) -> bool:
    loads = [each.monthly_tokens for each in side.growth]
    return bool(loads) and min(loads) <= monthly_tokens <= max(loads)


def _described(model: ModelComparison, comparison: Comparison) -> Iterator[str]:
    for side in model.sides:
        if not side.growth:
            yield f"{side.cloud.name} {side.absence}."
            continue
        first, last = side.growth[0], side.growth[-1]
        yield (
            f"{side.cloud.name}: from {usd(first.usd_per_million_tokens)} at "
            f"{count(first.monthly_tokens)} tokens a month to "
            f"{usd(last.usd_per_million_tokens)} at {count(last.monthly_tokens)}."
        )
    for api in comparison.apis_of(model):
        price = api.usd_per_million_tokens(comparison.load)
        yield f"{api.name}: {usd(price)} at any load."
    yield "The figures are in the tables below."


def _curve(axes: "Axes", at: int, side: Side) -> None:
    axes.plot(
        [each.monthly_tokens for each in side.growth],
        [each.usd_per_million_tokens for each in side.growth],
        color=ink(series(at)),
        linewidth=2.2,
        linestyle=_LINES[at % len(_LINES)],
        zorder=3,
    )
    spot = side.at_load
    if spot is not None:
        load = spot.usd_per_month / spot.usd_per_million_tokens * 1e6
        (point,) = axes.plot(
            [load], [spot.usd_per_million_tokens], mark(at), color=ink(series(at)), markersize=9,
            markeredgecolor=ink("page"), zorder=5,
        )  # fmt: skip
        words = f"{usd(spot.usd_per_million_tokens)} per 1M tokens at the load"
        point.set_gid(f"{TIP}{side.cloud.name}: {words}")


def _limits(axes: "Axes", sides: list[tuple[int, Side]], per_token: Sequence[float]) -> None:
    points = [each for _, side in sides for each in side.growth]
    prices = [each.usd_per_million_tokens for each in points]
    prices += per_token
    loads = [each.monthly_tokens for each in points]
    above = [each for each in prices if each > 0]
    axes.set_xlim(min(loads), max(loads))
    axes.set_ylim(min(above) / _MARGIN, max(above) * _MARGIN)


def _load_line(axes: "Axes", comparison: Comparison) -> None:
    load = comparison.load.monthly_tokens
    axes.axvline(load, color=ink("muted"), linewidth=1, zorder=2)
    axes.annotate(
        f"the load: {count(load)}", (load, 1), (5, -10), xycoords=("data", "axes fraction"),
        textcoords="offset points", va="center", color=ink("muted"),
    )  # fmt: skip


def _api_lines(axes: "Axes", model: ModelComparison, comparison: Comparison) -> None:
    """Draw each price as a flat line, named above its left end; names keep off each other."""
    priced = [
        (at, each, each.usd_per_million_tokens(comparison.load))
        for at, each in enumerate(comparison.apis_of(model), start=len(comparison.clouds))
    ]
    drawable = [each for each in priced if each[2] > 0]
    heights = [axes.transData.transform((axes.get_xlim()[0], price))[1] for *_, price in drawable]
    places = spread([height + _LABEL_GAP / 2 for height in heights], _LABEL_GAP)
    for (at, api, price), place in zip(drawable, places, strict=True):
        color = ink(series(at))
        axes.axhline(price, color=color, linewidth=1.6, linestyle=(0, (1.5, 2)), zorder=2)
        axes.annotate(
            _api_name(api, price), (axes.transAxes.transform((0, 0))[0] + 4, place),
            xycoords="figure pixels", va="center", color=color, zorder=6,
        )  # fmt: skip


def _api_name(api: ApiPrice, price: float) -> str:
    return f"{shortened(api.name, _LONGEST)} {usd(price)}"


def _break_evens(axes: "Axes", model: ModelComparison, comparison: Comparison) -> None:
    """Ring where a curve first meets each price, and say at which load."""
    for api in comparison.apis_of(model):
        price = api.usd_per_million_tokens(comparison.load)
        found = sorted(
            (each.first_monthly_tokens, side.cloud.name)
            for side in model.sides
            for each in side.break_evens
            if each.api == api
            and each.first_monthly_tokens is not None
            and _is_drawn(side, each.first_monthly_tokens)
        )
        for place, (load, name) in enumerate(found):
            (ring,) = axes.plot(
                [load], [price], "o", markersize=11, markerfacecolor="none",
                markeredgecolor=ink("ink"), markeredgewidth=2, zorder=6,
            )  # fmt: skip
            ring.set_gid(f"{TIP}{name} costs no more than {api.name} at {count(load)}")
            axes.annotate(
                f"{name} {count(load)}",
                (load, price),
                # The first one's words stand below it to the left, the others' above to the right.
                (-8, -13) if place == 0 else (8, -1 + 14 * place),
                textcoords="offset points",
                ha="right" if place == 0 else "left",
                va="center",
                zorder=7,
            )
