"""A Pulumi provider over Azure's stand-in: the engine runs it as a plug-in.

    python azure_native.py ENGINE_ADDRESS

The stand-in is where LLAMACTL_AZURE_URL says. It does to the program what the real provider does.
Source of each rule: pulumi/pulumi-azure-native, provider/pkg/provider/provider.go and diff.go; the
function is named where the rule is. STANDIN_TIME_SCALE shortens the time that it waits.
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
    followed,
    is_known,
    kind_of,
    outputs_of,
    path_of,
    replaces,
    whole,
)
from standins.providers.serving import Failed, HalfMade, serve
from standins.providers.values import plain, wrap, wrapped

_DECLARED = "declared"
_CREATE_BEFORE_DELETE = "__createBeforeDelete"
_POLL_S = 0.02
_QUERY = {"api-version": "2025-12-01"}
# azureContext: what it waits where nothing else is told.
_USUAL_TIMEOUT_S = 120 * 60.0


class CameToNothing(Failed):
    """Azure took it, and it failed later, or was not seen to end: it is there."""


class AzureNative(protocol.Provider):
    """The provider of every kind that llamactl declares."""

    def __init__(self, url: str, token: str, time_scale: float) -> None:
        self.url = url
        self.time_scale = time_scale
        self.client = httpx.Client(headers={"authorization": f"Bearer {token}"}, trust_env=False)

    async def check(self, request):
        """Name what is not named. applyDefaults, getDefaultName: a random name alone is flagged."""
        inputs, olds = {**request.new_inputs}, request.old_inputs or {}
        if not is_known(request.type):
            failure = protocol.CheckFailure("type", f"the stand-in has no {request.type}")
            return protocol.CheckResponse(inputs, [failure])
        kind = KINDS[kind_of(request.type)]
        if kind.name not in inputs:
            seed = (request.random_seed or b"0000").hex()[:8]
            made = wrap(request.name if kind.auto_name == "copy" else f"{request.name}{seed}")
            inputs[kind.name] = olds.get(kind.name, made)
            if kind.auto_name == "random" or _CREATE_BEFORE_DELETE in olds:
                inputs[_CREATE_BEFORE_DELETE] = PropertyValue(value=True)
        return protocol.CheckResponse(inputs, [])

    async def diff(self, request):
        """Compare inputs. Diff: any replacement deletes first, but of a randomly named resource."""
        old = json.loads(plain(request.old_state)[_DECLARED])
        is_random = old.pop(_CREATE_BEFORE_DELETE, False)
        new = whole(plain(request.new_inputs))
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        rebuilt = [each for each in replaces(request.type, old, new) if each in changed]
        kinds = protocol.PropertyDiffKind
        detailed = {
            name: protocol.PropertyDiff(
                kinds.UPDATE_REPLACE if name in rebuilt else kinds.UPDATE, input_diff=True
            )
            for name in changed
        }
        return protocol.DiffResponse(
            bool(changed),
            replaces=rebuilt,
            delete_before_replace=bool(rebuilt) and not is_random,
            diffs=changed,
            detailed_diff=detailed,
        )

    async def create(self, request):
        if request.preview:
            return protocol.CreateResponse("", foreseen(request.properties))
        inputs = plain(request.properties)
        path = path_of(request.type, inputs, SUBSCRIPTION)
        # CanCreate: what is there is not taken for what is made.
        if self.client.get(f"{self.url}{path}", params=_QUERY).is_success:
            raise Failed(f"cannot create already existing resource '{path}'")
        await self._changed(request, path, request.properties)
        return protocol.CreateResponse(path, await self._state(path, request.properties))

    async def read(self, request):
        """Read. Read, applyDiff: what changed in Azure goes into the inputs as well."""
        found = self.client.get(f"{self.url}{request.resource_id}", params=_QUERY)
        if found.status_code == 404:
            return protocol.ReadResponse(None, {}, {})
        before, inputs = plain(request.properties), plain(request.inputs)
        now = outputs_of(inputs, found.json())
        told = followed(request.type, whole(inputs), before, whole(now))
        kept = {name: each for name, each in request.inputs.items() if name.startswith("__")}
        state = await self._state(request.resource_id, {**wrapped(told), **kept})
        return protocol.ReadResponse(request.resource_id, state, {**wrapped(told), **kept})

    async def update(self, request):
        """Put the inputs again. defaultUpdate: nothing of what is there is kept."""
        if request.preview:
            return protocol.UpdateResponse(foreseen(request.news))
        await self._changed(request, request.resource_id, request.news)
        return protocol.UpdateResponse(await self._state(request.resource_id, request.news))

    async def delete(self, request):
        limit_s = self._limit_s(request)
        await asyncio.to_thread(self._delete, request.resource_id, limit_s)

    async def _changed(self, request, path, given):
        """Put. HandleErrorWithCheckpoint: what Azure took and did not finish stays in the state."""
        body = body_of(request.type, plain(given))
        try:
            await asyncio.to_thread(self._put, path, body, self._limit_s(request))
        except CameToNothing as error:
            state = await self._state(path, given)
            raise HalfMade(str(error), path, state) from error

    def _limit_s(self, request):
        return (request.timeout or _USUAL_TIMEOUT_S) * self.time_scale

    async def _state(self, path, given):
        inputs = plain(given)
        answer = self.client.get(f"{self.url}{path}", params=_QUERY).json()
        told = outputs_of(inputs, answer)
        flags = {_CREATE_BEFORE_DELETE: True} if _CREATE_BEFORE_DELETE in given else {}
        declared = json.dumps({**whole(inputs), **flags}, sort_keys=True)
        return {**wrapped(told), _DECLARED: PropertyValue(declared, is_secret=True)}

    def _put(self, path, body, limit_s):
        self._wait(self.client.put(f"{self.url}{path}", params=_QUERY, json=body), limit_s)

    def _delete(self, path, limit_s):
        self._wait(self.client.delete(f"{self.url}{path}", params=_QUERY), limit_s)

    def _wait(self, answer, limit_s):
        if not answer.is_success:
            raise Failed(_said(answer.json()))
        operation, until = answer.headers.get("azure-asyncoperation"), time.monotonic() + limit_s
        while operation is not None:
            state = self.client.get(operation).json()
            if state["status"] == "Failed":
                raise CameToNothing(_said(state))
            if state["status"] == "Succeeded":
                return
            if time.monotonic() > until:
                raise CameToNothing("polling failed: context deadline exceeded")
            time.sleep(_POLL_S)


def foreseen(properties):
    """Give what is known of the outputs before there are any; an identity's are not its inputs."""
    return {name: value for name, value in properties.items() if name != "identity"}


def _said(content):
    error = content["error"]
    return f'Code="{error["code"]}" Message="{error["message"]}"'


if __name__ == "__main__":
    to = os.environ
    scale = float(to.get("STANDIN_TIME_SCALE", "1"))
    serve("3.29.0", AzureNative(to["LLAMACTL_AZURE_URL"], to["LLAMACTL_AZURE_TOKEN"], scale))
