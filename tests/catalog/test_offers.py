"""The bundled prices, refreshed prices over them, and the join with the hardware."""

import gc
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.hardware import Price
from llamactl_catalog.offers import load_hardware, load_prices, offers
from llamactl_catalog.price_book import format_prices, newest, parse_prices
from llamactl_catalog.price_cache import cache_file, sealed
from llamactl_catalog.sources import load_sources

HARDWARE = load_hardware()
PRICES = load_prices()
BY_KEY = {(each.region, each.instance_type): each for each in PRICES}
TODAY = date(2026, 11, 22)
OLD = Price("aws", "us-east-1", "ml.g5.xlarge", 1.4, "derived", date(2026, 1, 21), "ec2-x1.4")


def cached(folder, prices, text=None):
    """Keep prices, or any text, as the refreshed prices of their cloud."""
    path = cache_file(folder, prices[0].cloud)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sealed(prices) if text is None else text, "utf-8")
    return folder


def problems_of(folder):
    with pytest.raises(InvalidFile) as raised:
        load_prices(folder)
    assert "llamactl catalog refresh writes it anew" in raised.value.hint
    return list(raised.value.problems)


@pytest.mark.parametrize(
    ("region", "name", "usd", "basis", "dated"),
    [
        ("us-east-1", "ml.g5.12xlarge", 7.09, "published", date(2025, 1, 26)),
        ("us-west-2", "ml.g5.12xlarge", 7.09, "published", date(2026, 9, 1)),
        # EC2 6.33167 * 1.25, and 23.71569 * 1.15 for the A100 machines.
        ("eu-west-1", "ml.g5.12xlarge", 7.9146, "derived", date(2026, 1, 21)),
        ("eu-west-1", "ml.p4d.24xlarge", 27.273, "derived", date(2026, 1, 21)),
        ("us-west-2", "ml.p4d.24xlarge", 25.251286, "published", date(2026, 9, 1)),
        ("eastus", "Standard_NC24ads_A100_v4", 3.673, "published", date(2026, 8, 1)),
        ("westeurope", "Standard_NC96ads_A100_v4", 19.1, "published", date(2026, 8, 1)),
        ("eastus", "Standard_ND96isr_H100_v5", 98.32, "published", date(2026, 8, 1)),
    ],
)
def test_worked_prices(region, name, usd, basis, dated):
    price = BY_KEY[region, name]

    assert price.usd_per_hour == pytest.approx(usd, abs=1e-4)
    assert (price.basis, price.dated) == (basis, dated)


def test_every_price_is_positive_dated_and_from_a_source_that_is_explained():
    sources = load_sources()
    for price in PRICES:
        assert 0.1 < price.usd_per_hour < 150
        assert date(2025, 1, 1) < price.dated <= TODAY
        assert price.source in sources
        assert price.source.startswith("ec2-x") == (price.basis == "derived")


def test_every_price_has_its_instance_type():
    joined = offers(HARDWARE, PRICES)

    assert [each.price for each in joined] == list(PRICES)
    assert all(each.instance_type.name == each.price.instance_type for each in joined)


def test_both_clouds_have_their_regions():
    regions = {
        cloud: {each.region for each in PRICES if each.cloud == cloud} for cloud in ("aws", "azure")
    }

    assert {cloud: len(found) for cloud, found in regions.items()} == {"aws": 10, "azure": 19}
    assert {"us-east-1", "eu-central-1"} <= regions["aws"]
    assert {"eastus", "swedencentral"} <= regions["azure"]


def test_more_gpus_of_a_family_never_cost_less():
    for each in HARDWARE:
        for other in HARDWARE:
            if each.accelerator != other.accelerator or each.accelerators >= other.accelerators:
                continue
            for region in {price.region for price in PRICES}:
                few, many = BY_KEY.get((region, each.name)), BY_KEY.get((region, other.name))
                if few is not None and many is not None and each.vcpus < other.vcpus:
                    assert few.usd_per_hour < many.usd_per_hour, (region, each.name, other.name)


def test_a_price_of_an_unknown_instance_type_makes_no_offer():
    assert offers(HARDWARE, [replace(OLD, instance_type="ml.g9.xlarge")]) == ()


def test_without_a_refresh_the_bundled_prices_count(tmp_path):
    assert load_prices(tmp_path) == PRICES


def test_a_younger_refresh_replaces_the_regions_that_it_saw(tmp_path):
    fetched = Price("aws", "us-east-1", "ml.g5.xlarge", 1.5, "published", TODAY, "aws-price-list")

    found = load_prices(cached(tmp_path, [fetched]))

    in_region = [each for each in found if each.region == "us-east-1"]
    elsewhere = [each for each in found if each.region != "us-east-1"]
    assert in_region == [fetched]  # all else is not sold there any more
    assert elsewhere == [each for each in PRICES if each.region != "us-east-1"]


