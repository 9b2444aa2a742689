"""The table of regions: every region with a price is in it, and each row has its source."""

from datetime import UTC, date, datetime

import pytest

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.offers import load_prices
from llamactl_catalog.regions import load_regions, parse_regions
from llamactl_catalog.sources import load_sources

REGIONS = load_regions()
SOURCES = load_sources()
HEADER = "cloud,name,place,country,geography,in_eu,source,checked_on"


def test_every_region_with_a_price_is_in_the_table():
    priced = {(each.cloud, each.region) for each in load_prices()}

    assert priced - REGIONS.keys() == set()


@pytest.mark.parametrize(
    ("cloud", "name", "place", "wider"),
    [
        ("aws", "us-east-1", "N. Virginia", ("United States", "North America", False)),
        ("aws", "eu-north-1", "Stockholm", ("Sweden", "Europe", True)),
        ("aws", "eu-west-2", "London", ("United Kingdom", "Europe", False)),
        ("aws", "ap-northeast-1", "Tokyo", ("Japan", "Asia Pacific", False)),
        ("azure", "westeurope", "Netherlands", ("Netherlands", "Europe", True)),
        ("azure", "switzerlandnorth", "Zurich", ("Switzerland", "Europe", False)),
        ("azure", "swedencentral", "Gävle", ("Sweden", "Europe", True)),
        ("azure", "westus3", "Phoenix", ("United States", "North America", False)),
    ],
)
def test_known_regions_are_where_they_are(cloud, name, place, wider):
    found = REGIONS[cloud, name]

    assert found.place == place
    assert (found.country, found.geography, found.in_eu) == wider


def test_a_country_is_in_one_part_of_the_world_and_in_the_eu_or_not():
    placed = {(each.country, each.geography, each.in_eu) for each in REGIONS.values()}

    assert len(placed) == len({country for country, _, _ in placed})
    assert all(geography == "Europe" for _, geography, in_eu in placed if in_eu)


def test_the_parts_of_the_world_are_few():
    assert {each.geography for each in REGIONS.values()} == {
        "Africa", "Asia Pacific", "Europe", "Middle East", "North America", "South America",
    }  # fmt: skip


@pytest.mark.parametrize("each", REGIONS.values(), ids=lambda each: f"{each.cloud} {each.name}")
def test_every_region_has_sources_that_are_explained_and_a_date_that_has_been(each):
    assert set(each.source.split()) <= set(SOURCES)
    assert date(2025, 1, 1) < each.checked_on <= datetime.now(UTC).date()


def test_all_problems_of_the_table_are_told_at_once():
    lines = [
        HEADER,
        "aws,a,Here,Land,Europe,yes,s,2026-11-22",
        "aws,b,Here,Land,Europe,perhaps,s,2026-11-22",
        "aws,c,,Land,Europe,no,s,soon",
        "aws,a,There,Land,Europe,yes,s,2026-11-22",
    ]

    regions, problems = parse_regions(lines)

    assert [each.name for each in regions] == ["a", "a"]
    assert problems == [
        'line 3: in_eu: is "perhaps", expected yes or no',
        "line 4: place: is empty, expected text without blanks around it",
        'line 4: checked_on: is "soon", expected a date like 2026-11-22',
        "aws a: is there twice",
    ]


def test_a_table_with_problems_is_refused_by_its_name(tmp_path):
    path = tmp_path / "regions.csv"
    path.write_text(f"{HEADER}\naws,a,Here,Land,Europe,maybe,s,2026-11-22\n", "utf-8")

    with pytest.raises(InvalidFile, match=r"regions\.csv: 1 problem"):
        load_regions(path)
