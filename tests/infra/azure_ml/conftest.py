"""Azure's stand-in, with an engine behind its endpoints, for the tests of this folder."""

import pytest

from infra.azure_ml.places import add_deployment, make_endpoint
from standins.azure import Azure
from standins.chat_server import ChatServer


@pytest.fixture
def azure(monkeypatch):
    """An empty subscription, which llamactl is led to."""
    with ChatServer() as engine, Azure(engine.url) as cloud:
        for name, value in cloud.environment.items():
            monkeypatch.setenv(name, value)
        yield cloud
        assert cloud.problems == []


@pytest.fixture
def endpoint(azure):
    """A subscription that has an endpoint with two deployments and no traffic."""
    make_endpoint(azure)
    for name in ("old", "new"):
        add_deployment(azure, name)
    return azure
