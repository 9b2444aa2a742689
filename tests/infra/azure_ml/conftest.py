"""Azure's stand-in, with an engine behind its endpoints, for the tests of this folder."""

import os

import pytest

from infra.azure_ml.places import add_deployment, make_endpoint
from infra.azure_ml.specs import REGISTRY
from standins.azure import SUBSCRIPTION, Azure
from standins.azure.asking import put
from standins.chat_server import ChatServer
from standins.providers.plugins import FORGOTTEN, engine_environment


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


@pytest.fixture
def stack(tmp_path, azure, monkeypatch):
    """The stack of a deployment; its provider is the stand-in's, its home is empty."""
    from llamactl_infra.stacks.place import stack_place
    from llamactl_infra.stacks.stack import open_stack

    for name, value in engine_environment(tmp_path, azure_native=("azure_native",)).items():
        monkeypatch.setenv(name, value)
    for name in FORGOTTEN:
        monkeypatch.delenv(name, raising=False)
    put(
        azure.url,
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared",
        {"location": "westeurope"},
    )
    put(azure.url, REGISTRY, {"location": "westeurope", "properties": {}})
    place = stack_place(tmp_path / "state", tmp_path, os.environ, lambda _step: None)
    return open_stack("chat", place)
