"""Azure's prices, from its public list: Linux machines by the hour, without a commitment.

Source: Microsoft, Azure Retail Prices REST API, 2023-01-01-preview: no sign-in, filter values are
case-sensitive, pages by NextPageLink. A managed online endpoint costs what its machines cost.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from time import sleep
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from llamactl_catalog.errors import Unhealthy
from llamactl_catalog.hardware import Price
from llamactl_catalog.progress import Report, Step
from llamactl_infra.prices.answers import content, name, usd_per_hour
from llamactl_infra.prices.retries import (
    ATTEMPTS_TO_CONNECT,
    Busy,
    Pause,
    patiently,
    retry_after_s,
)

if TYPE_CHECKING:
    import httpx

URL = "https://prices.azure.com"
SOURCE = "azure-retail-prices"
_ROUTE = "/api/retail/prices"
_VERSION = "2023-01-01-preview"
_TIMEOUT_S = 60.0
# A size has about 300 meters, 100 on a page.
_MOST_PAGES = 100
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
# The same machine under a second name. Source: github sidparty/gpupricing, read 2026-11-22.
_OTHER_NAMES = {"Standard_ND96asr_v4": "Standard_ND96asr_A100_v4"}
_NOT_LINUX = ("windows", "cloudservices", "cloud services")
_NOT_FIRM = (" Spot", " Low Priority")
# Sovereign clouds have accounts and endpoints of their own.
_NOT_PUBLIC = ("usgov", "usdod", "china")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Meter = Mapping[str, Any]


def fetch_prices(
    names: Sequence[str],
    report: Report,
    today: date,
    *,
    url: str | None = None,
    pause: Pause = sleep,
) -> list[Price]:
    """Fetch what the named sizes cost in every region that has them.

    `url` is where to ask instead of Azure, without a path.

    Raises:
        Unhealthy: the price list is out of reach, stays busy, or answers what cannot be read.
    """
    base = URL if url is None else url.rstrip("/")
    prices: list[Price] = []
    with _client(base) as client:
        for number, size in enumerate(names, 1):
            report(Step(f"{size}, {number} of {len(names)}"))
            found: dict[str, float] = {}
            for asked in filter(None, (_OTHER_NAMES.get(size), size)):
                found |= linux_prices(_meters(client, asked, pause, report), today)
            prices += [
                Price("azure", region, size, found[region], "published", today, SOURCE)
                for region in sorted(found)
            ]
    return prices


def linux_prices(meters: Iterable[Meter], today: date) -> dict[str, float]:
    """Pick the hourly price by region. Of several in force the youngest, of those the dearest.

    Raises:
        Unhealthy: a meter is not as documented.
    """
    in_force: dict[str, tuple[str, float]] = {}
    for meter in meters:
        try:
            if not _counts(meter):
                continue
            region = name(meter["armRegionName"]) if meter["armRegionName"] else ""
            usd = usd_per_hour(meter["retailPrice"])
            since = str(meter["effectiveStartDate"])[:10]
            future = date.fromisoformat(since) > today
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _unreadable(f"a meter without {error}") from error
        if usd <= 0 or future or not region or region.startswith(_NOT_PUBLIC):
            continue
        in_force[region] = max(in_force.get(region, ("", 0.0)), (since, usd))
    return {region: usd for region, (_, usd) in in_force.items()}


def _counts(meter: Meter) -> bool:
    names = (meter["skuName"], meter["meterName"])
    product = meter["productName"].lower()
    return (
        meter["type"] == "Consumption"
        and meter["currencyCode"] == "USD"
        and meter["unitOfMeasure"] == "1 Hour"
        and not any(word in product for word in _NOT_LINUX)
        and not any(name.endswith(_NOT_FIRM) for name in names)
    )


def _meters(client: "httpx.Client", size: str, pause: Pause, report: Report) -> Iterator[Meter]:
    wanted = f"serviceName eq 'Virtual Machines' and armSkuName eq '{size}'"
    question: Any = {
        "api-version": _VERSION,
        "currencyCode": "USD",
        "$filter": f"{wanted} and priceType eq 'Consumption'",
    }
    asked = set()
    for _ in range(_MOST_PAGES):
        page = patiently(lambda: _page(client, question), pause, report)  # noqa: B023 - called at once
        match page:
            case {"Items": [*items], "NextPageLink": str() | None as link}:
                yield from items
            case _:
                raise _unreadable("a page without Items or NextPageLink")
        if not link:
            return
        if link in asked:
            break
        asked.add(link)
        # Only the question: through a mirror, the link still names Azure.
        question = urlsplit(link).query
    raise _unreadable(f"pages without an end for {size}")


def _page(client: "httpx.Client", question: Any) -> object:
    import httpx

    try:
        answer = client.get(_ROUTE, params=httpx.QueryParams(question))
    except httpx.ConnectError as error:
        said = f"{client.base_url.host} cannot be reached: {error}"
        raise Busy(said, attempts=ATTEMPTS_TO_CONNECT) from error
    except httpx.TransportError as error:
        raise Busy(f"{client.base_url.host} does not answer: {error}") from error
    except httpx.DecodingError as error:
        raise _unreadable(str(error)) from error
    if answer.status_code == _TOO_MANY_REQUESTS or answer.status_code >= _SERVER_ERROR:
        said = f"{client.base_url.host} answers {answer.status_code}"
        raise Busy(said, retry_after_s(answer.headers.get("retry-after")))
    if not answer.is_success:
        raise Unhealthy(f"{answer.url} answers {answer.status_code}: {answer.text[:200]}")
    try:
        return content(answer)
    except ValueError as error:
        raise _unreadable("a page that is not JSON") from error


def _client(base: str) -> "httpx.Client":
    import httpx

    loopback = httpx.URL(base).host in _LOOPBACK
    return httpx.Client(base_url=base, timeout=_TIMEOUT_S, trust_env=not loopback)


def _unreadable(what: str) -> Unhealthy:
    return Unhealthy(
        f"Azure's price list answers what cannot be read: {what}",
        hint="the old prices stay in use; a newer llamactl may read it",
    )
