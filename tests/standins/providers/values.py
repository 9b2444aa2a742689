"""The engine's values as Python's own, and back."""

from pulumi.provider.experimental.property_value import PropertyValue


def plain(values):
    """Give what the engine sends as Python's own values."""
    return {
        name: unwrapped(value)
        for name, value in values.items()
        if not name.startswith("__") and unwrapped(value) is not None
    }


def unwrapped(value):
    inner = value.value
    if isinstance(inner, dict) or hasattr(inner, "items"):
        return {name: unwrapped(each) for name, each in inner.items()}
    if isinstance(inner, (list, tuple)):
        return [unwrapped(each) for each in inner]
    return inner


def wrapped(values):
    return {name: wrap(value) for name, value in values.items()}


def wrap(value):
    if isinstance(value, dict):
        return PropertyValue({name: wrap(each) for name, each in value.items()})
    if isinstance(value, list):
        return PropertyValue([wrap(each) for each in value])
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return PropertyValue(float(value) if is_whole else value)
