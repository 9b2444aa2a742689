"""Bodies against the Azure SDK's own models: every name, every type, everything required.

Without azure-ai-ml nothing is checked; the tests of these checks say so when they are skipped. The
models: azure-ai-ml 1.35.2, _restclient/arm_ml_service, API 2025-12-01.
"""

import sys
import types
import warnings
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_MODELS = "azure.ai.ml._restclient.arm_ml_service.models"
MODEL_OF = {
    "workspaces": "Workspace",
    "workspaces/connections": "WorkspaceConnectionPropertiesV2BasicResource",
    "workspaces/onlineendpoints": "OnlineEndpoint",
    "workspaces/onlineendpoints/deployments": "OnlineDeployment",
    "workspaces/onlineendpoints/deployments/getlogs": "DeploymentLogsRequest",
    "workspaces/environments": "EnvironmentContainer",
    "workspaces/environments/versions": "EnvironmentVersion",
    "workspaces/models": "ModelContainer",
    "workspaces/models/versions": "ModelVersion",
    "workspaces/datastores": "Datastore",
}
# What a PATCH takes, by the kind of what it changes.
PATCH_OF = {
    "workspaces/onlineendpoints": "PartialMinimalTrackedResourceWithIdentity",
    "workspaces/onlineendpoints/deployments": "PartialMinimalTrackedResourceWithSku",
}


def problems_of(kind: str, body: Mapping[str, Any]) -> list[str]:
    """Tell what the service's own model does not have, or has as something else."""
    if not is_installed():
        return []
    model = MODEL_OF.get(kind.lower())
    if model is None:
        return [f"Azure ML has no {kind}"]
    return list(_object(model, body, getattr(import_module(_MODELS), model)))


def problems_of_patch(kind: str, body: Mapping[str, Any]) -> list[str]:
    """List what a PATCH of a kind does not take: a patch is a smaller model than the resource."""
    if not is_installed():
        return []
    model = PATCH_OF.get(kind.lower())
    if model is None:
        return [f"no PATCH of {kind} is known"]
    return list(_object(model, body, getattr(import_module(_MODELS), model)))


def changed_for_good(kind: str, before: Mapping[str, Any], body: Mapping[str, Any]) -> list[str]:
    """List the fields that differ and that are set when a resource is made and never again.

    Source: the models' own visibility, ["read", "create"], which is x-ms-mutability in Azure's
    REST specifications.
    """
    model = MODEL_OF.get(kind.lower())
    if model is None or not is_installed():
        return []
    return list(_changed("", before, body, getattr(import_module(_MODELS), model)))


@cache
def is_installed() -> bool:
    """Tell whether there are models to check by."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK's own imports are deprecated in parts
        try:
            import_module(_MODELS)
        except ModuleNotFoundError:
            return False
    return True


def _object(where: str, value: Any, model: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{where}: is no object"
        return
    kind = _kind_of(model, value)
    fields = _fields(kind)
    for name in value:
        if name not in fields:
            yield f"{where}.{name}: is not in {kind.__name__}"
        elif fields[name].read_only:
            yield f"{where}.{name}: cannot be set"
    for name, each in fields.items():
        if value.get(name) is not None and not each.read_only:
            yield from _value(f"{where}.{name}", value[name], each.hint)
        elif each.required and not each.read_only and value.get(name) is None:
            yield f"{where}.{name}: is required by {kind.__name__}"


def _kind_of(model: Any, value: Mapping[str, Any]) -> Any:
    """Follow discriminators down to the model that the value says it is."""
    mapping = getattr(model, "__mapping__", None) or {}
    for each in _fields(model).values():
        if each.discriminator and value.get(each.name) in mapping:
            found = mapping[value[each.name]]
            return found if found is model else _kind_of(found, value)
    return model


def _changed(
    where: str, before: Mapping[str, Any], body: Mapping[str, Any], model: Any
) -> Iterator[str]:
    for name, field in _fields(_kind_of(model, body)).items():
        old, new, path = before.get(name), body.get(name), f"{where}{name}"
        if field.create_only and old is not None and new is not None and old != new:
            yield path
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            inner = _model_in(field.hint)
            if inner is not None:
                yield from _changed(f"{path}.", old, new, inner)


def _model_in(hint: Any) -> Any:
    choices = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    return next((each for each in choices if _is_model(each)), None)


class _Field:
    def __init__(self, name: str, hint: Any, rest: Any) -> None:
        self.name = name
        self.hint = hint
        self.discriminator = bool(rest._is_discriminator)  # noqa: SLF001 - nothing public says it
        visibility = rest._visibility or []  # noqa: SLF001 - as above
        self.read_only = visibility == ["read"]
        self.create_only = "create" in visibility and "update" not in visibility
        self.required = type(None) not in get_args(hint)


@cache
def _fields(model: Any) -> dict[str, _Field]:
    module = sys.modules[model.__module__]
    hints = get_type_hints(model, {**vars(module), "_models": import_module(_MODELS)})
    rest = model({})._attr_to_rest_field  # noqa: SLF001 - filled in when one is made
    return {
        each.name: each
        for each in (
            _Field(field._rest_name, hints[name], field)  # noqa: SLF001 - as above
            for name, field in rest.items()
        )
    }


def _value(where: str, value: Any, hint: Any) -> Iterator[str]:  # noqa: C901, PLR0912 - one case a kind of type
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        choices = [each for each in args if each is not type(None)]
        tried = [list(_value(where, value, each)) for each in choices]
        if all(tried):
            yield from min(tried, key=len)
    elif origin is Literal:
        if value not in [getattr(each, "value", each) for each in args]:
            yield f"{where}: {value!r} is not one of {args}"
    elif origin is dict:
        if not isinstance(value, Mapping):
            yield f"{where}: is no object"
        else:
            for name, each in value.items():
                yield from _value(f"{where}.{name}", each, args[1])
    elif origin is list:
        if not isinstance(value, list):
            yield f"{where}: is no list"
        else:
            for number, each in enumerate(value):
                yield from _value(f"{where}[{number}]", each, args[0])
    elif isinstance(hint, type) and issubclass(hint, Enum):
        if value not in [each.value for each in hint]:
            yield f"{where}: {value!r} is no {hint.__name__}"
    elif _is_model(hint):
        yield from _object(where, value, hint)
    elif hint in (str, int, float, bool):
        yield from _plain(where, value, hint)


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and hint.__module__.startswith(_MODELS)


def _plain(where: str, value: Any, hint: type) -> Iterator[str]:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return
    if hint is int and isinstance(value, bool):
        yield f"{where}: {value!r} is no number"
    elif not isinstance(value, hint):
        yield f"{where}: {value!r} is no {hint.__name__}"
