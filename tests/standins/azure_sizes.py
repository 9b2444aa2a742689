"""Azure ML's list of sizes on 127.0.0.1: it wants the right path, version and token.

Shape: azure-ai-ml 1.35.2, _restclient/arm_ml_service, VirtualMachineSizeListResult, API 2025-12-01.
Refusals as Azure Resource Manager writes them. Both read 2026-11-22.
"""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from standins.price_lists import Answer, PriceList

SUBSCRIPTION = "00000000-1111-2222-3333-444444444444"
TOKEN = "the-token-of-the-test"  # noqa: S105 - opens nothing


class AzureSizes(PriceList):
    """The sizes of each region; where a region is not named, the service is not there."""

    def __init__(
        self,
        sizes: Mapping[str, Sequence[Mapping[str, object]]],
        trouble: Callable[[int], Answer | None] = lambda _number: None,
    ) -> None:
        super().__init__(trouble)
        self.sizes = sizes
        self._authorization = ""

    def hear(self, headers: Mapping[str, str]) -> None:
        self._authorization = headers.get("authorization", "")

    def question(self, path: str, body: bytes) -> str:
        """Give the region that is asked about."""
        parts = urlsplit(path)
        _, _, subscription, *middle, region, last = parts.path.split("/")
        assert body == b""
        assert subscription == SUBSCRIPTION
        assert middle == ["providers", "Microsoft.MachineLearningServices", "locations"]
        assert last == "vmSizes"
        assert parse_qs(parts.query) == {"api-version": ["2025-12-01"]}
        return region

    def page(self, question: str) -> Answer:
        if self._authorization != f"Bearer {TOKEN}":
            return arm_error(401, "InvalidAuthenticationToken", "The access token is invalid.")
        if question not in self.sizes:
            said = f"No registered resource provider found for location '{question}'"
            return arm_error(400, "NoRegisteredProviderFound", said)
        return Answer({"value": [*self.sizes[question]]})


def size(name: str, gpus: int = 1, **others: object) -> dict[str, object]:
    """One size; `others` say something else of it."""
    return {
        "name": name,
        "family": "standardNCADSA100v4Family",
        "vCPUs": 24,
        "gpus": gpus,
        "osVhdSizeMB": 1047552,
        "maxResourceVolumeMB": 65536,
        "memoryGB": 220.0,
        "lowPriorityCapable": True,
        "premiumIO": True,
        "estimatedVMPrices": {
            "billingCurrency": "USD",
            "unitOfMeasure": "OneHour",
            "values": [{"retailPrice": 3.673, "osType": "Linux", "vmTier": "Standard"}],
        },
        "supportedComputeTypes": ["AmlCompute"],
        **others,
    }


def arm_error(status: int, code: str, message: str, **headers: str) -> Answer:
    """A refusal as Azure Resource Manager says it."""
    return Answer({"error": {"code": code, "message": message}}, status, headers)
