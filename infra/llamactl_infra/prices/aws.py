"""AWS's prices of SageMaker hosting, from the Price List API: on demand, by the hour.

Source: botocore 1.43.117, service `pricing`; the filters and the shape of a product as in llmeter
0.2.0 (callbacks/cost/providers/sagemaker.py), read 2026-11-22.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from time import sleep
from typing import Any

from llamactl_catalog.errors import NoPermission, ProgramMissing, Unhealthy
from llamactl_catalog.extras import extra_command
from llamactl_catalog.hardware import Price
from llamactl_catalog.progress import Report, Step
from llamactl_infra.prices.answers import name, usd_per_hour
from llamactl_infra.prices.retries import (
    ATTEMPTS_TO_CONNECT,
    Busy,
    Pause,
    patiently,
    retry_after_s,
)

SOURCE = "aws-price-list"
# The API is in three regions and answers for all of them.
_API_REGION = "us-east-1"
_SERVICE = "AmazonSageMaker"
_PAGE = 100
_MOST_PAGES = 50
_CONNECT_TIMEOUT_S = 10
_READ_TIMEOUT_S = 60
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_FORBIDDEN = (401, 403)
_THROTTLED = ("Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded")
_REFUSED = (
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
_UNIT = ("Hrs", "Hours")
# Partitions with accounts of their own.
_NOT_PUBLIC = ("us-gov-", "us-iso", "eu-isoe-", "cn-")


def fetch_prices(
    names: Sequence[str],
    report: Report,
    today: date,
    *,
    url: str | None = None,
    pause: Pause = sleep,
) -> list[Price]:
    """Fetch what the named instance types cost for hosting, in every region that has them.

    `url` is where to ask instead of AWS.

    Raises:
        ProgramMissing: boto3 is not installed.
        NoPermission: there are no credentials, or they may not call pricing:GetProducts.
        Unhealthy: the price list is out of reach, stays busy, or answers what cannot be read.
    """
    client = _client(url)
    prices: list[Price] = []
    try:
        for number, kind in enumerate(names, 1):
            report(Step(f"{kind}, {number} of {len(names)}"))
            found: dict[str, float] = {}
            for product in _products(client, kind, pause, report):
                for region, usd in hourly(product):
                    # Of several, the dearest: a plan may be too high, never too low.
                    found[region] = max(usd, found.get(region, 0.0))
            prices += [
                Price("aws", region, kind, found[region], "published", today, SOURCE)
                for region in sorted(found)
                if not region.startswith(_NOT_PUBLIC)
            ]
    finally:
        client.close()
    return prices


def hourly(product: str) -> Iterator[tuple[str, float]]:
    """Read the region and the USD an hour of one product, which is JSON in itself.

    Raises:
        Unhealthy: the product is not as documented.
    """
    try:
        content = json.loads(product)
        region = name(content["product"]["attributes"]["regionCode"])
        for term in content["terms"].get("OnDemand", {}).values():
            for dimension in term["priceDimensions"].values():
                usd = usd_per_hour(dimension["pricePerUnit"].get("USD", 0))
                if dimension["unit"] in _UNIT and usd > 0:
                    yield region, usd
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unreadable(f"a product without {error}") from error


def _products(client: Any, kind: str, pause: Pause, report: Report) -> Iterator[str]:
    filters = [
        {"Type": "TERM_MATCH", "Field": "component", "Value": "Hosting"},
        {"Type": "TERM_MATCH", "Field": "instanceName", "Value": kind},
    ]
    question = {"ServiceCode": _SERVICE, "Filters": filters, "MaxResults": _PAGE}
    asked = set()
    for _ in range(_MOST_PAGES):
        page = patiently(_asking(client, question), pause, report)
        match page:
            case {"PriceList": [*products]}:
                yield from products
            case _:
                raise _unreadable("a page without PriceList")
        token = page.get("NextToken")
        if not token:
            return
        if token in asked:
            break
        asked.add(token)
        question = {**question, "NextToken": token}
    raise _unreadable(f"pages without an end for {kind}")


def _asking(client: Any, question: Mapping[str, object]) -> Callable[[], Any]:
    def ask() -> Any:
        with _translated():
            return client.get_products(**question)

    return ask


def _client(url: str | None) -> Any:
    try:
        import boto3  # type: ignore[import-untyped]  # ships no types
        from botocore.config import Config  # type: ignore[import-untyped]  # ships no types
    except ImportError as error:
        raise ProgramMissing(
            "the Python package boto3, which asks AWS for prices, is not installed",
            hint=extra_command("aws"),
        ) from error
    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"total_max_attempts": 1},  # `patiently` asks again, the same for every cloud
    )
    with _translated():
        session = boto3.session.Session()
        return session.client("pricing", _API_REGION, endpoint_url=url, config=config)


@contextmanager
def _translated() -> Iterator[None]:
    from botocore import exceptions as boto  # type: ignore[import-untyped]  # ships no types

    try:
        yield
    except boto.ClientError as error:
        raise _refusal(error.response) from error
    except (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
        boto.ProfileNotFound,
        boto.TokenRetrievalError,
        boto.SSOError,
    ) as error:
        raise NoPermission(
            f"no AWS credentials: {error}",
            hint="set AWS_PROFILE, or sign in with aws sso login or aws configure",
        ) from error
    except boto.EndpointConnectionError as error:
        said = f"the AWS price list cannot be reached: {error}"
        raise Busy(said, attempts=ATTEMPTS_TO_CONNECT) from error
    except (boto.ConnectionError, boto.HTTPClientError) as error:
        raise Busy(f"the AWS price list does not answer: {error}") from error
    except (boto.BotoCoreError, RecursionError) as error:
        raise _unreadable(str(error)) from error


def _refusal(answer: Mapping[str, Any]) -> Exception:
    code = answer["Error"].get("Code", "")
    said = answer["Error"].get("Message", "")
    about = answer.get("ResponseMetadata", {})
    status = about.get("HTTPStatusCode", 0)
    if code in _THROTTLED or status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
        wait_s = retry_after_s(about.get("HTTPHeaders", {}).get("retry-after"))
        return Busy(f"the AWS price list answers {status} {code}", wait_s)
    if code in _REFUSED or status in _FORBIDDEN:
        return NoPermission(
            f"AWS refuses its price list: {code}: {said}",
            hint="the credentials need the permission pricing:GetProducts",
        )
    return Unhealthy(f"the AWS price list answers {status} {code}: {said}")


def _unreadable(what: str) -> Unhealthy:
    return Unhealthy(
        f"AWS's price list answers what cannot be read: {what}",
        hint="the old prices stay in use; a newer llamactl may read it",
    )
