"""What changed from one book of prices to another."""

from dataclasses import replace
from datetime import date

import pytest

from llamactl_catalog.hardware import Price
from llamactl_catalog.price_changes import price_changes

G5 = Price("aws", "us-east-1", "ml.g5.xlarge", 1.0, "derived", date(2026, 1, 21), "ec2-x1.4")


def test_changed_new_and_gone_prices_are_told_the_largest_change_first():
    g6, p5, p4 = (replace(G5, instance_type=name) for name in ("ml.g6", "ml.p5", "ml.p4"))
    before = [G5, g6, p4]
    after = [replace(G5, usd_per_hour=1.1), replace(g6, usd_per_hour=0.5), p5]

    found = price_changes(before, after)

    assert [(each.kind, each.instance_type) for each in found] == [
        ("changed", "ml.g6"),
        ("changed", "ml.g5.xlarge"),
        ("new", "ml.p5"),
        ("gone", "ml.p4"),
    ]
    assert found[0].percent == pytest.approx(-50)
    assert found[1].percent == pytest.approx(10)
    assert (found[2].was, found[2].now, found[2].percent) == (None, 1.0, None)


def test_a_derived_price_that_is_confirmed_is_no_change():
    seen = replace(G5, basis="published", dated=date(2026, 11, 22), source="aws-price-list")

    assert price_changes([G5], [seen]) == ()
