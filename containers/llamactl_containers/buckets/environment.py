"""What the environment says of object storage."""

from collections.abc import Mapping

from llamactl_catalog.errors import InvalidInput
from llamactl_containers.web_address import is_web_address


def first(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """Give the first of these variables that holds something."""
    return next((environment[name] for name in names if environment.get(name)), None)


def endpoint(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """Give the address of a service that is not the cloud's own; None: it is the cloud's own.

    Raises:
        InvalidInput: what is there is no address.
    """
    text = first(environment, names)
    return None if text is None else checked_endpoint(text, " or ".join(names))


def checked_endpoint(text: str, named: str) -> str:
    """Give an address back, if it is one.

    Raises:
        InvalidInput: it is none; what it is may be a secret, so it is not repeated.
    """
    if not is_web_address(text):
        hint = "it is to be like https://storage.example, without a user or a password in it"
        raise InvalidInput(f"what {named} holds is no address", hint=hint)
    return text
