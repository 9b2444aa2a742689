"""Fits the speed model to the measured rows, and says how far off it is on rows left out.

`python bench/planner_accuracy.py` fits again, prints the coefficients, the validation and how the
shipped calibration compares; `--rows` also prints every row, `--write` replaces the coefficients
and errors of the shipped file. Standard library only; takes a few seconds.
"""

import argparse
import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import exp, log, sqrt
from pathlib import Path
from statistics import median

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.hardware import Accelerator
from llamactl_catalog.hardware_tables import load_accelerators
from llamactl_catalog.model import Model
from llamactl_catalog.replica import Replica
from llamactl_catalog.speed.calibration import FOLDER, Calibration, Errors, read_calibration
from llamactl_catalog.speed.estimates import times
from llamactl_catalog.speed.passes import passes_of
from llamactl_catalog.workload import Workload

MEASURED = Path(__file__).parent / "measured"
SHIPPED = FOLDER / "tgi-1.0.3.toml"
BAR_MEDIAN, BAR_WORST = 0.15, 0.35
# Weighs the rows against the beliefs: a row this far off counts as much as a belief one width off.
NOISE = 0.12
# What is believed of each coefficient without the rows, and how wide: 0.7 is a factor of two. They
# hold a coefficient where the rows left in a fit say little of it.
BELIEFS: Mapping[str, tuple[float, float]] = {
    "fitted.bandwidth_share": (0.85, 0.06),  # what streaming kernels reach of the data sheet
    "fitted.row_share": (0.05, 0.7),
    "fitted.onboarding": (3.0, 0.5),
    "fitted.link_bytes_per_s": (5e9, 0.7),
    "fitted.host_bytes_per_s": (4e9, 0.7),
    "gptq.first_row": (1.5, 0.5),
    "gptq.next_row": (0.2, 0.7),
    "gptq.unpack_bytes_per_weight": (3.0, 0.2),  # 2 written, 2 read, less what the cache keeps
    "gptq.mean_over_typical": (1.1, 0.2),
    "none.mean_over_typical": (1.0, 0.2),
}
HOST_BELIEF = (0.5, 0.7)
STEP = 1e-4
ROUNDS = 25


@dataclass(frozen=True, slots=True)
class Row:
    """One measured row, and what it measured."""

    model: Model
    quantization: str
    instance_type: str
    accelerator: Accelerator
    num_shard: int
    workload: Workload
    ms_per_token: float
    tokens_per_s: float

    @property
    def group(self) -> tuple[str, str, str]:
        """The rows that share all but the number of users."""
        return (self.model.id, self.quantization, self.instance_type)


@dataclass(frozen=True, slots=True)
class Miss:
    """A row, and the estimates for it over what was measured."""

    row: Row
    ms_per_token: float
    tokens_per_s: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", action="store_true", help="print every row too")
    parser.add_argument("--write", action="store_true", help="replace the shipped coefficients")
    arguments = parser.parse_args()
    rows, shipped = measured_rows(), read_calibration(SHIPPED)
    best = fit(shipped, rows)
    validated = validate(best, rows)
    errors = errors_of(validated, best, rows)
    print(f"{len(rows)} rows of {best.title}\n")
    print(table(validated, misses(best, rows)))
    if arguments.rows:
        print_rows(misses(best, rows), validated["model, quantization, instance"])
    print_other_engines(best)
    if arguments.write:
        SHIPPED.write_text(written(SHIPPED.read_text("utf-8"), best, errors), "utf-8")
    print(f"\n{'coefficient':34} {'shipped':>12} {'fitted':>12}")
    for name, value in coefficients(best).items():
        print(f"{name:34} {coefficients(shipped)[name]:12.5g} {value:12.5g}")
    for each in fields(Errors):
        before, after = getattr(shipped.errors, each.name), getattr(errors, each.name)
        print(f"{'errors.' + each.name:34} {before:12.3f} {after:12.3f}")


def measured_rows() -> list[Row]:
    """Read the measured table."""
    catalog, accelerators = load_catalog(), load_accelerators()
    with (MEASURED / "tgi-1.0.3.csv").open(encoding="utf-8", newline="") as lines:
        return [
            Row(
                catalog.model(each["model"]),
                each["quantization"],
                each["instance_type"],
                accelerators[each["accelerator"]],
                int(each["num_shard"]),
                Workload(
                    int(each["input_tokens"]), int(each["output_tokens"]), int(each["users"]), 2048
                ),
                float(each["ms_per_token"]),
                float(each["tokens_per_s"]),
            )
            for each in csv.DictReader(lines)
        ]


def misses(calibration: Calibration, rows: Iterable[Row]) -> list[Miss]:
    """Estimate each row, and divide by what was measured."""
    found = []
    for row in rows:
        _, ms_per_token, request_ms = times(
            calibration,
            Replica(row.model, row.quantization, row.accelerator, row.num_shard),
            row.workload,
        )
        tokens_per_s = row.workload.concurrency * row.workload.output_tokens * 1e3 / request_ms
        found.append(Miss(row, ms_per_token / row.ms_per_token, tokens_per_s / row.tokens_per_s))
    return found


