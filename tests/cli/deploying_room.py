"""A user who may deploy a gated model: the license accepted, a Hub that lets their token in."""

import pytest

from llamactl.app import App
from llamactl.pipeline.accepted import Accepted
from llamactl.pipeline.cloud_order import CloudOrder
from llamactl.pipeline.license_gate import have_license
from standins.hub import TOKEN, HubStandIn

MODEL = "llama-2-7b-chat"
REPO = "meta-llama/Llama-2-7b-chat-hf"
IMAGE = f"ghcr.io/huggingface/text-generation-inference@sha256:{'0' * 64}"
ORDER = CloudOrder(model=MODEL, cloud="azure", name="chat", yes=True, image=IMAGE)


@pytest.fixture(scope="module")
def deploying_hub():
    with HubStandIn({"config.json": b"{}"}, repo=REPO) as running:
        yield running


@pytest.fixture(scope="module")
def deploying_ledger(tmp_path_factory):
    """A ledger in which the license is accepted."""
    folder = tmp_path_factory.mktemp("ledger")
    accepting = App(folder / "state", folder / "cache", license_ledger=str(folder / "ledger"))
    model = accepting.catalog().model(MODEL)
    have_license(accepting, model, None, Accepted(("llama-2@0629d729",)))
    return accepting.license_ledger


@pytest.fixture
def deploying_app(tmp_path, monkeypatch, deploying_hub, deploying_ledger):
    monkeypatch.setenv("HF_ENDPOINT", deploying_hub.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    monkeypatch.chdir(tmp_path)
    state, cache = tmp_path / "state", tmp_path / "cache"
    return App(state, cache, non_interactive=True, license_ledger=deploying_ledger)
