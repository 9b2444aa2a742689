"""The speed model against the measured table: it is fitted to it, and near rows it has not seen."""

import importlib.util
import sys
from dataclasses import fields
from statistics import median

import pytest

from architecture.sources import ROOT
from llamactl_catalog.replica import Replica
from llamactl_catalog.speed import estimate
from llamactl_catalog.speed.calibration import Errors


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


bench = loaded(ROOT / "bench" / "planner_accuracy.py")
GROUPS = "model, quantization, instance"


@pytest.fixture(scope="module")
def rows():
    return bench.measured_rows()


@pytest.fixture(scope="module")
def shipped():
    return bench.read_calibration(bench.SHIPPED)


@pytest.fixture(scope="module")
def best(shipped, rows):
    return bench.fit(shipped, rows)


@pytest.fixture(scope="module")
def validated(best, rows):
    return bench.validate(best, rows)


def sizes(found, metric):
    return [abs(getattr(each, metric) - 1) for each in found]


@pytest.mark.parametrize("metric", ["ms_per_token", "tokens_per_s"])
def test_rows_left_out_of_the_fit_keep_to_the_bar(validated, metric):
    off = sizes(validated[GROUPS], metric)

    assert len(off) == 36
    assert median(off) <= bench.BAR_MEDIAN
    assert max(off) <= bench.BAR_WORST


@pytest.mark.parametrize("metric", ["ms_per_token", "tokens_per_s"])
@pytest.mark.parametrize("left_out", ["model", "model, quantization", "most users"])
def test_a_model_or_a_load_left_out_keeps_to_the_bar_too(validated, left_out, metric):
    off = sizes(validated[left_out], metric)

    assert median(off) <= bench.BAR_MEDIAN
    assert max(off) <= bench.BAR_WORST


def test_the_shipped_coefficients_are_those_of_the_fit(shipped, best):
    assert bench.coefficients(shipped) == pytest.approx(bench.coefficients(best), rel=0.002)


def test_the_shipped_errors_are_those_of_the_validation(shipped, best, validated, rows):
    errors = bench.errors_of(validated, best, rows)

    for each in fields(Errors):
        assert getattr(shipped.errors, each.name) == pytest.approx(
            getattr(errors, each.name), abs=0.005
        )


def test_the_fit_forgets_where_it_started(shipped, best, rows):
    elsewhere = bench.with_coefficients(
        shipped, {name: value * 1.5 for name, value in bench.coefficients(shipped).items()}
    )

    assert bench.coefficients(bench.fit(elsewhere, rows)) == pytest.approx(
        bench.coefficients(best), rel=0.002
    )


def test_what_is_written_is_what_is_read(shipped, tmp_path):
    path = tmp_path / "written.toml"
    path.write_text(
        bench.written(bench.SHIPPED.read_text("utf-8"), shipped, shipped.errors), "utf-8"
    )

    assert bench.read_calibration(path) == shipped


def test_the_product_gives_what_the_bench_validates(rows, shipped):
    for row, miss in zip(rows, bench.misses(shipped, rows), strict=True):
        speed = estimate(
            Replica(row.model, row.quantization, row.accelerator, row.num_shard),
            row.workload,
            engine_version="1.0.3",
        )

        assert speed.ms_per_token == pytest.approx(miss.ms_per_token * row.ms_per_token)
        assert speed.tokens_per_s == pytest.approx(miss.tokens_per_s * row.tokens_per_s)
        assert speed.error == shipped.errors.within


def test_the_documentation_shows_the_table_of_today(validated, best, rows):
    page = (ROOT / "docs" / "speed-model.md").read_text("utf-8")

    assert bench.table(validated, bench.misses(best, rows)) in page


def test_other_engines_were_faster_so_estimates_for_later_versions_are_on_the_slow_side(best):
    ratios = [ratio for _, ratio in bench.other_engines(best)]

    assert min(ratios) > 1