def test_a_bundled_price_that_is_younger_than_the_refresh_stays(tmp_path):
    seen = date(2026, 8, 1)
    fetched = Price("aws", "us-west-2", "ml.g5.12xlarge", 9.9, "published", seen, "aws-price-list")

    found = {each.instance_type: each for each in load_prices(cached(tmp_path, [fetched]))
             if each.region == "us-west-2"}  # fmt: skip

    assert found["ml.g5.12xlarge"].usd_per_hour == 7.09  # of 2026-09-01
    assert "ml.g5.xlarge" not in found  # of 2026-01-21, and not in the refresh


def test_a_book_reads_as_it_was_written():
    prices, problems = parse_prices(format_prices(PRICES).splitlines())

    assert problems == []
    assert tuple(prices) == PRICES


def test_a_refresh_that_breaks_off_is_told(tmp_path):
    text = sealed(PRICES[:20])
    middle_of_a_line = text[: text.index("\n", 400) + 20]
    end_of_a_line = "\n".join(text.splitlines()[:-3])

    for part in (middle_of_a_line, end_of_a_line):
        problems = problems_of(cached(tmp_path, PRICES[:20], part))
        assert any("breaks off" in each for each in problems)


@pytest.mark.parametrize("text", ["", "\n", "# 0 prices", "{}", "cloud,region"], ids=repr)
def test_a_file_that_is_no_book_is_told(text, tmp_path):
    assert problems_of(cached(tmp_path, PRICES, text))


def test_bytes_that_are_no_text_are_told(tmp_path):
    folder = cached(tmp_path, PRICES)
    cache_file(folder, "aws").write_bytes(b"\xff\xfe\x00")

    assert "not text in UTF-8" in problems_of(folder)[0]


def test_all_problems_of_a_refresh_are_told_at_once(tmp_path):
    good = sealed([OLD, OLD])
    bad = good.replace("derived", "guessed", 1).replace("2026-01-21", "in May", 1)

    assert problems_of(cached(tmp_path, [OLD], bad)) == [
        'line 2: basis: is "guessed", expected one of published, derived',
        'line 2: dated: is "in May", expected a date like 2026-11-22',
    ]
    assert problems_of(cached(tmp_path, [OLD], good)) == [
        "aws us-east-1 ml.g5.xlarge: is there twice"
    ]


def test_a_book_of_another_cloud_is_told(tmp_path):
    strange = sealed([replace(OLD, cloud="azure")])

    assert problems_of(cached(tmp_path, [OLD], strange)) == ["holds prices of azure"]


days = st.integers(0, 3).map(lambda number: TODAY + timedelta(days=number))
books = st.lists(
    st.builds(
        replace,
        st.just(OLD),
        region=st.sampled_from("xyz"),
        instance_type=st.sampled_from("abc"),
        dated=days,
    ),
    unique_by=lambda each: (each.region, each.instance_type),
)


@given(books, books)
def test_no_price_is_there_twice_and_none_is_older_than_the_fetch_of_its_region(bundled, fetched):
    found = newest(bundled, fetched)

    keys = [(each.region, each.instance_type) for each in found]
    assert len(keys) == len(set(keys))
    assert set(found) <= {*bundled, *fetched}
    fetched_on = {each.region: each.dated for each in sorted(fetched, key=lambda one: one.dated)}
    for each in set(found) - set(fetched):
        assert each.region not in fetched_on or each.dated > fetched_on[each.region]


@given(books)
def test_a_refresh_over_nothing_is_the_refresh(fetched):
    assert newest([], fetched) == tuple(fetched)


def synthetic(times):
    """So many times the bundled book, in regions of other names."""
    return [
        replace(each, region=f"{each.region}-{number}")
        for number in range(times)
        for each in PRICES
    ]


@contextmanager
def without_garbage_collection():
    """Keep out of a measurement what 6,000 tests before it have left to be looked through."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("times", [1, 10, 100])
def test_a_large_book_takes_time_in_proportion(times, tmp_path):
    book = [each for each in synthetic(times) if each.cloud == "aws"]
    cached(tmp_path, book)

    with without_garbage_collection():
        started = time.process_time()
        found = offers(HARDWARE, load_prices(tmp_path))
        elapsed_s = time.process_time() - started

    assert len(found) == len(book) + len(PRICES)
    # 15 ms are the aim for the bundled book; ten times that leaves room for a busy machine.
    assert elapsed_s < 0.15 * (times + 1)
