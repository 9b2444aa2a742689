"""What the tests of the program share."""

import asyncio
from asyncio.events import BaseDefaultEventLoopPolicy

import pytest


@pytest.fixture(autouse=True, scope="module")
def event_loop():
    """The thread's own loop, which Pulumi takes, and which an `asyncio.run` before has ended."""
    policy = asyncio.get_event_loop_policy()
    assert isinstance(policy, BaseDefaultEventLoopPolicy)
    try:
        policy.get_event_loop()
    except RuntimeError:
        policy.set_event_loop(policy.new_event_loop())
