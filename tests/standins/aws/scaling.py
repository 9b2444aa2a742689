"""Rules of Application Auto Scaling that moto has not: its answers, where they differ."""

from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends

from standins.aws.account import ACCOUNT, Refused
from standins.aws.asked import Asked
from standins.aws.endpoints import Endpoints
from standins.aws.registered import INVALID
from standins.aws.tagging import Tags


def answer(told: Asked, endpoints: Endpoints, tags: Tags) -> dict[str, Any] | None:
    """Answer by itself, or refuse; None: the rest is moto's."""
    asked = told.parameters
    match told.operation:
        case "RegisterScalableTarget":
            # A variant that is not in service: what is said then is not known, so that it fails.
            name = asked["ResourceId"].split("/")[1]
            if not endpoints.is_in_service(told.region, name):
                raise Refused(INVALID, f"The endpoint {name} is not in service.")
        case "DeregisterScalableTarget":
            # Source: botocore, DeregisterScalableTarget: its policies and actions go with it.
            forget_rules(told.region, asked["ResourceId"])
        case "TagResource":
            tags.known.setdefault(asked["ResourceARN"], {}).update(asked["Tags"])
            return {}
        case "UntagResource":
            for each in asked["TagKeys"]:
                tags.known.get(asked["ResourceARN"], {}).pop(each, None)
            return {}
        case "ListTagsForResource":
            return {"Tags": tags.known.get(asked["ResourceARN"], {})}
    return None


def forget_rules(region: str, resource_id: str) -> None:
    """Take away the policies and the scheduled actions of a target."""
    backend = applicationautoscaling_backends[ACCOUNT][region]
    for key, policy in list(backend.policies.items()):
        if policy.resource_id == resource_id:
            policy.delete_alarms(ACCOUNT, region)
            del backend.policies[key]
    actions = backend.scheduled_actions
    actions[:] = [each for each in actions if each.resource_id != resource_id]
