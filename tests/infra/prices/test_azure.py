"""Azure's price list: what is a price and what is not, pages, throttling, and broken answers."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from infra.prices.fetching import TODAY, fetched
from llamactl_catalog.errors import Unhealthy
from llamactl_catalog.progress import silent
from llamactl_infra.prices.azure import fetch_prices
from standins.price_lists import Answer, AzurePriceList, azure_meter

A100 = "Standard_NC24ads_A100_v4"


def fetch(meters, trouble=lambda _number: None, *, names=(A100,), on_a_page=100, pauses=None):
    """Fetch from a stand-in; the prices by region, and what it was asked."""
    price_list = AzurePriceList(meters, trouble, on_a_page=on_a_page)
    return fetched(fetch_prices, price_list, names, pauses)


def test_a_price_says_where_it_is_from_and_when_it_was_seen():
    with AzurePriceList([azure_meter(A100, "westeurope", 4.775)]) as server:
        [price] = fetch_prices([A100], silent, TODAY, url=server.url)

    assert price.cloud == "azure"
    assert (price.instance_type, price.region, price.usd_per_hour) == (A100, "westeurope", 4.775)
    assert (price.basis, price.dated, price.source) == ("published", TODAY, "azure-retail-prices")


@pytest.mark.parametrize(
    "other",
    [
        {"productName": "Virtual Machines NCadsv4 Series Windows"},
        {"productName": "NCadsv4 Series CloudServices"},
        {"skuName": "NC24ads A100 v4 Spot"},
        {"meterName": "NC24ads A100 v4 Low Priority"},
        {"type": "DevTestConsumption"},
        {"type": "Reservation", "reservationTerm": "1 Year"},
        {"unitOfMeasure": "1/Month"},
        {"currencyCode": "EUR"},
        {"retailPrice": 0.0},
        {"armRegionName": ""},
        {"effectiveStartDate": "2026-12-01T00:00:00Z"},
    ],
    ids=str,
)
def test_only_linux_on_demand_by_the_hour_in_force_counts(other):
    meters = [
        {**azure_meter(A100, "eastus", 0.7), **other},
        azure_meter(A100, "eastus", 3.673),
        {**azure_meter(A100, "eastus", 9.9), **other},
    ]

    assert fetch(meters)[0] == {"eastus": 3.673}


def test_sovereign_regions_are_left_out():
    assert fetch([azure_meter(A100, "usgovvirginia", 4.6)])[0] == {}


def test_of_several_prices_the_youngest_counts_and_of_those_the_dearest():
    meters = [
        azure_meter(A100, "eastus", 5.0, effectiveStartDate="2023-01-01T00:00:00Z"),
        azure_meter(A100, "eastus", 3.5, effectiveStartDate="2025-01-01T00:00:00Z"),
        azure_meter(A100, "eastus", 3.6, effectiveStartDate="2025-01-01T00:00:00Z"),
    ]

    assert fetch(meters)[0] == {"eastus": 3.6}


def test_a_size_with_a_second_name_is_asked_for_by_both_and_its_own_name_wins():
    meters = [
        azure_meter("Standard_ND96asr_A100_v4", "eastus", 99.0),
        azure_meter("Standard_ND96asr_A100_v4", "westus2", 27.2),
        azure_meter("Standard_ND96asr_v4", "eastus", 27.197),
    ]

    found, _ = fetch(meters, names=["Standard_ND96asr_v4"])

    assert found == {"eastus": 27.197, "westus2": 27.2}


def test_all_pages_are_read_and_asked_of_the_same_server():
    meters = [azure_meter(A100, f"region{number}", number + 1.0) for number in range(7)]

    found, asked = fetch(meters, on_a_page=3)

    assert len(found) == 7
    assert [each.get("$skip") for each in asked] == [None, "3", "6"]


def test_the_question_has_the_case_and_the_currency_that_the_list_wants():
    _, [asked] = fetch([azure_meter(A100, "eastus", 3.673)])

    assert asked == {
        "api-version": "2023-01-01-preview",
        "currencyCode": "USD",
        "$filter": (
            "serviceName eq 'Virtual Machines' and armSkuName eq 'Standard_NC24ads_A100_v4' "
            "and priceType eq 'Consumption'"
        ),
    }


@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        (Answer("", 429, {"Retry-After": "7"}), [7.0, 7.0]),
        (Answer("", 429), [0.5, 1.0]),
        (Answer("", 503, {"Retry-After": "soon"}), [0.5, 1.0]),
        (Answer("", 503, {"Retry-After": "²"}), [0.5, 1.0]),
        (Answer("", 503, {"Retry-After": "Mon, 20 Nov 99999999999 10:10:10 GMT"}), [0.5, 1.0]),
        (Answer("", 500), [0.5, 1.0]),
    ],
    ids=["as asked", "doubling", "not understood", "no digit", "no year", "broken server"],
)
def test_a_busy_list_is_asked_again_after_a_wait(answer, waits):
    pauses = []

    found, asked = fetch(
        [azure_meter(A100, "eastus", 3.673)],
        lambda number: answer if number < 2 else None,
        pauses=pauses,
    )

    assert found == {"eastus": 3.673}
    assert pauses == waits
    assert len(asked) == 3


def test_a_wait_may_be_told_as_a_date():
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    pauses = []

    fetch([], lambda number: Answer("", 429, {"Retry-After": until}) if number == 0 else None,
          pauses=pauses)  # fmt: skip

    assert 25 < pauses[0] <= 30


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (Answer("", 429, {"Retry-After": "3600"}), "asks to wait 3600 s"),
        (Answer("", 429), "answers 429, 6 times in a row"),
        (Answer("no such version", 400), "400: no such version"),
        (Answer("<html>maintenance</html>"), "a page that is not JSON"),
        (Answer({"Items": {}}), "a page without Items or NextPageLink"),
        (Answer([]), "a page without Items or NextPageLink"),
        (Answer("[" * 100_000), "a page that is not JSON"),
        (Answer("{}", headers={"Content-Encoding": "gzip"}), "cannot be read: Error -3"),
        (Answer({"Items": ["x"], "NextPageLink": None}), "a meter without"),
        (Answer({"Items": [{}], "NextPageLink": None}), "a meter without"),
        (Answer({"Items": [], "NextPageLink": "https://prices.azure.com/?a=b"}), "without an end"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_that_is_no_price_list_ends_the_refresh(trouble, says):
    with pytest.raises(Unhealthy, match=says):
        fetch([], lambda _number: trouble)


def test_a_meter_with_a_price_that_is_none_ends_the_refresh():
    with pytest.raises(Unhealthy, match="a meter without could not convert string to float"):
        fetch([azure_meter(A100, "eastus", "much")])


@pytest.mark.parametrize("price", ["NaN", "Infinity", "1e999", "-1", "1e7"])
def test_a_price_that_none_can_be_is_not_kept(price):
    page = json.dumps({"Items": [azure_meter(A100, "eastus", 1.0)], "NextPageLink": None})
    broken = Answer(page.replace('"retailPrice": 1.0', f'"retailPrice": {price}'))

    with pytest.raises(Unhealthy, match="a meter without a price"):
        fetch([], lambda _number: broken)


@pytest.mark.parametrize("region", ["east us", "us\x1b[2J", "a\nb", "x\u2028", "e" * 200, " "])
def test_a_region_with_a_name_that_none_has_is_not_kept(region):
    with pytest.raises(Unhealthy, match="a meter without a name"):
        fetch([azure_meter(A100, region, 3.673)])


def test_nobody_there_is_told_after_a_few_tries():
    with AzurePriceList([]) as server:
        gone = server.url
    pauses = []

    with pytest.raises(Unhealthy, match=r"127\.0\.0\.1 cannot be reached.*3 times in a row"):
        fetch_prices([A100], silent, TODAY, url=gone, pause=pauses.append)

    assert pauses == [0.5, 1.0]


def test_the_progress_says_that_it_waits():
    steps = []
    busy = Answer("", 429, {"Retry-After": "2"})
    with AzurePriceList([], lambda number: busy if number == 0 else None) as server:
        fetch_prices([A100], steps.append, TODAY, url=server.url, pause=lambda _wait_s: None)

    assert steps[-1].text == "127.0.0.1 answers 429; asking again in 2.0 s"


def test_the_progress_names_the_size_and_how_many_there_are():
    steps = []
    with AzurePriceList([]) as server:
        fetch_prices([A100, "Standard_NV36ads_A10_v5"], steps.append, TODAY, url=server.url)

    assert [each.text for each in steps] == [
        "Standard_NC24ads_A100_v4, 1 of 2",
        "Standard_NV36ads_A10_v5, 2 of 2",
    ]
