"""A Pulumi provider over a folder: a resource is a file of JSON. The engine runs it as a plug-in.

    python cloud_folder.py CLOUD_FOLDER ENGINE_ADDRESS

`FOLDER/faults.json` makes it fail: a list of {"type", "operation", "message", "times"}. In the
place of a message, "delay_s" makes it slow. Every operation is written to `FOLDER/operations.log`.
"""

import asyncio
import json
import sys
from pathlib import Path

from pulumi.provider.experimental import provider as protocol

from standins.providers.serving import Failed, serve
from standins.providers.values import plain, wrapped

# Resources that their clouds cannot change, but for these fields.
IMMUTABLE = {
    "aws:sagemaker/model:Model": {"tags"},
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": {"tags"},
}
# Fields whose change makes a resource anew, of every type.
NAMES = {"name", "dashboardName", "resourceId", "role"}
REFERENCES = {
    "aws:sagemaker/endpoint:Endpoint": (
        "endpointConfigName",
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    ),
}


class CloudFolder(protocol.Provider):
    """The provider of every type of one cloud."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def diff(self, request):
        of = request.type.rpartition("$")[2]
        old, new = plain(request.old_state), plain(request.new_inputs)
        changed = sorted(
            name
            for name in {*old, *new} - {"arn", "id"}
            if old.get(name) != new.get(name) and name not in request.ignore_changes
        )
        rebuilt = [each for each in changed if each in NAMES or not mutable(of, each)]
        kinds = protocol.PropertyDiffKind
        detailed = {
            name: protocol.PropertyDiff(
                kinds.UPDATE_REPLACE if name in rebuilt else kinds.UPDATE, input_diff=True
            )
            for name in changed
        }
        return protocol.DiffResponse(
            bool(changed), replaces=rebuilt, diffs=changed, detailed_diff=detailed
        )

    async def create(self, request):
        of = request.type.rpartition("$")[2]
        inputs = plain(request.properties)
        if request.preview:
            return protocol.CreateResponse("", {**request.properties})
        cloud_id = id_of(inputs, request.name)
        path = self._path(of, cloud_id)
        await self._begin("create", of, cloud_id)
        if path.exists():
            raise Failed(f"Cannot create already existing {of} {cloud_id}")
        if of in REFERENCES:
            field, other = REFERENCES[of]
            if not self._path(other, inputs[field]).exists():
                raise Failed(f"Could not find {other} {inputs[field]}")
        told = {**inputs, "arn": f"arn:aws:standin:::{cloud_id}"}
        self._write(path, told)
        await self._fault("after-create", of)
        return protocol.CreateResponse(cloud_id, wrapped(told))

    async def read(self, request):
        of = request.type.rpartition("$")[2]
        path = self._path(of, request.resource_id)
        if not path.exists():
            return protocol.ReadResponse(None, {}, {})
        told = json.loads(path.read_text())
        inputs = {name: value for name, value in told.items() if name != "arn"}
        return protocol.ReadResponse(request.resource_id, wrapped(told), wrapped(inputs))

    async def update(self, request):
        of = request.type.rpartition("$")[2]
        news = plain(request.news)
        told = {**news, "arn": f"arn:aws:standin:::{request.resource_id}"}
        if not request.preview:
            await self._begin("update", of, request.resource_id)
            self._write(self._path(of, request.resource_id), told)
        return protocol.UpdateResponse(wrapped(told))

    async def delete(self, request):
        of = request.type.rpartition("$")[2]
        await self._begin("delete", of, request.resource_id)
        self._path(of, request.resource_id).unlink(missing_ok=True)

    async def _begin(self, operation, of, cloud_id):
        with (self.folder / "operations.log").open("a") as log:
            log.write(f"{operation} {of} {cloud_id}\n")
        await self._fault(operation, of)

    async def _fault(self, operation, of):
        path = self.folder / "faults.json"
        faults = json.loads(path.read_text()) if path.exists() else []
        for each in faults:
            if each["times"] and each["type"] in of and each["operation"] == operation:
                each["times"] -= 1
                path.write_text(json.dumps(faults))
                await asyncio.sleep(each.get("delay_s", 0))
                if "message" in each:
                    raise Failed(each["message"])

    def _path(self, of, cloud_id):
        return self.folder / of.replace("/", "_").replace(":", "_") / cloud_id.replace("/", "%")

    def _write(self, path, told):
        path.parent.mkdir(exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(json.dumps(told))
        beside.replace(path)


def mutable(of, field):
    return of not in IMMUTABLE or field in IMMUTABLE[of]


def id_of(inputs, name):
    if "role" in inputs:
        return f"{inputs['role']}:{inputs['name']}"
    fields = [each for each in ("name", "dashboardName", "resourceId") if each in inputs]
    return inputs[fields[0]] if fields else name


if __name__ == "__main__":
    serve("7.51.1", CloudFolder(Path(sys.argv[1])))
