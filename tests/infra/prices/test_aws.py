"""AWS's price list through the real boto3: pages, throttling, refusals, and broken answers."""

import subprocess
import sys

import pytest

from infra.prices.fetching import TODAY, fetched
from llamactl_catalog.errors import NoPermission, Unhealthy
from llamactl_catalog.extras import extra_command
from llamactl_catalog.progress import silent
from llamactl_infra.prices.aws import fetch_prices
from standins.price_lists import Answer, AwsPriceList, aws_error, aws_product

G5 = "ml.g5.12xlarge"
pytestmark = pytest.mark.usefixtures("credentials")


def fetch(products, trouble=lambda _number: None, *, names=(G5,), on_a_page=100, pauses=None):
    """Fetch from a stand-in; the prices by region, and what it was asked."""
    price_list = AwsPriceList(products, trouble, on_a_page=on_a_page)
    return fetched(fetch_prices, price_list, names, pauses)


def test_a_price_says_where_it_is_from_and_when_it_was_seen():
    with AwsPriceList([aws_product(G5, "us-east-1", 7.09)]) as server:
        [price] = fetch_prices([G5], silent, TODAY, url=server.url)

    assert price.cloud == "aws"
    assert (price.instance_type, price.region, price.usd_per_hour) == (G5, "us-east-1", 7.09)
    assert (price.basis, price.dated, price.source) == ("published", TODAY, "aws-price-list")


def test_the_question_is_for_hosting_on_that_type_in_every_region():
    _, [asked] = fetch([])

    assert asked == {
        "ServiceCode": "AmazonSageMaker",
        "Filters": [
            {"Type": "TERM_MATCH", "Field": "component", "Value": "Hosting"},
            {"Type": "TERM_MATCH", "Field": "instanceName", "Value": G5},
        ],
        "MaxResults": 100,
    }


def test_training_and_studio_prices_are_not_hosting_prices():
    products = [
        aws_product(G5, "us-east-1", 99.0, component="Training"),
        aws_product(G5, "us-east-1", 7.09),
        aws_product(G5, "us-east-1", 98.0, component="studio-jupyterlab"),
    ]

    assert fetch(products)[0] == {"us-east-1": 7.09}


def test_free_products_count_for_nothing_and_of_several_the_dearest_counts():
    products = [aws_product(G5, "us-east-1", usd) for usd in (0.0, 7.09, 7.5, 7.2)]

    assert fetch(products)[0] == {"us-east-1": 7.5}


def test_a_price_by_another_unit_or_without_a_term_counts_for_nothing():
    by_month = aws_product(G5, "us-east-1", 100.0)
    [term] = by_month["terms"]["OnDemand"].values()
    [dimension] = term["priceDimensions"].values()
    dimension["unit"] = "GB-Mo"
    reserved = aws_product(G5, "us-east-2", 3.0)
    reserved["terms"] = {"Reserved": {}}

    assert fetch([by_month, reserved])[0] == {}


def test_other_partitions_are_left_out():
    assert fetch([aws_product(G5, "us-gov-west-1", 8.5)])[0] == {}


def test_all_pages_are_read():
    products = [aws_product(G5, f"region-{number}", number + 1.0) for number in range(7)]

    found, asked = fetch(products, on_a_page=3)

    assert len(found) == 7
    assert [each.get("NextToken") for each in asked] == [None, "3", "6"]


@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        (aws_error("ThrottlingException"), [0.5, 1.0]),
        (aws_error("TooManyRequestsException", 429, **{"Retry-After": "3"}), [3.0, 3.0]),
        (aws_error("InternalErrorException", 500), [0.5, 1.0]),
    ],
    ids=["throttled", "as asked", "broken server"],
)
def test_a_busy_list_is_asked_again_after_a_wait(answer, waits):
    pauses = []

    found, asked = fetch(
        [aws_product(G5, "us-east-1", 7.09)],
        lambda number: answer if number < 2 else None,
        pauses=pauses,
    )

    assert found == {"us-east-1": 7.09}
    assert pauses == waits
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (aws_error("ThrottlingException"), "ThrottlingException, 6 times in a row"),
        (aws_error("InvalidParameterException"), "InvalidParameterException said the stand-in"),
        (Answer("<html>maintenance</html>"), "cannot be read"),
        (Answer({"FormatVersion": "aws_v1"}), "a page without PriceList"),
        (Answer({"PriceList": ["{half a prod"]}), "a product without"),
        (Answer({"PriceList": ['{"product": {}}']}), "a product without 'attributes'"),
        (Answer({"PriceList": ["[]"]}), "a product without"),
        (Answer({"PriceList": ["[" * 100_000]}), "a product without"),
        (Answer("[" * 100_000), "cannot be read"),
        (Answer({"PriceList": [], "NextToken": "again"}), "pages without an end"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_that_is_no_price_list_ends_the_refresh(trouble, says):
    with pytest.raises(Unhealthy, match=says):
        fetch([], lambda _number: trouble)


@pytest.mark.parametrize("price", [float("inf"), float("nan"), 1e7])
def test_a_price_that_none_can_be_is_not_kept(price):
    with pytest.raises(Unhealthy, match="a product without a price"):
        fetch([aws_product(G5, "us-east-1", price)])


@pytest.mark.parametrize("region", ["us east", "us\x1b[2J", "a\nb"])
def test_a_region_with_a_name_that_none_has_is_not_kept(region):
    with pytest.raises(Unhealthy, match="a product without a name"):
        fetch([aws_product(G5, region, 7.09)])


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException"])
def test_a_refusal_names_the_permission_and_not_the_secret(code):
    with pytest.raises(NoPermission, match=code) as raised:
        fetch([], lambda _number: aws_error(code))

    assert "pricing:GetProducts" in raised.value.hint
    assert "the-secret-of-the-test" not in str(raised.value)


@pytest.mark.usefixtures("no_credentials")
def test_nobody_signed_in_is_told_how_to_sign_in(monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(NoPermission, match="no AWS credentials") as raised:
        fetch([])

    assert "aws sso login" in raised.value.hint


def test_an_unknown_profile_is_told(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(NoPermission, match="nobody"):
        fetch([])


def test_nobody_there_is_told_after_a_few_tries():
    with AwsPriceList([]) as server:
        gone = server.url
    pauses = []

    with pytest.raises(Unhealthy, match=r"cannot be reached.*3 times in a row"):
        fetch_prices([G5], silent, TODAY, url=gone, pause=pauses.append)

    assert pauses == [0.5, 1.0]


def test_without_boto3_the_extra_to_install_is_named():
    script = (
        "import sys; sys.modules['boto3'] = None\n"
        "from datetime import date\n"
        "from llamactl_catalog.errors import ProgramMissing\n"
        "from llamactl_infra.prices.aws import fetch_prices\n"
        "try:\n"
        "    fetch_prices(['ml.g5.xlarge'], print, date.today())\n"
        "except ProgramMissing as error:\n"
        "    print(error.message, error.hint)\n"
    )

    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "boto3" in done.stdout
    assert extra_command("aws") in done.stdout
