"""A Hub with a small model, and what moves it."""

import asyncio

import pytest

from llamactl_containers.buckets.address import bucket_address, is_bucket_address
from llamactl_containers.weights.access import HubRevision
from llamactl_containers.weights.bucket_target import BucketTarget
from llamactl_containers.weights.hub import Hub
from llamactl_containers.weights.ranges import HttpReader, Patience
from llamactl_containers.weights.staging import StagingOrder, stage
from llamactl_containers.weights.targets import open_target
from llamactl_containers.weights.tokens import HubToken
from standins.hub import REPO, REVISION, TOKEN, HubStandIn
from standins.noise import noise

# The least that S3 takes. Source: AWS "Amazon S3 multipart upload limits".
PART_BYTES = 5 * 2**20
# Nobody waits in a test, and what does not come does not come.
HASTE = Patience(tries=4, first_wait_s=0.0)
SHARDS = {
    "model-00001-of-00002.safetensors": noise(1, 9_500_000),
    "model-00002-of-00002.safetensors": noise(2, 3_000_000),
}
FILES = {
    "config.json": b'{"architectures": ["LlamaForCausalLM"]}',
    "tokenizer.json": b"{}",
    "tokenizer.model": noise(3, 500_000),
    "model.safetensors.index.json": b'{"weight_map": {}}',
    "added_tokens.json": b"",
    "LICENSE.txt": b"the terms\n",
    "README.md": b"a model",
    "pytorch_model.bin": b"the same weights" * 1000,
    **SHARDS,
}
TAKEN = {*FILES} - {"README.md", "pytorch_model.bin"}


def target_at(text):
    """Open a target; objects of a few parts need not be large then."""
    if is_bucket_address(text):
        return BucketTarget(bucket_address(text), part_bytes=PART_BYTES)
    return open_target(text)


class Moving:
    """Moves a Hub's model to targets, in this process."""

    def __init__(self, hub):
        self.hub = hub
        self.steps = []

    def client(self, token=TOKEN, revision=REVISION, repo=REPO):
        """Ask the Hub as whoever has that token."""
        found = None if token is None else HubToken("environment variable HF_TOKEN", token)
        return Hub(HubRevision(repo, revision, self.hub.url), found, HASTE)

    def __call__(self, to, *, replace=False, beside=None):
        return asyncio.run(self.coroutine(to, replace=replace, beside=beside))

    async def coroutine(self, to, *, replace=False, beside=None):
        client = self.client()
        order = StagingOrder(
            model="llama-2-7b-chat",
            license="llama-2",
            license_acceptance="0123456789abcdef",
            listing=client.listing(),
            beside={"NOTICE": b"Llama 2 is licensed\n"} if beside is None else beside,
            replace=replace,
        )

        def read(arrived):
            return HttpReader(client, arrived, HASTE).pieces

        return await stage(order, target_at(str(to)), read, self.steps.append)


@pytest.fixture
def hub():
    """A Hub whose trouble a test may set."""
    with HubStandIn(FILES) as server:
        yield server


@pytest.fixture
def move(hub):
    """What moves the Hub's model."""
    return Moving(hub)
