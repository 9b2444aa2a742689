"""Fits the constants of each engine family to the measured rows, and says how far off they are.

`python bench/fit_speed.py` prints the constants, shipped and fitted, and the errors on rows that a
fit has not seen: each source left out in turn. `--write` replaces the numbers of the calibration
files. Standard library only; takes about a minute.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from math import exp, log, sqrt
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))
from measured_rows import Row, factor, ratio, shipped_rows

from llamactl_catalog.speed.calibration import (
    FOLDER,
    Calibration,
    Errors,
    Kernel,
    Machine,
    Measured,
    Residuals,
    load_calibration,
    load_calibrations,
)

# How far off a row is expected, as a logarithm: it weighs the rows against the beliefs. Sources
# contradict each other by up to a factor of 1.97 on the same machine.
NOISE = 0.3
# What is believed of a constant without the rows, and how wide as a logarithm: it holds a constant
# where the rows of a family say little of it.
BELIEFS: Mapping[str, tuple[float, float]] = {
    "fitted.layer_us": (50, 0.3),
    "fitted.sequence_us": (50, 0.5),
    "fitted.prompt_share": (1.0, 0.1),
}
# TGI 1.0 launches each kernel from the host (no CUDA graphs), and its GPTQ kernel works row by row.
OWN_BELIEFS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "tgi-1.0": {
        "fitted.sequence_us": (50, 1.0),
        "fitted.prompt_share": (1.0, 0.3),
        "fitted.admission": (1.0, 0.7),
        "machines.a10g.layer_us": (250, 0.7),
        "machines.a10g.exchange_gb_per_s": (2.0, 1.0),
        "machines.a100-sxm-40gb.layer_us": (500, 0.7),
        "machines.a100-sxm-40gb.exchange_gb_per_s": (5.0, 1.0),
        "kernels.gptq.first_row": (1.5, 0.5),
        "kernels.gptq.next_row": (0.2, 0.7),
        "kernels.gptq.unpack_bytes_per_weight": (3.0, 0.2),
    },
    # The host's share was large before 0.6, and the machines of the two GPUs had other hosts.
    "vllm-0.5": {
        "fitted.layer_us": (60, 0.5),
        "fitted.sequence_us": (180, 0.5),
        "fitted.prompt_share": (1.0, 0.1),
        "machines.a100-sxm-80gb.layer_us": (200, 1.0),
    },
}
# Where nothing was measured: judgment, not a fit. A model of another size, more users or longer
# prompts change the shares of the parts, whose kernel facts are the same; another way to store
# weights has kernels that no row shows.
UNMEASURED_LOAD, UNMEASURED_QUANTIZATION = 1.1, 1.3
OF_TEN = 0.8
STEP = 1e-4
ROUNDS = 30


@dataclass(frozen=True, slots=True)
class Fit:
    """A family's fit: its calibration, and how far off it is on sources that it has not seen."""

    calibration: Calibration
    unseen: tuple[float, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="replace the shipped numbers")
    arguments = parser.parse_args()
    rows = shipped_rows()
    best = fit_all(rows)
    left_out = {kind: leave_out(best, rows, key) for kind, key in FOLDS.items()}
    for kind, unseen in left_out.items():
        print(f"{kind + ' left out':24} {summary(list(unseen.values()))}")
    errors = errors_of(left_out)
    for name, calibration in best.items():
        own = [each for each in rows if family_of(each) == name]
        done = finished(calibration, own, errors)
        print(f"\n{name}: {summary([miss for each in own if (miss := miss_of(each, done))])}")
        shipped = load_calibrations()[done.engine]
        before = next(each for each in shipped if each.name == name)
        for constant, value in constants(done).items():
            print(f"  {constant:42} {constants(before)[constant]:10.4g} {value:10.4g}")
        if arguments.write:
            path = FOLDER / f"{name}.toml"
            path.write_text(written(path.read_text("utf-8"), done), "utf-8")


FOLDS: Mapping[str, Callable[[Row], str]] = {
    "source": lambda row: row.source,
    "accelerator": lambda row: row.replica.accelerator.id,
}


def family_of(row: Row) -> str:
    """The calibration that answers for a row."""
    return load_calibration(row.calibration, row.version).name


def miss_of(row: Row, calibration: Calibration) -> float | None:
    """Predicted over measured tokens/s; None: the row measured none."""
    return ratio(row, calibration).tokens_per_s


def fit_all(rows: Sequence[Row]) -> dict[str, Calibration]:
    """Fit each family to its own rows."""
    shipped = {each.name: each for family in load_calibrations().values() for each in family}
    return {
        name: fit(calibration, [each for each in rows if family_of(each) == name])
        for name, calibration in shipped.items()
    }


