"""The charts of a plan: what each instance type costs and how fast it is; what fills the memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llamactl.plan_words import Row, instances
from llamactl.report.drawing import Chart, Drawing, drawn, log_ticks, plain_axes, spread
from llamactl.report.figures import around, round_usd, usd
from llamactl.report.ink import ink, mark, series
from llamactl.report.svg import TIP
from llamactl_catalog.clouds import clouds
from llamactl_catalog.placement import Memory, Placement
from llamactl_catalog.units import GIB

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LABEL_GAP = 15  # points, of two lines of labels
_PARTS = ("weights", "cache", "engine", "free")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the memory: its name, its bytes, its share of all, and its ink."""

    name: str
    size_bytes: int
    share: float
    ink: str


def frontier(placements: Sequence[Placement]) -> list[Placement]:
    """Give those that nothing else beats in both, price and speed; the cheapest first."""
    best: list[Placement] = []
    for each in sorted(placements, key=lambda one: (one.usd_per_hour, one.speed.ms_per_token)):
        if not best or each.speed.ms_per_token < best[-1].speed.ms_per_token:
            best.append(each)
    return best


def price_and_speed(rows: Sequence[Row]) -> Chart:
    """Draw $ per hour against ms per token: a mark each row, the error, and the frontier."""
    placements = [row.placement for row in rows]
    best = frontier(placements)
    numbers = {id(each): number for number, each in enumerate(placements, start=1)}

    def draw(figure: "Figure", wide: bool) -> None:
        axes = figure.subplots()
        axes.set_xscale("log")
        axes.set_yscale("log")
        plain_axes(axes, x=True, y=True)
        for each in placements:
            _mark(axes, each, placements, is_best=each in best)
        _stairs(axes, best)
        chosen = placements[0]
        axes.scatter(
            chosen.speed.ms_per_token, chosen.usd_per_hour,
            s=190, facecolors="none", edgecolors=ink("good"), linewidths=2.2, zorder=6,
        )  # fmt: skip
        log_ticks(axes.xaxis, lambda value: f"{value:g} ms")
        log_ticks(axes.yaxis, round_usd)
        axes.set_xlabel("ms per token, as one user sees it")
        axes.set_ylabel("$ per hour" if wide else "")
        _limits(axes, placements)
        figure.subplots_adjust(*((0.085, 0.12, 0.985, 0.98) if wide else (0.13, 0.125, 0.97, 0.98)))
        _names(axes, best, numbers, wide=wide)

    names = dict.fromkeys(each.offer.instance_type.cloud for each in placements)
    legend = [
        (mark(number), series(number), _cloud_name(name))
        for number, name in enumerate(sorted(names))
    ]
    return drawn(
        Drawing(
            "price-and-speed",
            "Dollars per hour against milliseconds per token",
            f"{len(placements)} marks; down is cheaper, left is faster. On the cheapest frontier: "
            + "; ".join(
                f"{instances(each)} at {usd(each.usd_per_hour)} an hour and "
                f"{each.speed.ms_per_token:.1f} ms"
                for each in best
            )
            + ". Every mark is a row of the ranked table.",
            draw,
            wide_height=430,
            narrow_height=400,
            legend=(
                *legend,
                ("ring", "good", "the choice"),
                ("--", "ink", "cheapest frontier"),
                ("-", "muted", "typical error"),
            ),
        )
    )


def memory_parts(memory: Memory) -> tuple[Part, ...]:
    """Give what takes the memory of a replica, and what is left."""
    used = (memory.weights_bytes, memory.kv_cache_bytes, memory.overhead_bytes)
    sizes = (*used, max(0, memory.available_bytes - sum(used)))
    return tuple(
        Part(name, size, size / memory.available_bytes, f"part-{number}")
        for number, (name, size) in enumerate(zip(_PARTS, sizes, strict=True), start=1)
    )


