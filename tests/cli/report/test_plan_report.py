"""The report of a plan: each figure in it is the plan's."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.plan_goldens import planned
from cli.report.documents import Page, plan_page_of
from llamactl.plan_page import deploy_command
from llamactl.plan_record import plan_record
from llamactl.plan_words import rows_of
from llamactl.report.figures import around, count, usd
from llamactl.report.plan_charts import frontier, memory_parts
from llamactl_catalog.limits import Limits
from llamactl_catalog.placement import Quantization
from llamactl_catalog.workload import Workload


@pytest.fixture(scope="module")
def plan():
    return planned("llama-2-13b-chat")


@pytest.fixture(scope="module")
def found(plan):
    return Page(plan_page_of(plan))


def figure(text):
    return float(text.replace(",", "").replace("$", ""))


def test_each_row_of_the_ranking_is_the_plans(plan, found):
    by_type = {}
    for each in plan_record(plan, None, accepted=None)["placements"]:
        by_type.setdefault((each["cloud"], each["instance_type"]), each)
    rows = found.rows("Ranked: each instance type")

    assert len(rows) == len(by_type)
    for number, (row, each) in enumerate(zip(rows, by_type.values(), strict=True), start=1):
        assert row["#"] == str(number)
        assert row["instance type"].endswith(each["instance_type"])
        assert row["region"].split()[0] == each["region"]
        assert figure(row["$/hour"]) == round(each["usd_per_hour"], 2)
        assert figure(row["$/month"]) == round(each["usd_per_month"])
        assert figure(row["$/1M tokens"]) == round(each["usd_per_million_tokens"], 2)
        assert figure(row["ms/token"]) == pytest.approx(each["ms_per_token"], abs=0.051)
        assert figure(row["tokens/s"]) == pytest.approx(each["tokens_per_s"], abs=0.51)
        low, high = map(float, row["typical range"].split(" - "))
        error = each["error_factor"]
        assert low == pytest.approx(each["ms_per_token"] / error, abs=0.51)
        assert high == pytest.approx(each["ms_per_token"] * error, abs=0.51)


def test_the_choice_is_told_with_its_figures_reason_and_command(plan, found):
    chosen = plan.placements[0]

    assert f"${chosen.usd_per_month:,.0f}" in found.text
    assert f"{chosen.speed.ms_per_token:.1f} ms" in found.text
    assert "is the cheapest of" in found.text
    assert deploy_command(chosen) in found.text
    for warning in chosen.warnings:
        assert warning.partition(": ")[2] in found.text


def test_every_kind_of_caution_is_spelled_out_with_its_rows(plan, found):
    kinds = {text.partition(":")[0] for each in plan.placements for text in each.warnings}

    assert all(each in found.text for each in kinds)
    assert "(rows " in found.text


def test_every_rejected_offer_is_in_the_table_of_reasons(plan, found):
    rows = found.rows("Rejected offers")

    told = {(row["reason"], name) for row in rows for name in row["instance types"].split(", ")}
    assert {(each.reason, each.instance_type) for each in plan.rejected} == {
        (reason, name.partition(" (")[0]) for reason, name in told
    }
    counts = [name.rpartition("(")[2].split()[0].replace("no", "0") for _, name in told]
    assert sum(map(int, counts)) == sum(each.region != "" for each in plan.rejected)


def test_the_parts_of_the_memory_are_all_of_it(plan, found):
    memory = plan.placements[0].memory
    parts = memory_parts(memory)

    assert sum(each.size_bytes for each in parts) == memory.available_bytes
    assert sum(each.share for each in parts) == pytest.approx(1)
    sizes = {row["part"]: row["size"] for row in found.rows("Memory of one replica")}
    assert sizes["weights"] == f"{memory.weights_bytes / 2**30:.1f} GiB"
    assert sizes["cache"] == f"{memory.kv_cache_bytes / 2**30:.1f} GiB"


def test_the_assumptions_have_dates_and_the_version(plan, found):
    dates = [each.offer.price.dated for each in plan.placements]

    assert f"{min(dates)} to {max(dates)}" in found.text
    assert "Made on 2026-11-22 by llamactl 0.1.0" in found.text
    assert "730 hours" in found.text
    assert plan.placements[0].speed.calibration in found.text


def test_the_frontier_holds_what_nothing_beats_in_both():
    placements = [row.placement for row in rows_of(planned("llama-2-7b"), every_region=False)]

    best = frontier(placements)

    for each in placements:
        better = [
            one
            for one in best
            if one.usd_per_hour <= each.usd_per_hour
            and one.speed.ms_per_token <= each.speed.ms_per_token
        ]
        assert better
    assert [one.usd_per_hour for one in best] == sorted(one.usd_per_hour for one in best)


def test_a_limit_says_what_it_left_out_and_every_region_is_a_row(plan):
    few = plan_page_of(plan, limit=3)
    every = Page(plan_page_of(plan, every_region=True))

    assert len(Page(few).rows("Ranked")) == 3
    assert "more are not shown (--limit)" in few
    assert len(every.rows("Ranked: every offer")) == len(plan.placements)


def test_a_plan_of_one_placement_or_many_replicas_has_a_page_too():
    ways = get_args(Quantization)
    load = Workload(512, 256, concurrency=200, context_tokens=2048, utilization=0.4)
    many = planned("llama-2-70b", workload=load, quantizations=ways, objective="latency")
    one = planned("llama-2-7b", limits=Limits(max_usd_per_hour=1.13))

    assert "weights" in Page(plan_page_of(many)).rows("Ranked")[0]
    assert "40% of the time" in plan_page_of(many)
    assert plan_page_of(one)


@given(st.floats(0.001, 1e6), st.floats(1, 11))
def test_the_range_of_an_estimate_is_a_factor_either_way(value, error_factor):
    low, high = around(value, error_factor)

    assert low <= value <= high
    assert value / low == pytest.approx(high / value)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.00"), (0.0042, "$0.0042"), (0.55, "$0.55"), (999.5, "$999.50"), (1234.5, "$1,234")],
)
def test_dollars_have_the_digits_that_count(amount, text):
    assert usd(amount) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(999, "999"), (1000, "1k"), (380_388_400, "380M"), (999_900_000, "1B"), (1e15, "1e+03T")],
)
def test_counts_have_three_digits(number, text):
    assert count(number) == text
