"""One deployment on the strict stand-in of Azure, deployed and removed in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cli.clouds.stack_room import StackRoom
from infra.azure_ml.specs import REGISTRY
from infra.azure_ml.stacks import SHARED
from llamactl_infra.live.azure.cloud import LiveAzure
from standins.azure import Azure
from standins.azure.asking import put
from standins.chat_server import ChatServer
from standins.providers.plugins import FORGOTTEN, engine_environment

_CHANGES = ("PUT", "PATCH", "DELETE")


@dataclass
class AzureRoom(StackRoom):
    azure: Azure = field(kw_only=True)

    def done(self, *kinds: str) -> list[str]:
        """Name them by method, kind and name: `PUT deployments llm-1a2b3c4d`."""
        since, self.asked = self.azure.requests[self.asked :], len(self.azure.requests)
        told = [
            f"{method} {'/'.join(path.rsplit('/', 2)[-2:]).replace('/', ' ')}"
            for method, path in since
            if method in _CHANGES
        ]
        return [each for each in told if each.startswith(kinds or _CHANGES)]

    def live(self, _cloud: str = "azure") -> LiveAzure:
        return LiveAzure()

    def serving(self) -> str:
        """Return the name of the one deployment, which has all the traffic and is well."""
        (endpoint,) = self.azure.endpoints()
        (name,) = self.azure.deployments(endpoint["id"])
        assert self.azure.traffic(endpoint["id"]) == {name: 100}
        made = self.azure.store.need(f"{endpoint['id']}/deployments/{name}")
        assert made["properties"]["provisioningState"] == "Succeeded"
        return name


@contextmanager
def azure_room(folder: Path) -> Iterator[AzureRoom]:
    """A subscription with a registry in it, which this process's environment leads to."""
    with ChatServer() as chat, Azure(chat.url) as azure, pytest.MonkeyPatch.context() as patch:
        plugins = engine_environment(folder, azure_native=("azure_native",))
        for name, value in {**plugins, **azure.environment}.items():
            patch.setenv(name, value)
        for name in FORGOTTEN:
            patch.delenv(name, raising=False)
        put(azure.url, SHARED, {"location": "westeurope"})
        put(azure.url, REGISTRY, {"location": "westeurope", "properties": {}})
        yield AzureRoom(folder, azure=azure)
        assert azure.problems == []
