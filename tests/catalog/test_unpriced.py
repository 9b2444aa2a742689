"""Instance types without a price: they are named, with what to do."""

from dataclasses import replace
from datetime import date

import pytest

from llamactl_catalog.offers import load_hardware, load_price_book, offers
from llamactl_catalog.selection import Selection
from llamactl_catalog.unpriced import unpriced

HARDWARE = load_hardware()
BOOK = load_price_book()
FETCHED = replace(BOOK, fetched_on={"aws": date(2026, 11, 22)})


def missing(book=BOOK, **asked):
    found = unpriced(Selection(**asked), HARDWARE, book)
    return {(each.region, each.instance_type): each.reason for each in found}


def test_what_has_a_price_nowhere_is_named_without_a_region():
    assert missing() == {
        ("", "ml.p5e.48xlarge"): (
            "no price is bundled: llamactl catalog refresh --cloud aws asks for it"
        ),
        **{
            ("", name): (
                "no price is known; AWS Trainium runs no CUDA, and llamactl has no image of "
                "tgi 3.3.5 for it"
            )
            for name in ("ml.trn1.2xlarge", "ml.trn1.32xlarge", "ml.trn1n.32xlarge")
        },
        **{
            ("", name): "no price is bundled: llamactl catalog refresh --cloud azure asks for it"
            for name in ("Standard_ND96is_H100_v5", "Standard_NV36adms_A10_v5")
        },
        **{
            ("", f"Standard_NV{vcpus}ads_A10_v5"): (
                f"no price is known; it has {share} of an A10 ({gib} GiB) and whole GPUs only are "
                "planned"
            )
            for vcpus, share, gib in ((6, "a sixth", 4), (12, "a third", 8), (18, "half", 12))
        },
    }


def test_in_regions_that_are_asked_for_each_is_named():
    found = missing(regions=("EU-West-1", "us-east-1"), gpus=("l40s",))

    assert {region for region, _ in found} == {"eu-west-1"}
    assert found["eu-west-1", "ml.g6e.xlarge"] == (
        "no price is bundled in eu-west-1: llamactl catalog refresh --cloud aws asks for it"
    )


def test_only_what_is_asked_for_is_named():
    assert missing(clouds=("azure",), gpus=("t4",)) == {}
    assert missing(gpus=("a10g",)) == {}
    assert list(missing(instance_types=("ml.p5e.48xlarge",))) == [("", "ml.p5e.48xlarge")]


def test_after_a_refresh_there_is_nothing_more_to_ask():
    assert missing(FETCHED, gpus=("h200",)) == {
        ("", "ml.p5e.48xlarge"): (
            "no price is known: the price list of 2026-11-22 does not name it"
        )
    }


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"clouds": ("azure",)},
        {"regions": ("us-east-1",)},
        {"regions": ("eu-west-1", "eastus")},
        {"gpus": ("h200",), "regions": ("us-east-1",)},
    ],
    ids=str,
)
def test_every_instance_type_that_is_asked_for_is_offered_or_named(asked):
    selection = Selection(**asked)

    offered = {each.instance_type.name for each in selection.of(offers(HARDWARE, BOOK.prices))}
    named = {each.instance_type for each in unpriced(selection, HARDWARE, BOOK)}

    wanted = {each.name for each in selection.kinds(HARDWARE)}
    if selection.regions:
        clouds = {each.cloud for each in BOOK.prices if selection.names_region(each.region)}
        wanted = {each.name for each in selection.kinds(HARDWARE) if each.cloud in clouds}
    assert offered | named == wanted
