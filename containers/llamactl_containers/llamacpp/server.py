"""Serves a loaded model over HTTP until told to leave."""

import asyncio
import contextlib
import gc
import logging
import os
import socket
import threading
from collections.abc import Iterator

import uvicorn

from llamactl_containers.llamacpp.app import build_app
from llamactl_containers.llamacpp.engine import Engine
from llamactl_containers.llamacpp.launch import INSTANCE_HEADER, LaunchSettings
from llamactl_containers.llamacpp.llama import Llama
from llamactl_containers.llamacpp.metrics import Metrics
from llamactl_containers.llamacpp.process import announce, leave, on_leave

# Beyond the drain, for a server that does not come to an end by itself.
_GRACE_S = 1.0
_KEEP_ALIVE_S = 75
_LOG_CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"uvicorn": {"level": "WARNING"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}

_LOG = logging.getLogger(__name__)


def serve(
    llama: Llama, settings: LaunchSettings, listener: socket.socket, *, load_s: float
) -> None:
    """Serve on a listening socket until told to leave; then end the process."""
    gc.freeze()  # what is loaded now stays: the collector need not look at it again
    config = uvicorn.Config(
        lambda: None,  # the app needs the running loop: _serve sets it
        log_config=_LOG_CONFIG,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        headers=[(INSTANCE_HEADER, settings.instance_id)],
        timeout_keep_alive=_KEEP_ALIVE_S,
        ws="none",
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(config, llama, settings, listener, load_s))
    leave(0)


class _Server(uvicorn.Server):
    """uvicorn, told by the supervisor and not by signals."""

    def __init__(self, config: uvicorn.Config, port: int) -> None:
        super().__init__(config)
        self._port = port

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell the supervisor."""
        await super().startup(sockets)
        announce("listening", port=self._port, pid=os.getpid())


async def _serve(
    config: uvicorn.Config,
    llama: Llama,
    settings: LaunchSettings,
    listener: socket.socket,
    load_s: float,
) -> None:
    engine = Engine(llama, settings, Metrics())
    config.app = build_app(engine)
    loop = asyncio.get_running_loop()
    port = listener.getsockname()[1]
    server = _Server(config, port)

    def drain() -> None:
        server.should_exit = True
        loop.call_soon_threadsafe(_drain, engine, settings.drain_s)
        last = threading.Timer(settings.drain_s + _GRACE_S, leave, (0,))
        last.daemon = True
        last.start()

    on_leave(drain)
    _LOG.info(
        "ready: %s, %d tokens of context for %d at once, %d threads (%d for batches), port %d, "
        "loaded in %.1f s",
        settings.model_id,
        settings.context_tokens,
        settings.parallel,
        settings.threads,
        settings.threads_batch,
        port,
        load_s,
    )
    await server.serve([listener])


def _drain(engine: Engine, drain_s: float) -> None:
    _LOG.info("leaving: answers in flight have %g s", drain_s)
    asyncio.get_running_loop().call_later(drain_s, engine.close)
