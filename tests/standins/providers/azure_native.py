"""A Pulumi provider over Azure's stand-in: the engine runs it as a plug-in.

    python azure_native.py ENGINE_ADDRESS

The stand-in is where LLAMACTL_AZURE_URL says. It answers as the real provider does to the program:
names are made where none are told, and what cannot change in place is made anew.
"""

import asyncio
import json
import os
import time

import httpx
from pulumi.provider.experimental import provider as protocol
from pulumi.provider.experimental.property_value import PropertyValue

from standins.azure.server import SUBSCRIPTION
from standins.azure.translation import (
    KINDS,
    body_of,
    kind_of,
    outputs_of,
    path_of,
    replaces,
    whole,
)
from standins.providers.serving import Failed, HalfMade, serve
from standins.providers.values import plain, wrap, wrapped

_DECLARED = "declared"
_POLL_S = 0.02
_QUERY = {"api-version": "2025-12-01"}


class CameToNothing(Failed):
    """Azure took it, and it failed later: it is there."""


class AzureNative(protocol.Provider):
    """The provider of every kind that llamactl declares."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.client = httpx.Client(headers={"authorization": f"Bearer {token}"}, trust_env=False)

    async def check(self, request):
        inputs, olds = {**request.new_inputs}, request.old_inputs or {}
        name = KINDS[kind_of(request.type)].name
        if name not in inputs:
            made = f"{request.name}{(request.random_seed or b'0000').hex()[:8]}"
            inputs[name] = olds[name] if name in olds else wrap(made)
        return protocol.CheckResponse(inputs, [])

    async def diff(self, request):
        old = json.loads(plain(request.old_state)[_DECLARED])
        new = whole(plain(request.new_inputs))
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        anew = [each for each in replaces(request.type, old, new) if each in changed]
        kinds = protocol.PropertyDiffKind
        detailed = {
            name: protocol.PropertyDiff(
                kinds.UPDATE_REPLACE if name in anew else kinds.UPDATE, input_diff=True
            )
            for name in changed
        }
        return protocol.DiffResponse(
            bool(changed), replaces=anew, diffs=changed, detailed_diff=detailed
        )

    async def create(self, request):
        if request.preview:
            return protocol.CreateResponse("", foreseen(request.properties))
        inputs = plain(request.properties)
        path = path_of(request.type, inputs, SUBSCRIPTION)
        # As the provider does: what is there is not taken for what is made.
        if self.client.get(f"{self.url}{path}", params=_QUERY).is_success:
            raise Failed(f"cannot create already existing resource '{path}'")
        try:
            await asyncio.to_thread(self._put, path, body_of(request.type, inputs))
        except CameToNothing as error:
            state = await self._state(path, inputs)
            raise HalfMade(str(error), path, state) from error
        return protocol.CreateResponse(path, await self._state(path, inputs))

    async def read(self, request):
        found = self.client.get(f"{self.url}{request.resource_id}", params=_QUERY)
        if found.status_code == 404:
            return protocol.ReadResponse(None, {}, {})
        inputs = plain(request.inputs)
        told = await self._state(request.resource_id, inputs)
        return protocol.ReadResponse(request.resource_id, told, wrapped(inputs))

    async def update(self, request):
        if request.preview:
            return protocol.UpdateResponse(foreseen(request.news))
        inputs = plain(request.news)
        body = body_of(request.type, inputs)
        await asyncio.to_thread(self._put, request.resource_id, body)
        return protocol.UpdateResponse(await self._state(request.resource_id, inputs))

    async def delete(self, request):
        await asyncio.to_thread(self._delete, request.resource_id)

    async def _state(self, path, inputs):
        answer = self.client.get(f"{self.url}{path}", params=_QUERY).json()
        told = outputs_of(inputs, answer)
        declared = json.dumps(whole(inputs), sort_keys=True)
        return {**wrapped(told), _DECLARED: PropertyValue(declared, is_secret=True)}

    def _put(self, path, body):
        self._wait(self.client.put(f"{self.url}{path}", params=_QUERY, json=body))

    def _delete(self, path):
        self._wait(self.client.delete(f"{self.url}{path}", params=_QUERY))

    def _wait(self, answer):
        if not answer.is_success:
            raise Failed(_said(answer.json()))
        operation = answer.headers.get("azure-asyncoperation")
        while operation is not None:
            state = self.client.get(operation).json()
            if state["status"] == "Failed":
                raise CameToNothing(_said(state))
            if state["status"] == "Succeeded":
                return
            time.sleep(_POLL_S)


def foreseen(properties):
    """Give what is known of the outputs before there are any; an identity's are not its inputs."""
    return {name: value for name, value in properties.items() if name != "identity"}


def _said(content):
    error = content["error"]
    return f'Code="{error["code"]}" Message="{error["message"]}"'


if __name__ == "__main__":
    to = os.environ
    serve("3.29.0", AzureNative(to["LLAMACTL_AZURE_URL"], to["LLAMACTL_AZURE_TOKEN"]))