def coefficients(calibration: Calibration) -> dict[str, float]:
    """Give every coefficient that is fitted, by name."""
    found = {name: _coefficient(calibration, name) for name in BELIEFS}
    host = calibration.host_ms_per_layer
    return found | {f"host.{name}": value for name, value in host.items()}


def with_coefficients(calibration: Calibration, values: Mapping[str, float]) -> Calibration:
    """Replace all fitted coefficients, by name."""
    of: dict[str, dict[str, float]] = {}
    for name, value in values.items():
        kind, _, key = name.partition(".")
        of.setdefault(kind, {})[key] = value
    kernels = {
        name: replace(kernel, **of.get(name, {})) for name, kernel in calibration.kernels.items()
    }
    fitted = replace(calibration.fitted, **of["fitted"])
    return replace(calibration, fitted=fitted, kernels=kernels, host_ms_per_layer=of["host"])


def fit(start: Calibration, rows: Sequence[Row]) -> Calibration:
    """Find the coefficients that make the squares of the logarithms of all misses least.

    Levenberg and Marquardt's method, on the logarithms of the coefficients: all stay positive. An
    accelerator without rows loses its coefficient, as one that never was measured.
    """
    seen = {row.accelerator.id for row in rows}
    host = {name: each for name, each in start.host_ms_per_layer.items() if name in seen}
    best = replace(start, host_ms_per_layer=host)
    names = [*coefficients(best)]
    beliefs = [BELIEFS.get(name, HOST_BELIEF) for name in names]

    def at(point: Sequence[float]) -> Calibration:
        return with_coefficients(
            best, {name: exp(each) for name, each in zip(names, point, strict=True)}
        )

    def residuals(point: Sequence[float]) -> list[float]:
        found = misses(at(point), rows)
        apart = [log(each.ms_per_token) / NOISE for each in found]
        apart += [log(each.tokens_per_s) / NOISE for each in found]
        return apart + [
            (each - log(value)) / width for each, (value, width) in zip(point, beliefs, strict=True)
        ]

    return at(_least_squares(residuals, [log(each) for each in coefficients(best).values()]))


def validate(best: Calibration, rows: Sequence[Row]) -> dict[str, list[Miss]]:
    """Leave out each group, instance type and so on in turn; fit the rest; estimate what was out.

    `most users` leaves out the rows with the most users alone.
    """
    most = max(row.workload.concurrency for row in rows)
    folds: dict[str, Callable[[Row], object]] = {
        "model, quantization, instance": lambda row: row.group,
        "instance": lambda row: row.instance_type,
        "model, quantization": lambda row: row.group[:2],
        "model": lambda row: row.model.id,
        "accelerator": lambda row: row.accelerator.id,
        "most users": lambda row: row.workload.concurrency == most or None,
    }
    return {name: left_out(best, rows, key) for name, key in folds.items()}


def left_out(best: Calibration, rows: Sequence[Row], key: Callable[[Row], object]) -> list[Miss]:
    """Estimate the rows of each key by a fit to all other rows; rows of the key None stay in."""
    found: list[Miss] = []
    for held in dict.fromkeys(key(row) for row in rows):
        if held is not None:
            rest = [row for row in rows if key(row) != held]
            found += misses(fit(best, rest), [row for row in rows if key(row) == held])
    return found


def errors_of(
    validated: Mapping[str, list[Miss]], best: Calibration, rows: Sequence[Row]
) -> Errors:
    """Turn the validation into the errors that estimates carry, in both metrics the larger.

    Of a quantization that was not measured: GPTQ's rows as if only its bytes counted.
    """
    as_plain = replace(best, kernels={**best.kernels, "gptq": best.kernels["none"]})
    gptq = misses(as_plain, [row for row in rows if row.quantization == "gptq"])
    return Errors(
        within=_rms(validated["model, quantization, instance"]),
        accelerator=_rms(validated["accelerator"]),
        parameters=_rms(validated["model"]),
        users=_rms(validated["most users"]),
        quantization=_rms(gptq),
        other_engines=_root_mean_square(each for _, each in other_engines(best)),
    )


def other_engines(calibration: Calibration) -> list[tuple[str, float]]:
    """Estimate, as if it were TGI, what other engines measured: a label, and estimate over value.

    Both are times: to the first token, or of a whole static batch.
    """
    catalog, accelerators = load_catalog(), load_accelerators()
    found = []
    with (MEASURED / "other-engines.csv").open(encoding="utf-8", newline="") as lines:
        for each in csv.DictReader(lines):
            requests, shards = int(each["requests"]), int(each["num_shard"])
            prompt, answer = int(each["input_tokens"]), int(each["output_tokens"])
            accelerator = accelerators[each["accelerator"]]
            passes = passes_of(
                calibration, Replica(catalog.model(each["model"]), "none", accelerator, shards)
            )
            ms = passes.prefill_ms(requests * prompt)
            ms += (answer - 1) * passes.decode_ms(requests, prompt + answer / 2)
            value = float(each["value"])
            seen_ms = value if each["metric"] == "ttft_ms" else 1e3 * requests / value
            label = f"{each['engine']} {each['metric']} {each['model']} {shards} x"
            found.append((f"{label} {accelerator.id}, {requests} x {prompt}", ms / seen_ms))
    return found


