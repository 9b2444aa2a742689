"""The execution role: made with least privilege, or given where none may be made."""

import json
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from llamactl_infra.clouds.aws.policies import execution_policy, trust_policy
from llamactl_infra.clouds.aws.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class ExecutionRole:
    """The role by its ARN; `made` must be there before what runs under it."""

    arn: pulumi.Input[str]
    made: tuple[pulumi.Resource, ...]


def declare_role(around: Surroundings) -> ExecutionRole:
    """Declare the role with its policy; a given one is left as it is."""
    own = around.own
    if own.execution_role is not None:
        return ExecutionRole(own.execution_role, ())
    role = iam.Role(
        around.child("role"),
        name=around.role,
        description=f"Runs the SageMaker endpoint {around.spec.name} in {around.region}",
        assume_role_policy=json.dumps(trust_policy(around.region, own.account)),
        permissions_boundary=own.permissions_boundary,
        tags=around.tags,
        opts=around.options(),
    )
    policy = iam.RolePolicy(
        around.child("policy"),
        name="endpoint",
        role=role.name,
        policy=json.dumps(execution_policy(around.spec, around.region)),
        opts=around.options(),
    )
    return ExecutionRole(role.arn, (role, policy))