def fit(start: Calibration, rows: Sequence[Row]) -> Calibration:
    """Find the constants with the least misses; without rows they are what is believed.

    Levenberg and Marquardt's method on the logarithms of the constants: all stay positive. A
    source of many rows counts as the fourth root of their number for each.
    """
    beliefs = beliefs_of(start.name)
    names = [*beliefs]
    middle = [log(value) for value, _ in beliefs.values()]
    widths = [width for _, width in beliefs.values()]
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.source] = counts.get(row.source, 0) + 1

    def at(point: Sequence[float]) -> Calibration:
        return with_constants(start, dict(zip(names, map(exp, point), strict=True)))

    def residuals(point: Sequence[float]) -> list[float]:
        calibration = at(point)
        found = []
        for row in rows:
            asked, weight = ratio(row, calibration), counts[row.source] ** -0.25 / NOISE
            found += [log(each) * weight for each in targets(row, asked.tokens_per_s, asked.itl_ms)]
        return found + [
            (each - value) / width for each, value, width in zip(point, middle, widths, strict=True)
        ]

    return at(_least_squares(residuals, middle))


def targets(row: Row, tokens_per_s: float | None, itl_ms: float | None) -> list[float]:
    """The ratios that a fit looks at.

    A static batch reads all prompts first, so its time between tokens has no interruptions.
    """
    found = [] if tokens_per_s is None else [tokens_per_s]
    if itl_ms is not None and not row.static_batch:
        found.append(itl_ms)
    return found


def leave_out(
    best: Mapping[str, Calibration], rows: Sequence[Row], key: Callable[[Row], str]
) -> dict[Row, float]:
    """Predict the rows of each key by a fit to all other rows: predicted over measured tokens/s."""
    found: dict[Row, float] = {}
    for name, calibration in best.items():
        own = [each for each in rows if family_of(each) == name]
        for held in dict.fromkeys(map(key, own)):
            fitted = fit(calibration, [each for each in own if key(each) != held])
            for row in own:
                if key(row) == held and (miss := miss_of(row, fitted)) is not None:
                    found[row] = miss
    return found


def errors_of(left_out: Mapping[str, Mapping[Row, float]]) -> Errors:
    """The factors that 8 of 10 rows keep to, of publications about endpoints under load.

    A laboratory's grid of static batches is nearer to the formula than an endpoint is, so its rows
    do not count here; nor do those of TGI 1.0, whose one source cannot be left out.
    """
    served = {
        kind: [
            factor(miss)
            for row, miss in misses.items()
            if not row.static_batch and family_of(row) != "tgi-1.0"
        ]
        for kind, misses in left_out.items()
    }
    within, accelerator = (quantile(served[kind], OF_TEN) for kind in ("source", "accelerator"))
    more = max(0.0, log(accelerator) ** 2 - log(within) ** 2)
    return Errors(
        within=within,
        accelerator=max(UNMEASURED_LOAD, exp(sqrt(more))),
        parameters=UNMEASURED_LOAD,
        users=UNMEASURED_LOAD,
        quantization=UNMEASURED_QUANTIZATION,
    )