def written(text: str, best: Calibration, errors: Errors) -> str:
    """Replace the numbers of a calibration's file, and keep all else of it."""
    numbers = {f"errors.{each.name}": getattr(errors, each.name) for each in fields(Errors)}
    for name, value in coefficients(best).items():
        kind, _, rest = name.partition(".")
        table = {"host": f"accelerators.{rest}", "fitted": "fitted"}.get(kind, f"kernels.{kind}")
        numbers[f"{table}.{'host_ms_per_layer' if kind == 'host' else rest}"] = value
    for name, value in numbers.items():
        table, _, key = name.rpartition(".")
        pattern = rf"(\[{re.escape(table)}\]\n(?:[^\[\n].*\n)*?{key} = )\S+"
        text, count = re.subn(pattern, rf"\g<1>{_as_written(value)}", text)
        if count != 1:
            raise SystemExit(f"{SHIPPED}: no {name}")
    return text


def table(validated: Mapping[str, list[Miss]], fitted: list[Miss]) -> str:
    """Say how far off the estimates are, by what was left out of the fit."""
    lines = [f"{'left out of the fit':32} {'ms per token':>18} {'tokens/s':>18}"]
    lines.append(f"{'':32} {'median':>9} {'worst':>8} {'median':>9} {'worst':>8}")
    for name, found in {"nothing": fitted, **validated}.items():
        sizes = [_sizes(found, each) for each in ("ms_per_token", "tokens_per_s")]
        shown = "".join(f" {median(each):9.1%} {max(each):8.1%}" for each in sizes)
        lines.append(f"{name:32}{shown}")
    bar = f" {BAR_MEDIAN:9.0%} {BAR_WORST:8.0%}"
    lines.append(f"{'the bar, for the second line':32}{bar}{bar}")
    return "\n".join(lines)


def print_rows(fitted: list[Miss], out: list[Miss]) -> None:
    unseen = {id(each.row): each for each in out}
    print(f"\n{'row':46} {'ms/token':>8} {'fit':>6} {'out':>6} {'tok/s':>7} {'fit':>6} {'out':>6}")
    for each in fitted:
        row, other = each.row, unseen[id(each.row)]
        name = f"{' '.join(row.group)} {row.workload.concurrency:2}"
        ms = f"{row.ms_per_token:8.1f} {each.ms_per_token - 1:+6.0%} {other.ms_per_token - 1:+6.0%}"
        rate = f"{each.tokens_per_s - 1:+6.0%} {other.tokens_per_s - 1:+6.0%}"
        print(f"{name:46} {ms} {row.tokens_per_s:7.1f} {rate}")


def print_other_engines(best: Calibration) -> None:
    print("\nother engines: estimate over measured, times")
    for label, ratio in other_engines(best):
        print(f"  {label:64} {ratio:5.2f}")


def _coefficient(calibration: Calibration, name: str) -> float:
    kind, _, key = name.partition(".")
    holder = calibration.fitted if kind == "fitted" else calibration.kernels[kind]
    value = getattr(holder, key)
    if not isinstance(value, float):
        raise TypeError(name)
    return value


def _least_squares(
    residuals: Callable[[Sequence[float]], list[float]], point: list[float]
) -> list[float]:
    damping, now = 1e-3, residuals(point)
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
        if gain < 1e-9:
            return point
    return point


def _moved(point: list[float], index: int) -> list[float]:
    return [each + STEP * (place == index) for place, each in enumerate(point)]


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a small system by Gauss's elimination with pivots."""
    size = len(right)
    lines = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda place: abs(lines[place][column]))
        lines[column], lines[pivot] = lines[pivot], lines[column]
        for place in range(size):
            if place != column:
                share = lines[place][column] / lines[column][column]
                lines[place] = [
                    a - share * b for a, b in zip(lines[place], lines[column], strict=True)
                ]
    return [line[size] / line[place] for place, line in enumerate(lines)]


def _dot(one: Iterable[float], other: Iterable[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _sizes(found: list[Miss], metric: str) -> list[float]:
    return [abs(getattr(each, metric) - 1) for each in found]


def _rms(found: list[Miss]) -> float:
    return max(
        _root_mean_square(getattr(each, metric) for each in found)
        for metric in ("ms_per_token", "tokens_per_s")
    )


def _root_mean_square(ratios: Iterable[float]) -> float:
    squares = [log(each) ** 2 for each in ratios]
    return exp(sqrt(sum(squares) / len(squares))) - 1


def _as_written(value: float) -> str:
    return f"{value:.5e}" if value >= 1e5 else f"{value:.5g}"


if __name__ == "__main__":
    main()
