"""Making what a test needs in the stand-in, by its own REST API."""

import time
from collections.abc import Mapping
from typing import Any

import httpx

from standins.azure.server import TOKEN

_POLL_S = 0.01


def put(url: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the stand-in for a resource, and wait until it is there."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    query = {"api-version": "2025-12-01"}
    with httpx.Client(headers=headers, trust_env=False, verify=False) as client:  # noqa: S501 - http
        answer = client.put(f"{url}{path}", json=body, params=query)
        assert answer.is_success, answer.text
        operation = answer.headers.get("azure-asyncoperation")
        while operation is not None:
            state = client.get(operation).json()
            assert state["status"] != "Failed", state["error"]
            if state["status"] == "Succeeded":
                break
            time.sleep(_POLL_S)
        content: dict[str, Any] = client.get(f"{url}{path}", params=query).json()
    return content
