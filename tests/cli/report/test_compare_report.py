"""The report of a comparison: each figure in it is the comparison's."""

import pytest

from cli.report.documents import APIS, Page, compared
from llamactl.compare_words import rows, verdict
from llamactl.report import compare_html
from llamactl_catalog.limits import Limits
from llamactl_catalog.offers import load_hardware, load_prices, offers


@pytest.fixture(scope="module")
def comparison():
    return compared()


@pytest.fixture(scope="module")
def found(comparison):
    return Page(compare_html(comparison))


def figure(text):
    return float(text.replace(",", "").replace("$", ""))


def sides(comparison):
    return [(model, side) for model in comparison.models for side in model.sides]


def test_each_side_is_a_row_with_its_cost_and_its_speed(comparison, found):
    lines = found.rows("What the load costs")[: len(sides(comparison))]

    for row, (model, side) in zip(lines, sides(comparison), strict=True):
        speed = side.at_load.placement.speed
        assert (row["model"], row["where"]) == (model.model.id, side.cloud.name)
        assert row["instances"].endswith(side.at_load.placement.offer.instance_type.name)
        assert figure(row["$/month"]) == pytest.approx(side.at_load.usd_per_month, abs=0.51)
        assert figure(row["$/1M tokens"]) == round(side.at_load.usd_per_million_tokens, 2)
        assert figure(row["ms/token"]) == round(speed.ms_per_token, 1)
        assert figure(row["ms to first token"]) == round(speed.time_to_first_token_ms)
        assert row["whole answer"] == f"{side.at_load.answer_s:.1f} s"


def test_the_prices_that_were_given_are_rows_too(comparison, found):
    rows = {row["model"]: row for row in found.rows("What the load costs")}

    # (512 x $2.50 + 256 x $10) / 768 = $5 per million; 100 M of them.
    assert rows["Large API"]["$/1M tokens"] == "$5.00"
    assert rows["Large API"]["$/month"] == "$500.00"
    assert rows["Small API"]["$/month"] == "$30.00"


def test_the_table_of_growth_has_points_of_the_curves_and_the_load_itself(comparison, found):
    for model in comparison.models:
        rows = found.rows(f"{model.model.id}: the cheapest way at each load")
        loads = [row["tokens a month"] for row in rows]
        assert "100M" in loads
        for side in model.sides:
            name = side.cloud.name
            points = {
                (f"{p.usd_per_million_tokens:,.2f}", p.instance_type) for p in side.growth
            } | {(f"{p.usd_per_million_tokens:,.0f}", p.instance_type) for p in side.growth}
            for row in rows:
                price = row[f"{name} $/1M"].removeprefix("$")
                assert (price, row[f"{name} instances"].split()[-1]) in points


def test_break_even_is_told_of_every_side_and_price(comparison, found):
    rows = found.rows("Break-even")

    assert len(rows) == len(sides(comparison)) * len(APIS)
    by_name = {(row["model"], row["cloud"], row["against"]): row for row in rows}
    for model, side in sides(comparison):
        for each in side.break_evens:
            row = by_name[model.model.id, side.cloud.name, each.api.name]
            earliest, latest = each.earliest_monthly_tokens, each.latest_monthly_tokens
            assert (row["costs no more from"] == "never") == (earliest is None)
            assert (row["at the latest from"] == "never") == (latest is None)
            assert (row["up to"] == "any load") == (
                latest is not None and each.until_monthly_tokens is None
            )
            assert figure(row["cost at the load"].rstrip("×")) == pytest.approx(  # noqa: RUF001 - as read
                each.at_load, rel=0.06
            )


def test_side_by_side_has_what_the_terminal_has(comparison, found):
    for model in comparison.models:
        table = found.rows(f"{model.model.id} side by side")
        assert [tuple(row.values()) for row in table] == [(label, *c) for label, c in rows(model)]
        assert {"quota needed", "regions", "to know"} <= {row[""] for row in table}


def test_every_region_is_listed_with_its_price(comparison, found):
    for model in comparison.models:
        rows = found.rows(f"{model.model.id}: the same instances by region")
        assert len(rows) == sum(len(side.regions) for side in model.sides)
        for row, region in zip(rows, [r for s in model.sides for r in s.regions], strict=True):
            assert row["region"] == region.region.name
            assert row["geography"] == region.region.geography
            assert figure(row["$/month"]) == pytest.approx(region.usd_per_month, abs=0.51)


def test_terms_residency_and_assumptions_are_whole(comparison, found):
    for sentence in (*comparison.residency, *comparison.assumptions):
        assert sentence in found.text
    for model in comparison.models:
        assert all(term in found.text for term in model.terms)


def test_the_verdict_stands_with_each_model(comparison, found):
    assert all(verdict(each) in found.text for each in comparison.models)


def test_a_cloud_without_a_price_says_so():
    every = offers(load_hardware(), load_prices())
    one = every[0].instance_type.cloud
    comparison = compared(offers=[each for each in every if each.instance_type.cloud == one])

    page = Page(compare_html(comparison))

    lacking = next(side for side in comparison.models[0].sides if side.at_load is None)
    assert f"none: {lacking.reason}" in page.text
    assert "has no known price for what was asked" in page.text


@pytest.mark.parametrize("monthly_tokens", [1.0, 3e10])
def test_small_and_large_loads_have_pages(monthly_tokens):
    assert compare_html(compared(monthly_tokens=monthly_tokens))


def test_where_nothing_carries_any_load_there_is_still_a_page():
    page = Page(compare_html(compared(limits=Limits(max_usd_per_hour=0.01))))

    assert "no cloud carries this load." in page.text
    assert "How long one waits" not in page.text


def test_without_prices_per_token_there_is_no_word_of_them():
    page = Page(compare_html(compared(("llama-2-7b",), apis=())))

    assert "Against prices per token" not in page.text
    assert "AWS or Azure for llama-2-7b" in page.text
