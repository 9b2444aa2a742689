"""What a service has in its regions: written, read back, and damaged."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamactl_catalog.availability import (
    cached_listings,
    format_listings,
    listing,
    listing_file,
    read_listings,
)
from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.hardware import Price

TODAY = date(2026, 11, 22)
BOTH = [listing("azure", "eastus", ["Standard_A", "Standard_B"], TODAY)]
NONE = [listing("azure", "westus", [], TODAY)]


def kept(folder, text):
    path = listing_file(folder, "azure")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def price(name, region="eastus"):
    return Price("azure", region, name, 1.0, "published", TODAY, "test")


def test_where_nobody_asked_nothing_is_known(tmp_path):
    assert cached_listings(tmp_path) == {}


def test_what_is_written_is_read_a_region_without_anything_too(tmp_path):
    kept(tmp_path, format_listings([*BOTH, *NONE]))

    assert cached_listings(tmp_path) == {
        ("azure", "eastus"): BOTH[0],
        ("azure", "westus"): NONE[0],
    }


def test_names_are_compared_whatever_their_case():
    assert BOTH[0].refusal(price("standard_a")) is None
    assert BOTH[0].refusal(price("STANDARD_B")) is None
    assert BOTH[0].refusal(price("Standard_C")) == (
        "Azure ML does not offer it in eastus (as of 2026-11-22)"
    )


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[:-20], "breaks off"),
        (lambda text: "\n".join(text.splitlines()[:-2]), "breaks off"),
        (lambda _text: "", "breaks off"),
        (lambda text: text.replace("2026-11-22", "today", 1), "expected a date"),
        (lambda text: text.replace("azure", "elsewhere"), "holds what elsewhere has"),
    ],
)
def test_a_damaged_file_is_told_with_what_to_do(tmp_path, damage, words):
    path = kept(tmp_path, damage(format_listings([*BOTH, *NONE])))

    with pytest.raises(InvalidFile, match=words) as raised:
        read_listings(path)

    assert str(path) in raised.value.message
    assert "llamactl catalog refresh writes it anew" in raised.value.hint


NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1).map(str.casefold)


@given(st.dictionaries(st.sampled_from(["eastus", "westus", "mexico"]), st.sets(NAMES)))
def test_listings_read_as_they_were_written(tmp_path_factory, has):
    listings = [listing("azure", region, names, TODAY) for region, names in has.items()]
    path = kept(tmp_path_factory.mktemp("cache"), format_listings(listings))

    assert read_listings(path) == listings
