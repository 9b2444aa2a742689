"""How each platform runs a container: its port, its routes, its weights, its end."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.fields import did_you_mean
from llamactl_catalog.tables import TABLES

OWN_MACHINE = "docker"


@dataclass(frozen=True, slots=True)
class ServingContract:
    """What one platform asks of a container, and gives it.

    `cloud` None: no cloud's. `invoke` is the one route of all requests, "" where every route of the
    engine is reached. Weights that the platform fetches lie in `model_dir`, or in the folder that
    the variable `model_dir_variable` names. A container has `stop_s` between SIGTERM and SIGKILL.
    `root_because` is why it must run as root. `max_variable_bytes` is the longest value of its
    environment, `max_variables_bytes` the longest of all together.
    """

    id: str
    name: str
    port: int
    health: str
    invoke: str
    stop_s: int
    api_key: bool
    source: str
    checked_on: date
    cloud: str | None = None
    model_dir: str | None = None
    model_dir_variable: str | None = None
    root_because: str | None = None
    max_variable_bytes: int | None = None
    max_variables_bytes: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@cache
def serving_contracts() -> Mapping[str, ServingContract]:
    """Give every contract by its id, from the bundled table."""
    text = (TABLES / "serving_contracts.toml").read_text("utf-8")
    return {row["id"]: ServingContract(**row) for row in tomllib.loads(text)["contract"]}


def cloud_contracts() -> tuple[str, ...]:
    """Name the contracts that images are built for."""
    return tuple(each.id for each in serving_contracts().values() if each.cloud is not None)


def serving_contract(name: str) -> ServingContract:
    """Give the contract of that id.

    Raises:
        InvalidInput: there is none.
    """
    known = serving_contracts()
    if name not in known:
        raise InvalidInput(
            f"no platform '{name}'{did_you_mean(name, known)}", hint=f"there is {', '.join(known)}"
        )
    return known[name]


def contract_of(cloud: str) -> ServingContract:
    """Give the contract of a cloud's platform.

    Raises:
        InvalidInput: no image is built for that cloud.
    """
    for each in serving_contracts().values():
        if each.cloud == cloud:
            return each
    raise InvalidInput(f"no container is deployed on '{cloud}'", hint="llamactl plan names clouds")
