"""The program under Pulumi's mocks: what it declares, or with Azure's stand-in what it makes."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi.runtime import mocks

from llamactl_infra.clouds.azure.asset import AssetProvider
from llamactl_infra.clouds.azure.endpoint import declare
from llamactl_infra.clouds.azure.instance_count import InstanceCountProvider
from llamactl_infra.clouds.azure.role_wait import RoleWaitProvider
from llamactl_infra.clouds.azure.smart_detection import SmartDetectionProvider
from llamactl_infra.clouds.azure.traffic import TrafficProvider
from llamactl_infra.spec import Spec
from standins.azure import SUBSCRIPTION, Azure
from standins.azure.asking import put
from standins.azure.translation import KINDS, body_of, kind_of, outputs_of, path_of

_DYNAMIC = "pulumi-python:dynamic/llamactl:"
_PROVIDERS = {
    "AzureMlAsset": AssetProvider,
    "AzureMlInstanceCount": InstanceCountProvider,
    "AzureMlTraffic": TrafficProvider,
    "AzureRoleWait": RoleWaitProvider,
    "AzureSmartDetection": SmartDetectionProvider,
}
# What a secret is to the mocks. Source: Pulumi, the wire format of property values.
_SIGNATURE = "4dabf18193072939515e22adb298388d"


class Recorded(mocks.Mocks):
    """Keeps what is declared; ids are made of names."""

    def __init__(self) -> None:
        self.resources: list[mocks.MockResourceArgs] = []

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"nothing is asked of a cloud while declaring: {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.resources.append(args)
        if not args.typ.startswith("azure-native:"):
            return args.inputs.get("asset", f"{args.name}-id"), dict(args.inputs)
        made = with_name(args)
        path = path_of(args.typ, made, SUBSCRIPTION)
        facts = {
            "principalId": f"principal of {args.name}",
            "tenantId": "the tenant",
            "scoringUri": "https://the.endpoint/score",
        }
        answer = {"id": path, "name": path.rpartition("/")[2], "properties": facts}
        if "identity" in made:
            answer["identity"] = {"principalId": f"principal of {args.name}"}
        return path, outputs_of(made, answer)


class Creating(Recorded):
    """Makes what is declared in Azure's stand-in, one after another as each depends on others."""

    def __init__(self, azure: Azure) -> None:
        super().__init__()
        self.azure = azure

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.resources.append(args)
        if args.typ.startswith(_DYNAMIC):
            made = _PROVIDERS[args.typ.removeprefix(_DYNAMIC)]().create(dict(args.inputs))
            return made.id, made.outs or {}
        if not args.typ.startswith("azure-native:"):
            return f"{args.name}-id", dict(args.inputs)
        named = with_name(args)
        path = path_of(args.typ, named, SUBSCRIPTION)
        return path, outputs_of(named, put(self.azure.url, path, body_of(args.typ, named)))


def with_name(args: mocks.MockResourceArgs) -> dict[str, Any]:
    """The inputs with a name that the provider would make, where none is told."""
    made = {name: plain(value) for name, value in args.inputs.items() if value is not None}
    kind = KINDS[kind_of(args.typ)]
    made.setdefault(kind.name, f"{args.name}12345678")
    return made


def run(spec: Spec, watching: Recorded, check: Callable[[dict[str, Any]], None]) -> None:
    """Declare a spec's resources; `check` is given the outputs when all are known."""
    pulumi.runtime.set_mocks(watching, project="llamactl", stack="prod")
    seen: list[dict[str, Any]] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        outputs = declare(spec).as_mapping()
        return pulumi.Output.all(**outputs).apply(lambda told: seen.append(dict(told)))

    program()
    check(seen[0])


def declared(spec: Spec) -> str:
    """Tell what is declared as people review it, in the order of its kinds and names."""
    watching = Recorded()
    told: list[dict[str, Any]] = []
    run(spec, watching, told.append)
    resources = {
        f"{each.typ} {each.name}": _readable(each.inputs)
        for each in sorted(watching.resources, key=lambda each: (each.typ, each.name))
    }
    return json.dumps({"resources": resources, "outputs": told[0]}, indent=1, sort_keys=True) + "\n"


def plain(value: Any) -> Any:
    """The value without the wrapping of its secrets."""
    match value:
        case dict() if _SIGNATURE in value:
            return plain(value["value"])
        case dict():
            return {name: plain(each) for name, each in value.items()}
        case list():
            return [plain(each) for each in value]
        case _:
            return value


def _readable(value: Any) -> Any:
    match value:
        case dict() if _SIGNATURE in value:
            return "[secret]"
        case dict():
            return {
                name: _readable(each)
                for name, each in value.items()
                if name != "__provider" and each is not None
            }
        case list():
            return [_readable(each) for each in value]
        case _:
            return value
