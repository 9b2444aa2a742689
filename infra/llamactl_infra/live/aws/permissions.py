"""Whether whoever deploys may do what a deployment asks for, by IAM's own simulation."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llamactl_catalog.errors import NoPermission
from llamactl_infra.clouds.aws.asked import Asked
from llamactl_infra.clouds.aws.deployer_policy import Needed, needed_of
from llamactl_infra.clouds.aws.deployer_statements import BOUNDARY
from llamactl_infra.live.aws.asking import Absent, Clients, told
from llamactl_infra.live.aws.identity import simulated_as
from llamactl_infra.live.cloud import Account, Finding
from llamactl_infra.spec import Spec

CHECK = "permissions"
_POLICY = "docs/aws.md has the policy to grant"
_NAME_BOUNDARY = (
    "name the boundary that your policy demands: --set sagemaker.permissions_boundary=ARN; or use "
    "a role that exists: --set sagemaker.execution_role=ARN"
)
_SHOWN = 6


def permissions_finding(
    clients: Clients, asked: Asked, account: Account, standing: Spec | None = None
) -> Finding:
    """Simulate every action on the deployment's own resources.

    Raises:
        LlamactlError: IAM does not simulate, which is neither good nor bad.
    """
    principal = simulated_as(clients, account, asked.region)
    if principal is None:
        who = account.principal
        return Finding(CHECK, "unknown", f"the policies of {who} cannot be simulated")
    refused: list[str] = []
    unbounded: list[str] = []
    unsure: list[str] = []
    number = 0
    try:
        for need in needed_of(asked, account.id, standing):
            for each in _simulated(clients, asked, principal, need):
                number += 1
                if _is_allowed(each):
                    continue
                missing = each.get("MissingContextValues", ())
                action = str(each["EvalActionName"])
                if BOUNDARY in missing:  # what the request does not say it will not say later
                    unbounded.append(action)
                (unsure if missing else refused).append(action)
    except Absent:
        return Finding(CHECK, "unknown", f"IAM does not know {principal}")
    if unbounded:
        text = f"{principal} may not, on a role without a permissions boundary: "
        return _failed(text + _listed(unbounded), _NAME_BOUNDARY)
    if refused:
        return _failed(f"{principal} may not: {_listed(refused)}", _POLICY)
    if unsure:
        text = f"{principal} may do these under conditions alone: {_listed(unsure)}"
        return Finding(CHECK, "unknown", text)
    return Finding(CHECK, "ok", f"{number} actions of {principal}, simulated")


def _failed(text: str, hint: str) -> Finding:
    return Finding(CHECK, "failed", text, NoPermission(text, hint=hint))


def _simulated(
    clients: Clients, asked: Asked, principal: str, need: Needed
) -> Iterator[Mapping[str, Any]]:
    client = clients.within("iam", asked.spec)
    said = {**need.context, "aws:RequestedRegion": asked.region}
    question = {
        "PolicySourceArn": principal,
        "ActionNames": list(need.actions),
        "ResourceArns": [need.resource],
        "ContextEntries": [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for key, value in said.items()
        ],
    }
    with told("iam:SimulatePrincipalPolicy"):
        for page in client.get_paginator("simulate_principal_policy").paginate(**question):
            yield from page["EvaluationResults"]


def _is_allowed(result: Mapping[str, Any]) -> bool:
    organization = result.get("OrganizationsDecisionDetail", {})
    boundary = result.get("PermissionsBoundaryDecisionDetail", {})
    also = (
        organization.get("AllowedByOrganizations", True),
        boundary.get("AllowedByPermissionsBoundary", True),
    )
    return result["EvalDecision"] == "allowed" and all(also)


def _listed(actions: Iterable[str]) -> str:
    names = list(dict.fromkeys(actions))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