def memory_bar(memory: Memory) -> Chart:
    """Draw the parts of the memory one after the other."""
    parts = memory_parts(memory)

    def draw(figure: "Figure", wide: bool) -> None:
        axes = figure.subplots()
        plain_axes(axes, x=False, y=False)
        left = 0.0
        for part in parts:
            width = part.size_bytes / GIB
            (bar,) = axes.barh(
                0, width, left=left, color=ink(part.ink), edgecolor=ink("page"), linewidth=1.5
            )
            bar.set_gid(f"{TIP}{part.name}: {width:.1f} GiB, {part.share:.0%}")
            left += width
        axes.set_xlim(0, left)
        axes.set_yticks([])
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g} GiB")
        axes.locator_params(axis="x", nbins=8 if wide else 4)
        figure.subplots_adjust(*((0.03, 0.32, 0.96, 0.98) if wide else (0.06, 0.32, 0.94, 0.98)))

    return drawn(
        Drawing(
            "memory",
            "Memory of one replica by part",
            "; ".join(
                f"{part.name} {part.size_bytes / GIB:.1f} GiB, {part.share:.0%}" for part in parts
            )
            + ".",
            draw,
            wide_height=76,
            narrow_height=76,
            legend=tuple(
                ("s", part.ink, f"{part.name} {part.size_bytes / GIB:.1f} GiB") for part in parts
            ),
        )
    )


def _cloud_name(cloud: str) -> str:
    return clouds()[cloud].service


def _cloud_number(each: Placement, placements: Sequence[Placement]) -> int:
    names = sorted({one.offer.instance_type.cloud for one in placements})
    return names.index(each.offer.instance_type.cloud)


def _mark(axes: "Axes", each: Placement, placements: Sequence[Placement], *, is_best: bool) -> None:
    number = _cloud_number(each, placements)
    color = ink(series(number))
    value, price = each.speed.ms_per_token, each.usd_per_hour
    low, high = around(value, each.speed.error_factor)
    axes.plot(
        [low, high],
        [price, price],
        color=color if is_best else ink("muted"),
        linewidth=1.6 if is_best else 1,
        alpha=0.75 if is_best else 0.28,
        zorder=3 if is_best else 2,
    )
    (point,) = axes.plot(
        [value],
        [price],
        mark(number),
        color=color,
        markersize=7.5 if is_best else 6,
        markeredgecolor=ink("page"),
        markeredgewidth=1,
        zorder=5 if is_best else 4,
    )
    place = f"{instances(each)}, {each.offer.price.region}"
    point.set_gid(f"{TIP}{place}: {usd(price)} an hour, {value:.1f} ms ({low:.0f} to {high:.0f})")


def _stairs(axes: "Axes", best: Sequence[Placement]) -> None:
    """Join the frontier: whoever waits no longer than this pays no less than that."""
    axes.step(
        [each.speed.ms_per_token for each in best],
        [each.usd_per_hour for each in best],
        where="post",
        color=ink("ink"),
        linewidth=1.2,
        linestyle=(0, (4, 3)),
        zorder=3,
    )


def _limits(axes: "Axes", placements: Sequence[Placement]) -> None:
    ranges = [around(each.speed.ms_per_token, each.speed.error_factor) for each in placements]
    prices = [each.usd_per_hour for each in placements]
    axes.set_xlim(min(low for low, _ in ranges) / 1.1, max(high for _, high in ranges) * 1.1)
    axes.set_ylim(min(prices) / 1.8, max(prices) * 1.35)


def _names(axes: "Axes", best: Sequence[Placement], numbers: dict[int, int], *, wide: bool) -> None:
    """Name the frontier on its free side, below and to the left, no two names on one line."""
    places = [
        axes.transData.transform((each.speed.ms_per_token, each.usd_per_hour)) for each in best
    ]
    heights = spread([place[1] - _LABEL_GAP * 0.75 for place in places], _LABEL_GAP)
    left = axes.transAxes.transform((0, 0))[0]
    for each, (x, y), height in zip(best, places, heights, strict=True):
        name = f"{instances(each)} ({numbers[id(each)]})" if wide else f"({numbers[id(each)]})"
        room = x - left > len(name) * 7
        axes.annotate(
            name,
            (x, y),
            xytext=(x - 9 if room else left + 4, height),
            xycoords="figure pixels",
            textcoords="figure pixels",
            ha="right" if room else "left",
            va="center",
            fontsize=12,
            color=ink("ink"),
            zorder=7,
        )
