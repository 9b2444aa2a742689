"""How a stand-in's provider is served to the engine: errors told as real providers tell them."""

import asyncio
import os
import sys

import grpc
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

_LOOK_S = 0.2


class Failed(Exception):
    """Nothing was made or changed, in the cloud's words."""


class HalfMade(Failed):
    """A resource is there, and is not what it should be: the engine keeps it with the reason."""

    def __init__(self, reason, resource_id, properties):
        super().__init__(reason)
        self.resource_id, self.properties = resource_id, properties


def serve(version, provider):
    """Run the provider until the engine ends it; the engine's address is the last argument."""
    try:
        asyncio.run(_served(version, provider))
    except KeyboardInterrupt:
        sys.exit(130)


async def _served(version, provider):
    running = grpc.aio.server()
    servicer = _Servicer(sys.argv[1:], version, provider, engine_address=sys.argv[-1])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, running)
    port = running.add_insecure_port("127.0.0.1:0")
    await running.start()
    parent = os.getppid()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while os.getppid() == parent:  # noqa: ASYNC110 - an engine that is killed tells nobody
        await asyncio.sleep(_LOOK_S)


def _plainly(operation):
    async def told(self, request, context):
        try:
            return await operation(self, request, context)
        except Exception as error:
            # The servicer's own wrapper has put a traceback into the words of the first one.
            first = error.__context__ if error.__context__ is not None else error
            await context.abort_with_status(_status(first))
            raise

    return told


class _Servicer(ProviderServicer):
    Configure = _plainly(ProviderServicer.Configure)
    Create = _plainly(ProviderServicer.Create)
    Read = _plainly(ProviderServicer.Read)
    Update = _plainly(ProviderServicer.Update)
    Delete = _plainly(ProviderServicer.Delete)


class _Status(grpc.Status):
    def __init__(self, details, trailing_metadata):
        self.code = grpc.StatusCode.UNKNOWN
        self.details = details
        self.trailing_metadata = trailing_metadata


def _status(error):
    said = f"{type(error).__name__}: {error}" if not isinstance(error, Failed) else str(error)
    told = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=said)
    if isinstance(error, HalfMade):
        detail = provider_pb2.ErrorResourceInitFailed(
            id=error.resource_id,
            properties=PropertyValue.marshal_map(error.properties),
            reasons=[said],
        )
        told.details.add().Pack(detail)
    return _Status(said, (("grpc-status-details-bin", told.SerializeToString()),))
