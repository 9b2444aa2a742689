"""Has constraints compiled on trial in a process of their own, before llama.cpp sees them."""

import asyncio
import contextlib
import logging
import sys
from collections import OrderedDict
from collections.abc import Sequence

import orjson

from llamactl_containers.llamacpp.constraint_worker import worker_settings
from llamactl_containers.llamacpp.grammar import Constraint
from llamactl_containers.llamacpp.refusal import Refused

# One that is good takes some 10 ms; a minute of a busy machine is still within this.
DEADLINE_S = 3.0
_START_DEADLINE_S = 60.0
MEMORY_BYTES = 512 * 2**20
_LOOK_EVERY_S = 0.05
_MOST_WAITING = 32
_MOST_REMEMBERED = 256

_LOG = logging.getLogger(__name__)


class ConstraintChecker:
    """The worker process, begun with the first constraint and begun again when it was killed.

    One event loop only.
    """

    def __init__(self, tokens: Sequence[bytes]) -> None:
        self._settings = orjson.dumps(worker_settings(tokens, MEMORY_BYTES)) + b"\n"
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._good: OrderedDict[str, None] = OrderedDict()

    async def check(self, constraint: Constraint) -> None:
        """Return when a constraint is known to be one that llama.cpp takes, and cheaply.

        Raises:
            Refused: it is not, or too many wait to be checked.
        """
        if constraint.grammar in self._good:
            self._good.move_to_end(constraint.grammar)
            return
        if self._waiting >= _MOST_WAITING:
            raise Refused("overloaded", "too many constraints wait to be checked")
        self._waiting += 1
        try:
            async with self._turn:
                problem = await self._ask(constraint.grammar)
        finally:
            self._waiting -= 1
        if problem:
            raise constraint.refused(problem)
        self._good[constraint.grammar] = None
        if len(self._good) > _MOST_REMEMBERED:
            self._good.popitem(last=False)

    async def _ask(self, grammar: str) -> str:
        process = await self._running()
        answered = False
        try:
            answer = await _exchange(process, orjson.dumps(grammar) + b"\n", DEADLINE_S)
            answered = bool(answer)
        finally:
            if not answered:  # also when the caller has gone: the next answer would be this one's
                await self._end(process)
        if not answer:
            return "it takes too much time or memory to compile: simplify it"
        return str(orjson.loads(answer))

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "llamactl_containers.llamacpp.constraint_worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        ready = b""
        try:
            ready = await _exchange(process, self._settings, _START_DEADLINE_S)
        finally:
            if not ready:
                await self._end(process)
        if not ready:
            raise Refused("generation", "constraints cannot be checked: the worker does not start")
        self._process = process
        return process

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        self._process = None
        await process.wait()


async def _exchange(process: asyncio.subprocess.Process, line: bytes, deadline_s: float) -> bytes:
    """Send a line and return the one that comes back; empty when it does not come in time."""
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise RuntimeError("the worker has no pipes")
    reading = asyncio.ensure_future(stdout.readline())
    try:
        with contextlib.suppress(ConnectionError):
            stdin.write(line)
            await stdin.drain()
        async with asyncio.timeout(deadline_s):
            while not (await asyncio.wait((reading,), timeout=_LOOK_EVERY_S))[0]:
                if _is_too_large(process.pid):
                    return b""
        return reading.result()
    except TimeoutError:
        return b""
    finally:
        reading.cancel()


def _is_too_large(pid: int) -> bool:
    """Tell whether a process has outgrown what it may have; not every system holds it to that."""
    import psutil

    try:
        return psutil.Process(pid).memory_info().rss > 2 * MEMORY_BYTES
    except psutil.Error:
        return False
