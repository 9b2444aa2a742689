"""What whoever deploys must be allowed: the policies to grant, and what of them a spec needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from llamactl_infra.clouds.aws.asked import Asked
from llamactl_infra.clouds.aws.deployer_statements import (
    BOUNDARY,
    DEPLOYMENT_TAG,
    ROLE,
    SCALING_NAMESPACE,
    SCALING_SERVICE_NAME,
    STATEMENTS,
    Condition,
    Need,
    Statement,
    Variant,
)
from llamactl_infra.clouds.aws.model_content import model_name
from llamactl_infra.clouds.aws.names import alarm_name, dashboard_name, log_group_name
from llamactl_infra.clouds.aws.places import partition, s3_prefix
from llamactl_infra.spec import Spec

BOUNDARY_NAME = "llamactl-boundary"
"""What the documentation calls the policy that bounds the roles that are made."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What one deployment asks for: actions on a resource, with what the request says."""

    resource: str
    actions: tuple[str, ...]
    context: Mapping[str, str]


_ANY = {
    "partition": "aws",
    "region": "*",
    "account": "ACCOUNT",
    "content": "*",
    "endpoint": "*",
    "role": "llamactl-*",
    "group": log_group_name("*"),
    "alarm": "llamactl-*",
    "dashboard": "llamactl-*",
    "boundary": BOUNDARY_NAME,
    "key": "arn:aws:kms:*:ACCOUNT:key/*",
}


def deployer_policy(variant: Variant = "bounded") -> dict[str, Any]:
    """Give the policy that suffices for every deployment; ACCOUNT stands for the account's id.

    "bounded": the roles that are made must have the boundary; so it cannot be taken off, either.
    "unbounded": for an account without boundaries. "given role": no role is made or changed, and
    ROLE stands for the one to pass.
    """
    names = {**_ANY, "role": "ROLE"} if variant == "given role" else _ANY
    written = [_written(each, names) for each in STATEMENTS if variant in each.variants]
    return {"Version": "2012-10-17", "Statement": written}


def needed_of(asked: Asked, account: str, standing: Spec | None = None) -> Iterator[Needed]:
    """Give what a deployment asks for, on resources as it will call them.

    `standing` is the spec that an update starts from: its boundary may have to be taken off.
    """
    before = None if standing is None else standing.sagemaker
    had = before is not None and before.permissions_boundary is not None
    if had and asked.own.permissions_boundary is None and asked.own.execution_role is None:
        role = ROLE.format(partition=partition(asked.region), account=account, role=asked.role)
        yield Needed(role, ("iam:DeleteRolePermissionsBoundary",), {})
    names = {
        "partition": partition(asked.region),
        "region": asked.region,
        "account": account,
        "content": model_name(asked).lower(),  # a configuration's name is of the same form
        "endpoint": asked.spec.name.lower(),
        "role": asked.role,
        "group": log_group_name(asked.spec.name),
        "alarm": alarm_name(asked.spec.name, "server-errors"),
        "dashboard": dashboard_name(asked.spec.name),
        "boundary": BOUNDARY_NAME,
        "key": str(asked.own.kms_key),
    }
    said = _said(asked)
    for statement in STATEMENTS:
        if "bounded" not in statement.variants:  # the other variants ask for nothing else
            continue
        context = {key: said[key] for key in _keys(statement.condition) if key in said}
        for part in statement.parts:
            if not _is_needed(part.need, asked, account):
                continue
            given = asked.own.execution_role if part.resource == ROLE else None
            resource = given if given is not None else part.resource.format_map(names)
            yield Needed(resource, part.actions, context)


def _said(asked: Asked) -> dict[str, str]:
    """Give what the requests of a deployment say, by the keys that a condition may read."""
    boundary = asked.own.permissions_boundary
    return {
        f"aws:RequestTag/{DEPLOYMENT_TAG}": asked.spec.name,
        f"aws:ResourceTag/{DEPLOYMENT_TAG}": asked.spec.name,
        "sagemaker:TaggingAction": "CreateEndpoint",
        "iam:PassedToService": "sagemaker.amazonaws.com",
        "iam:AWSServiceName": SCALING_SERVICE_NAME,
        SCALING_NAMESPACE: "sagemaker",
        "kms:ViaService": f"sagemaker.{asked.region}.amazonaws.com",
        **({} if boundary is None else {BOUNDARY: boundary}),
    }


def _is_needed(need: Need, asked: Asked, account: str) -> bool:  # noqa: PLR0911 - one a need
    match need:
        case "always":
            return True
        case "role":
            return asked.own.execution_role is None
        case "boundary":
            own = asked.own
            return own.execution_role is None and own.permissions_boundary is not None
        case "alarms":
            return asked.spec.alarms
        case "scaling":
            return asked.spec.capacity.is_scaled
        case "weights":
            return _is_staged(asked, account)
        case "key":
            return asked.own.kms_key is not None
        case "no":
            return False
        case _:
            assert_never(need)


def _is_staged(asked: Asked, account: str) -> bool:
    """Tell whether the weights lie in the bucket that `deploy` makes and fills by itself."""
    uri = asked.spec.weights_uri
    place = None if uri is None else s3_prefix(uri)
    return place is not None and place.bucket == f"sagemaker-{asked.region}-{account}"


def _keys(condition: Condition) -> list[str]:
    return [key for told in condition.values() for key in told]


def _written(statement: Statement, names: Mapping[str, str]) -> dict[str, Any]:
    resources = dict.fromkeys(each.resource.format_map(names) for each in statement.parts)
    actions = dict.fromkeys(action for each in statement.parts for action in each.actions)
    told: dict[str, Any] = {
        "Sid": statement.name,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources) if len(resources) > 1 else next(iter(resources)),
    }
    if statement.condition:
        told["Condition"] = {
            operator: {key: _filled(value, names) for key, value in each.items()}
            for operator, each in statement.condition.items()
        }
    return told


def _filled(value: str | list[str], names: Mapping[str, str]) -> str | list[str]:
    return value.format_map(names) if isinstance(value, str) else value
