"""The speed model against measured rows: fitted to them, and near rows it has not seen."""

import importlib.util
import json
import subprocess
import sys
from dataclasses import fields
from statistics import median

import pytest

from architecture.sources import ROOT
from llamactl_catalog.engines import Engine
from llamactl_catalog.hardware import InstanceType, Offer, Price
from llamactl_catalog.planning import plan
from llamactl_catalog.speed.calibration import Errors, load_calibrations, read_calibration


def loaded(name):
    folder = ROOT / "bench"
    for each in ("measured_rows", "fit_speed", name):
        if each not in sys.modules:
            spec = importlib.util.spec_from_file_location(each, folder / f"{each}.py")
            module = importlib.util.module_from_spec(spec)
            sys.modules[each] = module
            spec.loader.exec_module(module)
    return sys.modules[name]


bench = loaded("planner_accuracy")
fitting, measured = sys.modules["fit_speed"], sys.modules["measured_rows"]


@pytest.fixture(scope="module")
def rows():
    return measured.shipped_rows()


@pytest.fixture(scope="module")
def best(rows):
    return fitting.fit_all(rows)


@pytest.fixture(scope="module")
def left_out(best, rows):
    return {kind: fitting.leave_out(best, rows, key) for kind, key in fitting.FOLDS.items()}


def off(misses):
    return sorted(measured.factor(each) for each in misses)


def test_rows_of_a_source_left_out_keep_to_the_bar(left_out):
    found = off(left_out["source"].values())

    assert len(found) == 739
    assert median(found) <= 1.15
    assert fitting.quantile(found, 0.9) <= 1.35
    assert 0.85 <= median(left_out["source"].values()) <= 1.15


def test_endpoints_of_a_source_left_out_keep_to_the_bar(left_out):
    served = [
        miss
        for row, miss in left_out["source"].items()
        if not row.static_batch and row.version != "1.0.3"
    ]

    assert median(off(served)) <= 1.20
    assert fitting.quantile(off(served), 0.9) <= 1.65
    assert 0.85 <= median(served) <= 1.15


def test_every_engine_keeps_to_the_bar_on_each_gpu(rows):
    groups = {}
    for each in map(measured.ratio, rows):
        key = each.row.engine, each.row.replica.accelerator.id
        if each.tokens_per_s is not None:
            groups.setdefault(key, []).append(each.tokens_per_s)

    for found in groups.values():
        assert len(found) < 3 or median(off(found)) <= 1.40


def test_tgi_1_0_keeps_to_its_own_bar(rows):
    own = [measured.ratio(each) for each in rows if each.version == "1.0.3"]

    for metric in ("tokens_per_s", "itl_ms"):
        found = off(getattr(each, metric) for each in own)
        assert median(found) <= 1.2
        assert max(found) <= 1.6


def test_the_yardstick_of_2023_keeps_to_its_own_bar():
    rows, skipped = measured.read_rows(measured.MEASURED / "tensorrt-llm-0.6.csv")
    found = off(
        each.tokens_per_s for each in map(measured.ratio, rows) if each.tokens_per_s is not None
    )

    assert not skipped
    assert median(found) <= 1.10
    assert fitting.quantile(found, 0.9) <= 1.75
    assert max(found) <= 2.0


def test_the_shipped_constants_are_those_of_the_fit(best):
    for family in load_calibrations().values():
        for shipped in family:
            assert fitting.constants(shipped) == pytest.approx(
                fitting.constants(best[shipped.name]), rel=0.002
            )


def test_the_shipped_errors_are_those_of_the_rows_left_out(left_out):
    errors = fitting.errors_of(left_out)

    assert errors.within <= 1.6
    for family in load_calibrations().values():
        for each in fields(Errors):
            assert getattr(family[-1].errors, each.name) == pytest.approx(
                getattr(errors, each.name), abs=0.002
            )


def test_the_fit_forgets_where_it_started(best, rows):
    start = best["vllm"]
    elsewhere = fitting.with_constants(
        start, {name: value * 1.5 for name, value in fitting.constants(start).items()}
    )
    own = [each for each in rows if fitting.family_of(each) == "vllm"]

    assert fitting.constants(fitting.fit(elsewhere, own)) == pytest.approx(
        fitting.constants(start), rel=0.002
    )


def test_what_is_written_is_what_is_read(tmp_path):
    shipped = load_calibrations()["vllm"][-1]
    path = tmp_path / "vllm.toml"
    text = (fitting.FOLDER / "vllm.toml").read_text("utf-8")

    path.write_text(fitting.written(text, shipped), "utf-8")

    assert read_calibration(path) == shipped


def test_the_printed_band_holds_for_eight_of_ten_endpoints(left_out):
    served = {row: miss for row, miss in left_out["source"].items() if not row.static_batch}

    inside = [
        measured.factor(miss) <= bench.band_factor(row)
        for row, miss in served.items()
        if row.version != "1.0.3"
    ]

    assert 0.70 <= sum(inside) / len(inside) <= 0.92


def test_the_printed_range_holds_most_first_tokens(rows):
    assert bench.first_token_coverage(map(measured.ratio, rows)) >= 0.65


def test_any_file_of_rows_can_be_asked(tmp_path):
    lines = (measured.MEASURED / "modern.csv").read_text("utf-8").splitlines()
    path = tmp_path / "rows.csv"
    other = ",2026,vllm,0.23.0,llama-3.1-8b,b200,1,,none,100,100,8,900,,,"
    path.write_text("\n".join([*lines[:60], other, ""]), "utf-8")

    answer = subprocess.run(
        [sys.executable, ROOT / "bench" / "planner_accuracy.py", "--rows", path, "--json"],
        capture_output=True,
        check=True,
        text=True,
    )

    found = json.loads(answer.stdout)
    assert found["tokens_per_s"]["n"] == 59
    assert found["skipped"] == [{"row": 60, "reason": "neither cloud has the GPU b200"}]
    assert set(found["itl_ms"]) == {"n", "median_off", "p90_off", "worst_off", "bias"}


def test_the_plan_gives_the_very_same_number(rows):
    plain = next(each for each in rows if each.engine == "vllm" and each.version == "0.12.0")
    kind = InstanceType(
        "aws", "ml.p5.48xlarge", plain.replica.accelerator, plain.replica.num_shard, 192, 2 << 40,
        None, "", None, 1, 0.0, None, "", plain_day(),
    )  # fmt: skip
    offer = Offer(kind, Price("aws", "us-east-1", kind.name, 60.0, "published", plain_day(), ""))

    found = plan(
        plain.replica.model, [offer], plain.workload, engine=Engine("vllm", "0.10.2"),
        objective="throughput", instances=1,
    )  # fmt: skip

    best = next(each for each in found.placements if each.num_shard == plain.replica.num_shard)
    assert best.speed.tokens_per_s == pytest.approx(measured.ratio(plain).times.tokens_per_s)


def test_the_documentation_shows_the_table_of_today(rows):
    page = (ROOT / "docs" / "speed-model.md").read_text("utf-8")

    assert bench.documentation(rows, [*map(measured.ratio, rows)]) in page


def plain_day():
    from datetime import date

    return date(2026, 11, 30)
