"""How much of the files is read ahead."""

import asyncio

from llamactl_containers.weights.ranges import (
    FIRST_RANGE_BYTES,
    RANGES_AT_ONCE,
    HttpReader,
    Patience,
)
from standins.noise import noise

HASTE = Patience(tries=2, first_wait_s=0.0)


def test_several_files_together_are_read_no_further_ahead_than_one(hub, move):
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    for name in names:
        hub.files[name] = noise(5, 30 * FIRST_RANGE_BYTES)
    client = move.client()
    files = [each for each in client.listing().files if each.path in names]

    async def begin():
        reader = HttpReader(client, lambda _file, _count: None, HASTE)
        begun = [reader.pieces(each, 0) for each in files]
        for each in begun:
            await anext(each)
        await asyncio.sleep(0.3)  # whatever else is asked for, nobody takes it
        for each in begun:
            await each.aclose()

    asyncio.run(begin())

    # The first file was alone for a while.
    assert len(hub.asked_of("cdn")) <= RANGES_AT_ONCE + RANGES_AT_ONCE // 2 + len(files)
