"""What Azure ML has in its regions, kept beside the prices: whole or not at all, and used."""

from datetime import date

import pytest

from llamactl_catalog.availability import cached_listings, listing_file
from llamactl_catalog.errors import NoPermission, Unhealthy
from llamactl_catalog.offers import load_hardware, load_prices, offers
from llamactl_catalog.progress import silent
from llamactl_infra.prices.azure_sizes import NotSignedInError
from llamactl_infra.prices.listings import Listed, Skipped, refresh_listings
from standins.azure_sizes import SUBSCRIPTION, TOKEN, AzureSizes, arm_error, size
from standins.price_lists import Answer

A100, H100 = "Standard_NC24ads_A100_v4", "Standard_NC40ads_H100_v5"
TODAY, LATER = date(2026, 11, 22), date(2026, 12, 24)
REGIONS = sorted({each.region for each in load_prices() if each.cloud == "azure"})
HAS = {region: [size(A100.upper())] for region in REGIONS}


def refreshed(cache, has=HAS, trouble=lambda _number: None, *, today=TODAY, token=lambda: TOKEN):
    with AzureSizes(has, trouble) as server:
        return refresh_listings(
            "azure", cache, silent, today, subscription=SUBSCRIPTION, token=token, url=server.url
        )


def test_every_region_with_prices_is_asked_and_kept(tmp_path):
    done = refreshed(tmp_path)

    assert done == Listed(len(REGIONS), 1, listing_file(tmp_path, "azure"))
    assert {region for _, region in cached_listings(tmp_path)} == set(REGIONS)


def test_an_offer_that_its_region_does_not_list_says_so_from_then_on(tmp_path):
    refreshed(tmp_path, {**HAS, "eastus": [size(H100)]})

    found = {
        (each.price.region, each.instance_type.name): each.unavailable_because
        for each in offers(load_hardware(), load_prices(), cached_listings(tmp_path))
    }

    assert found["eastus", H100] is None
    assert found["westeurope", A100] is None
    assert found["eastus", A100] == "Azure ML does not offer it in eastus (as of 2026-11-22)"
    assert found["us-east-1", "ml.g5.xlarge"] is None


def test_a_region_without_the_service_offers_nothing(tmp_path):
    refreshed(tmp_path, {region: HAS[region] for region in REGIONS if region != "eastus"})

    reasons = {
        each.unavailable_because
        for each in offers(load_hardware(), load_prices(), cached_listings(tmp_path))
        if each.price.region == "eastus"
    }

    assert reasons == {"Azure ML does not offer it in eastus (as of 2026-11-22)"}


@pytest.mark.parametrize(
    ("trouble", "error"),
    [(Answer("{half a pa"), Unhealthy), (arm_error(403, "AuthorizationFailed", ""), NoPermission)],
)
@pytest.mark.parametrize("number", [0, 7])
def test_a_refresh_that_fails_half_way_leaves_what_was_known(tmp_path, trouble, error, number):
    path = refreshed(tmp_path).path
    before = path.read_bytes()

    with pytest.raises(error):
        refreshed(tmp_path, {}, lambda now: trouble if now == number else None, today=LATER)

    assert path.read_bytes() == before
    assert not [each for each in path.parent.iterdir() if "new" in each.name]


def test_nobody_signed_in_leaves_what_was_known_and_says_how_to_go_on(tmp_path):
    path = refreshed(tmp_path).path
    before = path.read_bytes()

    def nobody():
        raise NotSignedInError("sign in with az login")

    skipped = refreshed(tmp_path, today=LATER, token=nobody)

    assert isinstance(skipped, Skipped)
    assert skipped.reason.endswith("nobody is signed in; sign in with az login")
    assert path.read_bytes() == before


def test_prices_of_the_service_itself_need_no_list_beside_them(tmp_path):
    assert refresh_listings("aws", tmp_path, silent, TODAY, subscription=None) is None
