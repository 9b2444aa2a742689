"""Requests to AWS checked by botocore's service models: types, ranges, patterns, enumerations."""

import re

import botocore.session
from botocore.validate import ParamValidator

_SESSION = botocore.session.Session()


def violations(service, operation, parameters):
    """Tell what a service's own model does not allow in a request; empty: nothing."""
    model = _SESSION.get_service_model(service).operation_model(operation)
    report = ParamValidator().validate(parameters, model.input_shape)
    told = [report.generate_report()] if report.has_errors() else []
    return [*told, *_walk(parameters, model.input_shape, operation)]


def _walk(value, shape, where):
    match shape.type_name, value:
        case "structure", dict():
            for name in value.keys() & shape.members.keys():
                yield from _walk(value[name], shape.members[name], f"{where}.{name}")
        case "list", list():
            yield from _too_much(len(value), shape, where)
            for number, inner in enumerate(value):
                yield from _walk(inner, shape.member, f"{where}[{number}]")
        case "map", dict():
            for name, inner in value.items():
                yield from _walk(name, shape.key, f"{where} key")
                yield from _walk(inner, shape.value, f"{where}.{name}")
        case "string", str():
            yield from _wrong_text(value, shape, where)
        case _, int() | float():
            yield from _too_much(value, shape, where)


def _too_much(number, shape, where):
    most = shape.metadata.get("max", number)
    if number > most:
        yield f"{where}: {number} is more than {most}"


def _wrong_text(value, shape, where):
    if shape.enum and value not in shape.enum:
        yield f"{where}: '{value}' is not one of {shape.enum[:5]}…"
    if len(value) > shape.metadata.get("max", len(value)):
        yield f"{where}: is longer than {shape.metadata['max']}"
    pattern = shape.metadata.get("pattern")
    if pattern and not _fits(pattern, value):
        yield f"{where}: '{value}' does not fit {pattern}"


def _fits(pattern, value):
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # the models' patterns are Java's: what Python cannot read is left out
        return True
