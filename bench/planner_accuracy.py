"""Says how far off the planner's speeds are on measured rows: the shipped ones, or any file.

`python bench/planner_accuracy.py` prints the errors of the shipped constants on every row shipped,
and of fits that have not seen a row's source. `--rows FILE` asks for the rows of any CSV with the
columns of `bench/measured/modern.csv`; `--json` prints that as JSON; `--write` puts the
table into docs/speed-model.md.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))
from fit_speed import FOLDS, fit_all, leave_out, quantile
from measured_rows import Ratio, Row, Skipped, factor, ratio, read_rows, shipped_rows

from llamactl_catalog.speed.calibration import load_calibration
from llamactl_catalog.speed.reliability import reliability

PAGE = Path(__file__).parent.parent / "docs" / "speed-model.md"
BEGIN, END = "<!-- accuracy: written by bench/planner_accuracy.py -->", "<!-- end of accuracy -->"
# First tokens are compared with the printed range, widened by this factor on both sides.
FIRST_TOKEN_MARGIN = 1.25
GROUPS: Mapping[str, Callable[[Ratio], str]] = {
    "engine": lambda each: each.row.engine,
    "GPU": lambda each: each.row.replica.accelerator.id,
    "engine and GPU": lambda each: f"{each.row.engine} on {each.row.replica.accelerator.id}",
    "precision": lambda each: each.row.replica.quantization,
    "load": lambda each: each.load,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=Path, metavar="FILE", help="ask for the rows of this CSV")
    parser.add_argument("--json", action="store_true", help="print the errors as JSON")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    arguments = parser.parse_args()
    rows, skipped = (shipped_rows(), []) if arguments.rows is None else read_rows(arguments.rows)
    ratios = [ratio(each) for each in rows]
    if arguments.json:
        print(json.dumps(record(ratios, skipped), indent=2))
        return
    print(text(ratios, skipped))
    if arguments.rows is None:
        print(f"\n{unseen_text(rows)}")
    if arguments.write:
        page = PAGE.read_text("utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        table = documentation(rows, ratios)
        PAGE.write_text(f"{before}{BEGIN}\n```\n{table}\n```\n{END}{after}", "utf-8")


def record(ratios: Sequence[Ratio], skipped: Sequence[Skipped]) -> dict[str, object]:
    """The errors as JSON: factors at least 1, either way; `bias` is predicted over measured."""
    tokens_per_s = [each.tokens_per_s for each in ratios if each.tokens_per_s is not None]
    band = [band_factor(each.row) for each in ratios]
    return {
        "tokens_per_s": _errors(tokens_per_s),
        "itl_ms": _errors([each.itl_ms for each in ratios if each.itl_ms is not None]),
        "band_coverage": coverage(ratios),
        "band_factor": median(band) if band else None,
        "first_token_coverage": first_token_coverage(ratios),
        "skipped": [{"row": each.row, "reason": each.reason} for each in skipped],
    }


def coverage(ratios: Iterable[Ratio]) -> float | None:
    """The share of rows whose tokens/s lie in the printed 80 % band."""
    return _share(
        factor(each.tokens_per_s) <= band_factor(each.row)
        for each in ratios
        if each.tokens_per_s is not None
    )


def band_factor(row: Row) -> float:
    """The factor that `plan` would print."""
    calibration = load_calibration(row.calibration, row.version)
    return reliability(calibration, row.replica, row.workload)[1]


def first_token_coverage(ratios: Iterable[Ratio]) -> float | None:
    """The share of first tokens that lie in the printed range, widened by the margin."""
    return _share(
        each.times.first_token_ms / FIRST_TOKEN_MARGIN
        <= each.row.ttft_ms
        <= each.times.first_token_at_once_ms * FIRST_TOKEN_MARGIN
        for each in ratios
        if each.row.ttft_ms is not None and not each.row.static_batch
    )


def text(ratios: Sequence[Ratio], skipped: Sequence[Skipped]) -> str:
    """Every error by engine, GPU, precision and load."""
    lines = [f"{'tokens/s':44} {_HEAD}", _line("all", _tokens_per_s(ratios))]
    for kind, key in GROUPS.items():
        lines.append(f"by {kind}")
        for name in sorted({key(each) for each in ratios}):
            found = _tokens_per_s([each for each in ratios if key(each) == name])
            if found:
                lines.append(_line(f"  {name}", found))
    between = [each.itl_ms for each in ratios if each.itl_ms is not None]
    if between:
        lines += ["time between tokens", _line("  all", between)]
    inside, first = coverage(ratios), first_token_coverage(ratios)
    if inside is not None:
        lines.append(f"the printed 80 % band holds {inside:.0%} of the rows")
    if first is not None:
        lines.append(f"the printed range of the first token holds {first:.0%}")
    lines += [f"skipped row {each.row}: {each.reason}" for each in skipped]
    return "\n".join(lines)


def unseen_text(rows: Sequence[Row]) -> str:
    """The errors on rows that the fit has not seen."""
    best = fit_all(rows)
    lines = [f"{'tokens/s of rows left out of the fit':44} {_HEAD}"]
    for kind, key in FOLDS.items():
        misses = leave_out(best, rows, key)
        lines.append(_line(f"each {kind} left out", [*misses.values()]))
        for name in sorted({row.engine for row in misses}):
            own = [miss for row, miss in misses.items() if row.engine == name]
            lines.append(_line(f"  {name}", own))
    return "\n".join(lines)


def documentation(rows: Sequence[Row], ratios: Sequence[Ratio]) -> str:
    """The table of docs/speed-model.md."""
    return f"{text(ratios, [])}\n\n{unseen_text(rows)}"


_HEAD = f"{'rows':>5} {'bias':>5} {'median':>7} {'9 in 10':>8} {'worst':>6}"


def _line(name: str, ratios: Sequence[float]) -> str:
    off = [factor(each) for each in ratios]
    nine, worst = quantile(off, 0.9), max(off)
    return (
        f"{name:44} {len(off):5} {median(ratios):5.2f} {median(off):7.2f} {nine:8.2f} {worst:6.2f}"
    )


def _tokens_per_s(ratios: Iterable[Ratio]) -> list[float]:
    return [each.tokens_per_s for each in ratios if each.tokens_per_s is not None]


def _errors(ratios: Sequence[float]) -> dict[str, float | int | None]:
    off = [factor(each) for each in ratios]
    return {
        "n": len(off),
        "median_off": median(off) if off else None,
        "p90_off": quantile(off, 0.9) if off else None,
        "worst_off": max(off, default=None),
        "bias": median(ratios) if off else None,
    }


def _share(found: Iterable[bool]) -> float | None:
    every = [*found]
    return sum(every) / len(every) if every else None


if __name__ == "__main__":
    main()
