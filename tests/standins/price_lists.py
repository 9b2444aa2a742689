"""The clouds' price lists on 127.0.0.1: answers in their recorded shape, and all that goes wrong.

Shapes: Microsoft's page on the Azure Retail Prices API; botocore's service model `pricing` and a
product of AmazonSageMaker as public tools read it. Both read 2026-11-22.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from standins.local_server import LocalServer, SilentHandler


@dataclass(frozen=True)
class Answer:
    """What the list says; text goes out as it is."""

    content: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @property
    def body(self) -> bytes:
        told = self.content if isinstance(self.content, str) else json.dumps(self.content)
        return told.encode()


class PriceList(LocalServer):
    """`trouble` may answer a request in the list's place; it is given how many came before."""

    def __init__(self, trouble: Callable[[int], Answer | None] = lambda _number: None) -> None:
        self.trouble = trouble
        self.asked: list[Any] = []
        super().__init__(_Handler)

    def answer(self, path: str, body: bytes) -> Answer:
        number = len(self.asked)
        self.asked.append(self.question(path, body))
        return self.trouble(number) or self.page(self.asked[-1])

    def hear(self, headers: Mapping[str, str]) -> None:
        """Look at the headers of the request that is answered next."""

    def question(self, path: str, body: bytes) -> Any:
        raise NotImplementedError

    def page(self, question: Any) -> Answer:
        raise NotImplementedError


class AzurePriceList(PriceList):
    """Azure's Retail Prices API, with so many meters on a page."""

    def __init__(
        self,
        meters: Sequence[Mapping[str, object]],
        trouble: Callable[[int], Answer | None] = lambda _number: None,
        *,
        on_a_page: int = 100,
    ) -> None:
        super().__init__(trouble)
        self.meters = meters
        self.on_a_page = on_a_page

    def question(self, path: str, body: bytes) -> dict[str, str]:
        parts = urlsplit(path)
        assert parts.path == "/api/retail/prices"
        return {name: values[0] for name, values in parse_qs(parts.query).items()}

    def page(self, question: dict[str, str]) -> Answer:
        name = question["$filter"].split("armSkuName eq '")[1].split("'")[0]
        skip = int(question.get("$skip", 0))
        found = [each for each in self.meters if each["armSkuName"] == name]
        items, rest = found[skip : skip + self.on_a_page], found[skip + self.on_a_page :]
        more = urlencode({**question, "$skip": skip + self.on_a_page})
        link = f"https://prices.azure.com:443/api/retail/prices?{more}"
        return Answer(
            {
                "BillingCurrency": "USD",
                "CustomerEntityId": "Default",
                "CustomerEntityType": "Retail",
                "Items": items,
                "NextPageLink": link if rest else None,
                "Count": len(items),
            }
        )


class AwsPriceList(PriceList):
    """AWS's Price List API, GetProducts alone, with so many products on a page."""

    def __init__(
        self,
        products: Sequence[Mapping[str, Any]],
        trouble: Callable[[int], Answer | None] = lambda _number: None,
        *,
        on_a_page: int = 100,
    ) -> None:
        super().__init__(trouble)
        self.products = products
        self.on_a_page = on_a_page

    def question(self, path: str, body: bytes) -> Any:
        return json.loads(body)

    def page(self, question: Any) -> Answer:
        wanted = {each["Field"]: each["Value"] for each in question["Filters"]}
        skip = int(question.get("NextToken", 0))
        found = [
            json.dumps(each)
            for each in self.products
            if wanted.items() <= each["product"]["attributes"].items()
        ]
        content: dict[str, object] = {
            "FormatVersion": "aws_v1",
            "PriceList": found[skip : skip + self.on_a_page],
        }
        if len(found) > skip + self.on_a_page:
            content["NextToken"] = str(skip + self.on_a_page)
        return Answer(content, content_type="application/x-amz-json-1.1")


def azure_meter(name: str, region: str, usd: float, **others: object) -> dict[str, object]:
    """One meter: a Linux machine by the hour, unless `others` say something else."""
    short = name.removeprefix("Standard_").replace("_", " ")
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": usd,
        "unitPrice": usd,
        "armRegionName": region,
        "location": region,
        "effectiveStartDate": "2024-02-01T00:00:00Z",
        "meterId": "000a794b-bdb0-58be-a0cd-0c3a0f222923",
        "meterName": short,
        "productId": "DZH318Z0BQPS",
        "skuId": "DZH318Z0BQPS/00TG",
        "productName": "Virtual Machines NCadsv4 Series",
        "skuName": short,
        "serviceName": "Virtual Machines",
        "serviceId": "DZH313Z7MMC8",
        "serviceFamily": "Compute",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "isPrimaryMeterRegion": True,
        "armSkuName": name,
        **others,
    }


def aws_product(name: str, region: str, usd: float, **others: object) -> dict[str, Any]:
    """One product: hosting on an instance type by the hour; `others` are attributes."""
    sku = "KRGU7FZZRS8XXBTZ"
    term = f"{sku}.JRTCKXETXF"
    return {
        "product": {
            "productFamily": "ML Instance",
            "attributes": {
                "regionCode": region,
                "servicecode": "AmazonSageMaker",
                "instanceName": name,
                "instanceType": f"{name}-Hosting",
                "usagetype": f"USE1-Host:{name}",
                "component": "Hosting",
                "platoinstancetype": name,
                "servicename": "Amazon SageMaker",
                "operation": "RunInstance",
                **others,
            },
            "sku": sku,
        },
        "serviceCode": "AmazonSageMaker",
        "terms": {
            "OnDemand": {
                term: {
                    "priceDimensions": {
                        f"{term}.6YS6EN2CT7": {
                            "unit": "Hrs",
                            "endRange": "Inf",
                            "description": f"${usd} per Hosting {name} hour",
                            "appliesTo": [],
                            "rateCode": f"{term}.6YS6EN2CT7",
                            "beginRange": "0",
                            "pricePerUnit": {"USD": f"{usd:.10f}"},
                        }
                    },
                    "sku": sku,
                    "effectiveDate": "2026-11-01T00:00:00Z",
                    "offerTermCode": "JRTCKXETXF",
                    "termAttributes": {},
                }
            }
        },
        "version": "20261101000000",
        "publicationDate": "2026-11-01T00:00:00Z",
    }


def aws_error(code: str, status: int = 400, **headers: str) -> Answer:
    """A refusal as AWS's JSON protocol says it."""
    content = {"__type": code, "message": f"{code} said the stand-in"}
    return Answer(content, status, headers, "application/x-amz-json-1.1")


class _Handler(SilentHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: the second would wait 40 ms for the first

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["content-length"])))

    def _answer(self, body: bytes) -> None:
        self.server.owner.hear(self.headers)
        answer = self.server.owner.answer(self.path, body)
        self.send_response(answer.status)
        self.send_header("content-type", answer.content_type)
        self.send_header("content-length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
