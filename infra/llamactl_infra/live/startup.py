"""How far a container is on its way to its first token, by what its engine says."""

from collections.abc import Iterable

# The last that a log has is where the engine is. Source: text-generation-inference 2.0 to 3.3,
# launcher/src/main.rs and router/src/server.rs: the words of their messages.
_STAGES = (
    ("Starting check and download process", "fetches the weights"),
    ("Download file:", "fetches the weights"),
    ("Successfully downloaded weights", "has the weights"),
    ("Starting shard", "loads the weights"),
    ("Waiting for shard", "loads the weights"),
    ("Shard ready", "has loaded the weights"),
    ("Starting Webserver", "starts its server"),
    ("Warming up model", "warms up"),
    ("Setting max batch total tokens", "is warmed up"),
    ("Connected", "answers; the health check follows"),
)
_RUNS = "the container runs"


def stage_of(lines: Iterable[str], *, alone: bool = True) -> str | None:
    """Say how far it is; None: nothing tells that a container runs.

    `alone`: nobody else writes there, so that any line is of this container; else the older ones
    write too, which are past all this.
    """
    reached = None
    for line in lines:
        if reached is None and alone:
            reached = _RUNS
        for words, stage in _STAGES:
            if words in line:
                reached = f"{_RUNS}: {stage}"
    return reached
