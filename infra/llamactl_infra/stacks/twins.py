"""What was replaced, is there still, and is wanted again: taken back for what had replaced it.

An update that a cloud takes back leaves both in the state: what runs, to be deleted at the end of a
run that goes well, and what was to run. Where the settings go back too, the engine alone would make
the first one again, and meet its name.
"""

import copy
from collections.abc import Mapping
from typing import Any, assert_never

from llamactl_infra.spec import Spec


def content_names(spec: Spec) -> frozenset[str]:
    """Give the names of what a spec asks for and what cannot be changed, so that it is replaced.

    Raises:
        InvalidInput: the spec is not complete.
    """
    match spec.cloud:
        case "aws":
            from llamactl_infra.clouds.aws.asked import asked_of
            from llamactl_infra.clouds.aws.configuration_content import configuration_name
            from llamactl_infra.clouds.aws.model_content import model_name

            asked = asked_of(spec)
            return frozenset((configuration_name(asked), model_name(asked)))
        case "azure":
            from llamactl_infra.clouds.azure.asked import child, environment_version, model_version
            from llamactl_infra.clouds.azure.names import deployment_name

            deployment = deployment_name(spec)
            versions = environment_version(spec), model_version(spec)
            return frozenset((deployment, child(spec, deployment), *versions))
        case "local":
            return frozenset()
        case _:
            assert_never(spec.cloud)


def has_replaced(state: Mapping[str, Any]) -> bool:
    """Tell whether something was replaced and is there still."""
    return any(each.get("delete") for each in state.get("resources") or ())


def taken_again(state: Mapping[str, Any], wanted: frozenset[str]) -> dict[str, Any] | None:
    """Give the state where what is wanted is in force again, and its replacement to be deleted.

    `wanted` are names, with which ids end. None: it is so already.
    """
    told: dict[str, Any] = copy.deepcopy(dict(state))
    resources: list[dict[str, Any]] = told.get("resources") or []
    in_force = {
        each["urn"]: place for place, each in enumerate(resources) if not each.get("delete")
    }
    found = False
    for place, each in enumerate(resources):
        other = in_force.get(each["urn"])
        name = str(each.get("id")).rpartition("/")[2]
        if other is None or not each.get("delete") or name not in wanted:
            continue
        kept = {name: value for name, value in each.items() if name != "delete"}
        # In the other's place: all that depends on it comes after.
        resources[place], resources[other] = {**resources[other], "delete": True}, kept
        found = True
    return told if found else None
