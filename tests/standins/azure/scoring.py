"""The scoring address of one endpoint: who may ask, and which deployment answers."""

from collections.abc import Callable
from typing import Any

from standins.azure_scoring import scoring_error
from standins.front import Call, Front, Refusal

KEY = "primary-key-very-secret"
SECOND_KEY = "secondary-key-very-secret"
DATA_TOKEN = "data-token-very-secret"  # noqa: S105 - opens nothing


class EndpointScoring(Front):
    """`state` gives the endpoint as it is, and its deployments by name; all are one engine."""

    def __init__(
        self,
        engine_url: str,
        state: Callable[[], tuple[dict[str, Any], dict[str, Any]]],
    ) -> None:
        super().__init__(engine_url)
        self.state = state
        self.broken: set[str] = set()
        self.answered_by: list[str] = []

    def refusal(self, call: Call) -> Refusal | None:
        endpoint, deployments = self.state()
        by_key = endpoint["properties"]["authMode"] == "Key"
        secrets = {KEY, SECOND_KEY} if by_key else {DATA_TOKEN}
        if call.headers.get("authorization", "").removeprefix("Bearer ") not in secrets:
            return scoring_error(401, "Unauthorized", "key_auth_access_denied")
        traffic = endpoint["properties"].get("traffic") or {}
        most = max(traffic, key=lambda name: traffic[name], default=None)
        chosen = call.headers.get("azureml-model-deployment", most)
        if chosen is None or chosen not in deployments:
            return scoring_error(404, "NotFound", "no deployment takes this request")
        if deployments[chosen]["properties"]["provisioningState"] != "Succeeded":
            return scoring_error(503, "ServiceUnavailable", f"{chosen} is not ready")
        if chosen in self.broken:
            return self.refused_by_engine(500, b"CUDA error: no kernel image is available")
        self.answered_by.append(chosen)
        return None

    def inner_path(self, call: Call) -> str:
        return call.path

    def refused_by_engine(self, status: int, body: bytes) -> Refusal:
        headers = {"ms-azureml-model-error-statuscode": str(status)}
        return Refusal(424, body, headers)