def finished(calibration: Calibration, rows: Sequence[Row], errors: Errors) -> Calibration:
    """Add what the rows cover, how far off the fit is on each source, and today's date."""
    of_source: dict[str, list[float]] = {}
    for row in rows:
        if (miss := miss_of(row, calibration)) is not None:
            of_source.setdefault(row.source, []).append(factor(miss))
    return replace(
        calibration,
        fitted_on=datetime.now(UTC).date(),
        rows=len(rows),
        errors=errors,
        measured=Measured(
            least_parameters=int(min(each.replica.model.parameters for each in rows) * 0.8),
            most_parameters=int(max(each.replica.model.parameters for each in rows) * 1.25),
            most_users=max(
                (each.workload.concurrency for each in rows if not each.saturated), default=1
            ),
            most_input_tokens=max(each.workload.input_tokens for each in rows),
            accelerators=tuple(sorted({each.replica.accelerator.id for each in rows})),
            quantizations=tuple(sorted({each.replica.quantization for each in rows})),
        ),
        residuals=tuple(
            Residuals(source, len(each), median(each), quantile(each, 0.9), max(each))
            for source, each in of_source.items()
        ),
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that a share of them does not exceed."""
    return sorted(values)[min(len(values) - 1, max(0, round(share * len(values) + 0.5) - 1))]


def summary(misses: Sequence[float]) -> str:
    """Say how far off ratios are."""
    off = [factor(each) for each in misses]
    return (
        f"{len(off)} rows, predicted/measured {median(misses):.2f}, off x{median(off):.2f} in the "
        f"median, x{quantile(off, 0.9):.2f} in 9 of 10, x{max(off):.2f} at worst"
    )


def beliefs_of(name: str) -> Mapping[str, tuple[float, float]]:
    """The constants that are fitted for a family."""
    return OWN_BELIEFS.get(name, BELIEFS)


def constants(calibration: Calibration) -> dict[str, float]:
    """The fitted constants of a calibration, by name."""
    return {name: _constant(calibration, name) for name in beliefs_of(calibration.name)}


def with_constants(calibration: Calibration, values: Mapping[str, float]) -> Calibration:
    """Replace fitted constants, by name."""
    fitted = calibration.fitted
    machines, kernels = dict(calibration.machines), dict(calibration.kernels)
    for name, value in values.items():
        kind, _, rest = name.partition(".")
        holder, _, key = rest.rpartition(".")
        if kind == "fitted":
            fitted = replace(fitted, **{key: value})
        elif kind == "machines":
            machines[holder] = replace(machines.get(holder, Machine()), **{key: value})
        else:
            kernels[holder] = replace(kernels.get(holder, Kernel()), **{key: value})
    return replace(calibration, fitted=fitted, machines=machines, kernels=kernels)


def written(text: str, done: Calibration) -> str:
    """Replace the numbers of a calibration's file, and keep all else of it."""
    numbers: dict[str, object] = {"rows": done.rows, "fitted_on": done.fitted_on}
    numbers |= {name: _rounded(value) for name, value in constants(done).items()}
    numbers |= {
        f"measured.{each.name}": getattr(done.measured, each.name) for each in fields(Measured)
    }
    numbers |= {
        f"errors.{each.name}": _rounded(getattr(done.errors, each.name)) for each in fields(Errors)
    }
    for name, value in numbers.items():
        table, _, key = name.rpartition(".")
        head = rf"\[{re.escape(table)}\]\n" if table else r"\A"
        pattern = rf"({head}(?:[^\[\n].*\n|\n)*?{re.escape(key)} = ).+"
        text, count = re.subn(pattern, rf"\g<1>{_toml(value)}", text, count=1)
        if count != 1:
            raise SystemExit(f"{done.name}: no {name}")
    rows = ",\n".join(
        f'  {{ source = "{each.source}", rows = {each.rows}, median = {each.median:.3f}, '
        f"p90 = {each.p90:.3f}, worst = {each.worst:.3f} }}"
        for each in done.residuals
    )
    return re.sub(r"residuals = \[(.|\n)*?\n?\]\n", f"residuals = [\n{rows},\n]\n", text, count=1)


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{each}"' for each in value) + "]"
    return str(value)


def _rounded(value: float) -> str:
    return f"{value:.4g}"


def _constant(calibration: Calibration, name: str) -> float:
    kind, _, rest = name.partition(".")
    holder, _, key = rest.rpartition(".")
    match kind:
        case "fitted":
            found = getattr(calibration.fitted, key)
        case "machines":
            found = getattr(calibration.machines[holder], key)
        case _:
            found = getattr(calibration.kernels[holder], key)
    return float(found)


def _least_squares(
    residuals: Callable[[Sequence[float]], list[float]], point: list[float]
) -> list[float]:
    damping, now = 1e-2, residuals(point)
    for _ in range(ROUNDS):
        slopes = [
            [(b - a) / STEP for a, b in zip(now, residuals(_moved(point, index)), strict=True)]
            for index in range(len(point))
        ]
        normal = [[_dot(one, other) for other in slopes] for one in slopes]
        downhill = [-_dot(one, now) for one in slopes]
        for _ in range(ROUNDS):
            damped = [[*line] for line in normal]
            for index, line in enumerate(damped):
                line[index] *= 1 + damping
            step = _solved(damped, downhill)
            tried = [a + b for a, b in zip(point, step, strict=True)]
            then = residuals(tried)
            if _dot(then, then) < _dot(now, now):
                break
            damping *= 10
        else:
            return point
        gain = 1 - _dot(then, then) / _dot(now, now)
        point, now, damping = tried, then, damping / 10
        if gain < 1e-6:
            return point
    return point


def _moved(point: list[float], index: int) -> list[float]:
    return [each + STEP * (place == index) for place, each in enumerate(point)]


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a small system by Gauss's elimination with pivots."""
    size = len(right)
    lines = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(lines[row][column]))
        lines[column], lines[pivot] = lines[pivot], lines[column]
        for row in range(column + 1, size):
            share = lines[row][column] / lines[column][column]
            for place in range(column, size + 1):
                lines[row][place] -= share * lines[column][place]
    found = [0.0] * size
    for row in reversed(range(size)):
        known = sum(lines[row][place] * found[place] for place in range(row + 1, size))
        found[row] = (lines[row][size] - known) / lines[row][row]
    return found


def _dot(one: Iterable[float], other: Iterable[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


if __name__ == "__main__":
    main()
