"""Bytes that look like weights: nothing repeats, and they are the same each time."""

import random


def noise(seed: int, size: int) -> bytes:
    """Give so many bytes."""
    return random.Random(seed).randbytes(size)  # noqa: S311 - no secret
